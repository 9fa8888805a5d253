import Foundation
@testable import Quant
import Testing

/// Exposures and adjustments against QuantLib's formulas, Black's, and a simulation by numpy.
@Suite struct ValuationAdjustmentTests {
    private static var fixture: Fixture? { try? Fixture("xva") }

    private static func market(
        _ fixture: Fixture, assets: [XvaAsset] = [], correlations: [Double]? = nil, volatility: Double? = nil
    ) throws -> XvaMarket {
        let curve = try fixture.columns("curve")
        return try XvaMarket(
            curve: try DiscountCurve(times: curve["times"] ?? [], rates: curve["rates"] ?? []),
            rates: try HullWhite(
                meanReversion: Fixture.number(fixture.root["mean_reversion"]),
                volatility: volatility ?? Fixture.number(fixture.root["volatility"])),
            assets: assets, correlations: correlations)
    }

    private static func terms(_ counterparty: Double = 0.02, _ own: Double = 0.012) throws -> XvaTerms {
        XvaTerms(
            counterparty: try PartyCredit(times: [100], hazardRates: [counterparty], recovery: 0.4),
            own: try PartyCredit(times: [100], hazardRates: [own], recovery: 0.35),
            borrowSpread: 0.01, lendSpread: 0.004)
    }

    private static func rows(_ value: Any?) throws -> [[String: Any]] { try #require(value as? [[String: Any]]) }

    @Test func theExposureOfASwapAtItsStartIsASwaption() async throws {
        let fixture = try #require(Self.fixture), market = try Self.market(fixture)
        for row in try Self.rows(fixture.root["swaptions"]) {
            let start = Fixture.number(row["start"]), end = Fixture.number(row["end"])
            let perYear = Int(Fixture.number(row["per_year"]))
            let swap = XvaTrade.swap(
                notional: 1, fixedRate: Fixture.number(row["strike"]), paysFixed: row["payer"] as? Bool == true,
                start: start, maturity: end, fixedPerYear: perYear, floatPerYear: 4)
            let found = try await ValuationAdjustments.simulate(
                [swap], market, try Self.terms(), paths: 60_000, steps: Int(end), seed: 3)
            let wanted = Fixture.number(row["price"])
            let exposure = found.epe[Int(start)] * market.curve.discount(start)
            // Three standard errors: the deviation of a payoff is about one and a half times its mean.
            #expect(abs(exposure - wanted) < 3 * 1.6 * wanted / 60_000.0.squareRoot(), "\(exposure), not \(wanted)")
            #expect(abs(found.bondError) < 2e-3)
        }
    }

    @Test func optionsUnderMovingRatesAreWorthQuantLibsPrice() async throws {
        let fixture = try #require(Self.fixture)
        let given = try #require(fixture.root["equity"] as? [String: Any])
        let share = try XvaAsset(
            spot: Fixture.number(given["spot"]), volatility: Fixture.number(given["volatility"]),
            carry: DiscountCurve(flat: Fixture.number(given["dividend"])))
        let correlation = Fixture.number(given["correlation"])
        let market = try Self.market(fixture, assets: [share], correlations: [1, correlation, correlation, 1])
        for row in try Self.rows(fixture.root["options"]) {
            let option = XvaTrade.option(
                asset: 0, quantity: 1, strike: Fixture.number(row["strike"]), maturity: Fixture.number(row["years"]),
                isCall: row["call"] as? Bool == true)
            let found = try await ValuationAdjustments.simulate(
                [option], market, try Self.terms(), paths: 20_000, steps: 4)
            #expect(abs(found.value - Fixture.number(row["price"])) < 1e-8)
            // A bought option is never a debt; its discounted exposure is a martingale until it is paid.
            #expect(found.dva == 0 && found.ene.allSatisfy { $0 == 0 })
            for (time, exposure) in zip(found.times, found.epe) {
                #expect(abs(exposure * market.curve.discount(time) / found.value - 1) < 0.06)
            }
        }
    }

    @Test func theExposureOfAForwardIsBlacksFormula() async throws {
        let fixture = try #require(Self.fixture)
        let given = try #require(fixture.root["fx"] as? [String: Any])
        let currency = try XvaAsset(
            spot: Fixture.number(given["spot"]), volatility: Fixture.number(given["volatility"]),
            carry: DiscountCurve(flat: Fixture.number(given["foreign"])))
        let market = try Self.market(fixture, assets: [currency], volatility: 0)
        let forward = XvaTrade.forward(
            asset: 0, quantity: 1, strike: Fixture.number(given["strike"]), maturity: Fixture.number(given["end"]))
        let found = try await ValuationAdjustments.simulate(
            [forward], market, try Self.terms(), paths: 100_000, steps: 4, seed: 9)
        for (index, row) in try Self.rows(fixture.root["forward"]).enumerated() {
            #expect(abs(found.epe[index + 1] / Fixture.number(row["epe"]) - 1) < 0.02)
            #expect(abs(found.ene[index + 1] / Fixture.number(row["ene"]) - 1) < 0.02)
            #expect(abs(found.pfe[index + 1] / Fixture.number(row["pfe"]) - 1) < 0.02)
        }
        #expect(abs(found.bondError) < 1e-12)
        // With all of it at the exact exposures, the adjustment is the same sum.
        let credit = try PartyCredit(times: [100], hazardRates: [0.02], recovery: 0.4)
        var wanted = 0.0, last = max(0, found.value)
        for (index, row) in try Self.rows(fixture.root["forward"]).enumerated() {
            let time = Double(index + 1) / 2, now = Fixture.number(row["epe"]) * market.curve.discount(time)
            wanted += 0.6 * 0.5 * (last + now) * (credit.survival(time - 0.5) - credit.survival(time))
            last = now
        }
        #expect(abs(found.cva - wanted) < 4 * found.cvaError)
    }

    @Test func aMixedNettingSetIsThatOfAnIndependentSimulation() async throws {
        let fixture = try #require(Self.fixture)
        let currency = try XvaAsset(spot: 1.1, volatility: 0.1, carry: DiscountCurve(flat: 0.01))
        let share = try XvaAsset(spot: 100, volatility: 0.25, carry: DiscountCurve(flat: 0.015))
        let market = try Self.market(
            fixture, assets: [currency, share], correlations: [1, 0.3, -0.2, 0.3, 1, 0.5, -0.2, 0.5, 1])
        let trades: [XvaTrade] = [
            .swap(notional: 100, fixedRate: 0.031, paysFixed: true, start: 0, maturity: 4, fixedPerYear: 1, floatPerYear: 2),
            .forward(asset: 0, quantity: -60, strike: 1.13, maturity: 3),
            .option(asset: 1, quantity: 0.8, strike: 105, maturity: 4, isCall: true),
        ]
        let paths = 50_000
        let found = try await ValuationAdjustments.simulate(
            trades, market, try Self.terms(), paths: paths, steps: 8, seed: 1)
        let mixed = try #require(fixture.root["mixed"] as? [String: Any])
        #expect(abs(found.value - Fixture.number(mixed["value"])) < 1e-8)
        let wide = (200_000.0 / Double(paths) + 1).squareRoot()
        var costs = 0.0, gains = 0.0, last = (max(0, found.value), max(0, -found.value))
        for (index, row) in try Self.rows(mixed["profile"]).enumerated() {
            let reach = 4 * wide * Fixture.number(row["epe_error"]), below = 4 * wide * Fixture.number(row["ene_error"])
            #expect(abs(found.epe[index + 1] - Fixture.number(row["epe"])) < reach)
            #expect(abs(found.ene[index + 1] - Fixture.number(row["ene"])) < below)
            #expect(abs(found.pfe[index + 1] / Fixture.number(row["pfe"]) - 1) < 0.03)
            let discount = market.curve.discount(Fixture.number(row["t"]))
            costs += 0.25 * (last.0 + Fixture.number(row["epe"]) * discount)
            gains += 0.25 * (last.1 + Fixture.number(row["ene"]) * discount)
            last = (Fixture.number(row["after"]), Fixture.number(row["after_negative"]))
        }
        let cva = Fixture.number(mixed["cva"]), dva = Fixture.number(mixed["dva"])
        #expect(abs(found.cva - cva) < 4 * (found.cvaError + Fixture.number(mixed["cva_error"])))
        #expect(abs(found.dva - dva) < 4 * (found.dvaError + Fixture.number(mixed["dva_error"])))
        #expect(abs(found.cvaError / (Fixture.number(mixed["cva_error"]) * 2) - 1) < 0.05)
        #expect(abs(found.fundingCost / (0.01 * costs) - 1) < 0.01 && abs(found.kva / (0.0112 * costs) - 1) < 0.01)
        #expect(abs(found.fundingBenefit / (0.004 * gains) - 1) < 0.06)
        #expect(found.fva == found.fundingCost - found.fundingBenefit)
        // The same bits however many threads there are, others with another seed.
        for tasks in [1, 3] {
            let again = try await ValuationAdjustments.simulate(
                trades, market, try Self.terms(), paths: paths, steps: 8, seed: 1, tasks: tasks)
            #expect(again == found)
        }
        let other = try await ValuationAdjustments.simulate(trades, market, try Self.terms(), paths: 1_000, steps: 8, seed: 2)
        #expect(other.cva != found.cva)
    }

    @Test func ordinaryCasesOfTheModel() async throws {
        let model = try HullWhite(meanReversion: 1e-5, volatility: 0.01)
        let limit = try HullWhite(meanReversion: 0, volatility: 0.01), close = try HullWhite(meanReversion: 0.0199, volatility: 0.01)
        let beyond = try HullWhite(meanReversion: 0.0201, volatility: 0.01)
        #expect(abs(model.integralVariance(10) / limit.integralVariance(10) - 1) < 1e-3)
        #expect(abs(limit.integralVariance(10) - 1e-4 * 1000 / 3) < 1e-15 && limit.reach(7) == 7)
        // The series meets the closed form.
        #expect(abs(close.integralVariance(1) / beyond.integralVariance(1) - 1) < 1e-3)
        let curve = try DiscountCurve(times: [1, 2], rates: [0.01, 0.03])
        #expect(curve.integral(0.5) == 0.005 && abs(curve.integral(1.5) - 0.035) < 1e-15)
        #expect(abs(curve.integral(3) - 0.11) < 1e-15 && DiscountCurve(flat: 0.02).integral(5) == 0.1)
        let credit = try PartyCredit(times: [1, 3], hazardRates: [0.01, 0.02], recovery: 0.4)
        #expect(abs(credit.survival(4) - exp(-0.07)) < 1e-15 && abs(credit.survival(0.5) - exp(-0.005)) < 1e-15)
        // A swap at its own forward rate is worth nothing, whatever its dates.
        let flat = try XvaMarket(curve: DiscountCurve(flat: 0.03), rates: model)
        let start = 0.25, end = 3.1, dates = [0.25, 1.1, 2.1, 3.1]
        let annuity = zip(dates, dates.dropFirst()).reduce(0) { $0 + ($1.1 - $1.0) * exp(-0.03 * $1.1) }
        let rate = (exp(-0.03 * start) - exp(-0.03 * end)) / annuity
        let swap = XvaTrade.swap(
            notional: 1e6, fixedRate: rate, paysFixed: false, start: start, maturity: end, fixedPerYear: 1, floatPerYear: 4)
        let found = try await ValuationAdjustments.simulate([swap], flat, try Self.terms(), paths: 100, steps: 3)
        #expect(abs(found.value) < 1e-6)
    }

    /// Plain swaps of a thousand unlike maturities: a point of the profile holds what is still to come there and nothing
    /// is held of the thousands of resets between; the value is that of the bonds.
    @Test func manySwapsOfUnlikeDatesAreHeldOnlyAtTheProfilesPoints() async throws {
        let market = try XvaMarket(
            curve: DiscountCurve(flat: 0.03), rates: try HullWhite(meanReversion: 0.03, volatility: 0.01))
        let maturities = (0..<1_000).map { 5 + Double($0) * 0.0013 }
        let trades = maturities.map {
            XvaTrade.swap(
                notional: 100, fixedRate: 0.031, paysFixed: false, start: 0, maturity: $0, fixedPerYear: 1,
                floatPerYear: 2)
        }
        let plan = try NettingSetPlan(trades, market, steps: 4, paths: 100)
        #expect(plan.points.count == 5 && plan.times.count > 9_000 && plan.resets.count == plan.times.count)
        #expect(plan.resets.reduce(0) { $0 + $1.count } == plan.fixings)
        let found = try await ValuationAdjustments.simulate(trades, market, try Self.terms(), paths: 200, steps: 4)
        var wanted = 0.0
        for maturity in maturities {
            let ends = (0...Int(maturity)).map { maturity - Double($0) }.filter { $0 > 1e-9 }.reversed()
            var last = 0.0
            for end in ends {
                wanted += 100 * 0.031 * (end - last) * exp(-0.03 * end)
                last = end
            }
            wanted += 100 * (exp(-0.03 * maturity) - 1)
        }
        #expect(abs(found.value - wanted) < 1e-7, "\(found.value) \(wanted)")
        for (steps, paths) in [(2_000, 100), (40, 1_000_000)] {
            #expect(throws: QuantError.self) {
                try NettingSetPlan(trades + trades.map { Self.later($0) }, market, steps: steps, paths: paths)
            }
        }
    }

    private static func later(_ trade: XvaTrade) -> XvaTrade {
        .swap(
            notional: 100, fixedRate: 0.03, paysFixed: true, start: 0, maturity: trade.maturity + 0.0007,
            fixedPerYear: 12, floatPerYear: 12)
    }

    @Test func startsNearAPointAreThatPoint() {
        let grid = SimulationGrid(
            until: 2, steps: 4, starts: [0, 0.5 - 1e-10, 0.7, 0.7 + 1e-10, 0.7 + 1e-8, 1 + 1e-10, 1.9])
        #expect(grid.times == [0, 0.5, 0.7, 0.7 + 1e-8, 1, 1.5, 1.9, 2])
        #expect(grid.reported == [0, 1, 4, 5, 7] && grid.starts == [0, 1, 2, 2, 3, 4, 6])
        #expect(SimulationGrid(until: 1, steps: 1, starts: []).times == [0, 1])
    }

    @Test func aCancelledSimulationEnds() async throws {
        let market = try XvaMarket(
            curve: DiscountCurve(flat: 0.03), rates: try HullWhite(meanReversion: 0.03, volatility: 0.01))
        let swap = XvaTrade.swap(
            notional: 1, fixedRate: 0.03, paysFixed: true, start: 0, maturity: 5, fixedPerYear: 1, floatPerYear: 2)
        let terms = try Self.terms()
        let running = Task { try await ValuationAdjustments.simulate([swap], market, terms, paths: 100_000, steps: 50) }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }

    @Test func badInputIsRefused() async throws {
        #expect(throws: QuantError.self) { try PartyCredit(times: [1], hazardRates: [-0.01], recovery: 0.4) }
        #expect(throws: QuantError.self) { try PartyCredit(times: [1], hazardRates: [0.01], recovery: 1.1) }
        #expect(throws: QuantError.self) { try DiscountCurve(times: [2, 1], rates: [0.01, 0.02]) }
        #expect(throws: QuantError.self) { try HullWhite(meanReversion: 0.1, volatility: -0.1) }
        let share = try XvaAsset(spot: 1, volatility: 0.1, carry: DiscountCurve(flat: 0))
        let model = try HullWhite(meanReversion: 0.1, volatility: 0.01), curve = DiscountCurve(flat: 0.02)
        #expect(throws: QuantError.self) {
            try XvaMarket(curve: curve, rates: model, assets: [share, share],
                          correlations: [1, 0.9, 0.9, 0.9, 1, -0.9, 0.9, -0.9, 1])
        }
        // Wholly correlated ones are possible.
        let market = try XvaMarket(
            curve: curve, rates: model, assets: [share, share], correlations: [1, 0, 0, 0, 1, 1, 0, 1, 1])
        let trade = XvaTrade.forward(asset: 0, quantity: 1, strike: 1, maturity: 1)
        let terms = try Self.terms()
        _ = try await ValuationAdjustments.simulate([trade], market, terms, paths: 10, steps: 2)
        for bad in [[XvaTrade.forward(asset: 2, quantity: 1, strike: 1, maturity: 1)], [],
                    [.forward(asset: 0, quantity: 1, strike: 1, maturity: 0)],
                    [.forward(asset: 0, quantity: .infinity, strike: 1, maturity: 1)],
                    [.swap(notional: 1, fixedRate: 0, paysFixed: true, start: 2, maturity: 1, fixedPerYear: 1, floatPerYear: 1)]] {
            await #expect(throws: QuantError.self) {
                try await ValuationAdjustments.simulate(bad, market, terms, paths: 10, steps: 2)
            }
        }
        await #expect(throws: QuantError.self) {
            try await ValuationAdjustments.simulate([trade], market, terms, paths: 20_000_000, steps: 2_000)
        }
        await #expect(throws: QuantError.self) {
            try await ValuationAdjustments.simulate(
                [.forward(asset: 0, quantity: 1e308, strike: 1e308, maturity: 1)], market, terms, paths: 10, steps: 2)
        }
    }
}
