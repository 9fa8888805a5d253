import Foundation
import Quant
import Testing
import TestKit

/// Exposure at default against the five examples of BCBS 279, ORE's published example, and naive sums by numpy.
@Suite struct SaCcrTests {
    private static func fixture() throws -> Fixture { try Fixture("capital") }

    private static func cases(_ value: Any?) throws -> [[String: Any]] { try #require(value as? [[String: Any]]) }

    private static func trade(_ row: [String: Any]) throws -> SaCcrTrade {
        var trade = SaCcrTrade(
            id: try #require(row["id"] as? String),
            subclass: try #require((row["subclass"] as? String).flatMap { SaCcrSubclass(rawValue: $0) }),
            kind: try #require((row["kind"] as? String).flatMap { SaCcrTrade.Kind(rawValue: $0) }),
            underlying: try #require(row["underlying"] as? String), notional: Fixture.number(row["notional"]),
            isLong: try #require(row["long"] as? Bool), maturity: Fixture.number(row["maturity"]),
            start: Fixture.number(row["start"]), end: Fixture.number(row["end"]))
        if let option = row["option"] as? [String: Any] {
            trade.option = SaCcrTrade.Option(
                isCall: option["call"] as? Bool == true, price: Fixture.number(option["price"]),
                strike: Fixture.number(option["strike"]), exercise: Fixture.number(option["exercise"]))
        }
        if let tranche = row["tranche"] as? [Any] {
            trade.tranche = SaCcrTrade.Tranche(
                attachment: Fixture.number(tranche.first), detachment: Fixture.number(tranche.last))
        }
        return trade
    }

    private static func set(_ row: [String: Any]) throws -> SaCcrNettingSet {
        let margin = (row["margin"] as? [String: Any]).map { margin in
            SaCcrMargin(
                threshold: Fixture.number(margin["threshold"]),
                minimumTransfer: Fixture.number(margin["minimum_transfer"]),
                independent: Fixture.number(margin["independent"]), everyDays: Fixture.number(margin["every_days"]),
                estimatedDays: Fixture.number(margin["estimated_days"]),
                isIlliquid: margin["illiquid"] as? Bool == true,
                isDisputed: margin["disputed"] as? Bool == true)
        }
        return SaCcrNettingSet(
            id: "set", trades: try cases(row["trades"]).map(trade), value: Fixture.number(row["value"]),
            collateral: Fixture.number(row["collateral"]), margin: margin)
    }

    @Test func theExamplesOfThePaperComeOut() throws {
        let rows = try Self.cases(try Self.fixture().root["bcbs279"])
        #expect(rows.count == 5)
        for row in rows {
            let found = try SaCcrExposure(Self.set(row))
            #expect(found.exposureAtDefault.rounded() == Fixture.number(row["ead"]))
        }
        // What the first of them says on its way: durations, the swaption's delta, add-ons by currency.
        let first = try SaCcrExposure(Self.set(rows[0]))
        #expect(first.trades.map { $0.adjustedNotional.rounded() } == [78_694, 36_254, 37_428])
        #expect(abs(first.trades[2].delta + 0.27) < 0.005 && first.trades[1].delta == -1)
        #expect(first.hedgingSets.map { $0.addOn.rounded() } == [296, 50] && first.addOn.rounded() == 347)
        let last = try SaCcrExposure(Self.set(rows[4]))
        #expect(last.marginDays == 14 && last.replacementCost == 0 && !last.isCapped)
        #expect((last.multiplier * 1000).rounded() == 958)
    }

    @Test func theExampleOfOREComesOut() throws {
        let ore = try #require(try Self.fixture().root["ore"] as? [String: Any])
        let row = try #require(ore["saccr"] as? [String: Any])
        let notionals = Fixture.numbers(row["adjusted_notionals"] ?? []), starts = Fixture.numbers(row["starts"] ?? [])
        let end = Fixture.number(row["end"])
        let trades = zip(notionals, zip(["EUR", "USD"], starts)).map { adjusted, place in
            var trade = SaCcrTrade(
                id: place.0, subclass: .interestRate, underlying: place.0,
                notional: Fixture.number(row["notional"]), isLong: true, maturity: end, start: place.1)
            // Its times are printed with four digits; the notional it implies is its own.
            if place.0 == "EUR" { #expect(abs(trade.adjustedNotional / adjusted - 1) < 1e-4) }
            trade.notional = adjusted / trade.duration
            return trade
        }
        let found = try SaCcrExposure(
            SaCcrNettingSet(id: "CPTY_A", trades: trades, value: Fixture.number(row["value"])))
        let addOns = Fixture.numbers(row["add_ons"] ?? [])
        #expect(zip(found.hedgingSets, addOns).allSatisfy { abs($0.addOn - $1) < 1e-4 })
        #expect(abs(found.exposureAtDefault - Fixture.number(row["ead"])) < 1e-4)
    }

    @Test func randomSetsEqualNaiveSums() throws {
        let rows = try Self.cases(try Self.fixture().root["exposures"])
        var capped = 0
        for (index, row) in rows.enumerated() {
            let found = try SaCcrExposure(Self.set(row)), expected = try #require(row["expected"] as? [String: Any])
            let pairs = [
                ("replacement_cost", found.replacementCost), ("add_on", found.addOn),
                ("multiplier", found.multiplier), ("ead", found.exposureAtDefault)
            ]
            for (name, value) in pairs {
                let wanted = Fixture.number(expected[name])
                #expect(abs(value - wanted) <= 1e-9 * max(1, abs(wanted)), "\(index) \(name): \(value), not \(wanted)")
            }
            if found.isCapped { capped += 1 }
        }
        #expect(rows.count == 40 && capped > 0 && capped < 20)
    }

    @Test func whatMustHoldHolds() throws {
        for row in try Self.cases(try Self.fixture().root["exposures"]) {
            var set = try Self.set(row)
            let found = try SaCcrExposure(set)
            #expect(found.exposureAtDefault >= SaCcrConstants.alpha * found.replacementCost)
            #expect(found.multiplier >= SaCcrConstants.floor && found.multiplier <= 1)
            // Twice of everything is twice the exposure, also the agreement's amounts.
            var twice = set
            twice.value *= 2
            twice.collateral *= 2
            twice.trades = set.trades.map { trade in
                var trade = trade
                trade.notional *= 2
                return trade
            }
            if var margin = set.margin {
                margin.threshold *= 2
                margin.minimumTransfer *= 2
                margin.independent *= 2
                twice.margin = margin
            }
            let doubled = try SaCcrExposure(twice).exposureAtDefault
            #expect(abs(doubled - 2 * found.exposureAtDefault) <= 1e-9 * doubled)
            // Offsets between maturities never raise it, and the agreement never does.
            set.offsetsMaturities = false
            set.margin = nil
            #expect(
                found.exposureAtDefault <= (try SaCcrExposure(set).exposureAtDefault) * (1 + 1e-12)
                    || row["margin"] == nil)
            // Each trade with its opposite leaves no add-on.
            set.trades += set.trades.map { trade in
                var trade = trade
                trade.isLong.toggle()
                return trade
            }
            #expect(try SaCcrExposure(set).addOn < 1e-6)
        }
    }

    @Test func optionsAtTheEdgeAndWrongTradesAreTold() throws {
        func option(_ price: Double, _ strike: Double, exercise: Double, shift: Double = 0) -> SaCcrTrade {
            SaCcrTrade(
                id: "o", subclass: .interestRate, underlying: "USD", notional: 1, isLong: true, maturity: 1,
                option: .init(
                    isCall: true, price: price, strike: strike, exercise: exercise, shift: shift))
        }
        #expect(option(2, 1, exercise: 0).delta == 1 && option(1, 2, exercise: 0).delta == 0)
        #expect(option(1, 1, exercise: 0).delta == 0.5)
        #expect(option(-0.01, -0.02, exercise: 1, shift: 0.03).delta > 0.5)
        let good = option(1, 1, exercise: 1)
        var wrong = [option(-0.01, 0.01, exercise: 1), option(1, .nan, exercise: 1), option(1, 1, exercise: -1)]
        for change in [\SaCcrTrade.maturity, \.start, \.notional, \.end] {
            var trade = good
            trade[keyPath: change] = -1
            wrong.append(trade)
        }
        var tranche = good
        tranche.tranche = .init(attachment: 0.5, detachment: 0.5)
        wrong.append(tranche)
        for trade in wrong {
            #expect(throws: QuantError.self) { try SaCcrExposure(SaCcrNettingSet(id: "s", trades: [trade], value: 0)) }
        }
        #expect(throws: QuantError.self) { try SaCcrExposure(SaCcrNettingSet(id: "s", trades: [], value: 0)) }
        #expect(throws: QuantError.self) {
            try SaCcrExposure(SaCcrNettingSet(id: "s", trades: [good], value: .infinity))
        }
        // Short and already due: ten business days count.
        var due = good
        due.option = nil
        due.maturity = 0.001
        due.end = 0.001
        #expect(due.duration == 0.04 && due.maturityFactor(marginDays: nil) == 0.04.squareRoot())
    }
}
