import Foundation
import Quant
import Testing
import TestKit

/// The sensitivities-based method against ultibi over random books, and what must hold of any.
@Suite struct SensitivitiesCapitalTests {
    private static func bucket(_ row: [String: Any]) throws -> SbmBucket {
        if let currency = row["currency"] as? String { return .currency(currency) }
        return .number(Int(Fixture.number(row["bucket"])))
    }

    private static func riskClass(_ row: [String: Any]) throws -> SbmRiskClass {
        try #require((row["risk_class"] as? String).flatMap { SbmRiskClass(rawValue: $0) })
    }

    private static func number(_ value: Any?) -> Double { value == nil ? 0 : Fixture.number(value) }

    private static func sensitivity(_ row: [String: Any]) throws -> SbmSensitivity {
        SbmSensitivity(
            try riskClass(row), row["measure"] as? String == "vega" ? .vega : .delta, bucket: try bucket(row),
            name: row["name"] as? String ?? "", basis: (row["basis"] as? String).flatMap { SbmBasis(rawValue: $0) },
            location: row["location"] as? String ?? "", tenor: number(row["tenor"]),
            residual: number(row["residual_maturity"]), amount: number(row["amount"]))
    }

    private static func shock(_ row: [String: Any]) throws -> SbmShock {
        SbmShock(
            try riskClass(row), bucket: try bucket(row), name: row["name"] as? String ?? "", up: number(row["up"]),
            down: number(row["down"]), delta: number(row["delta"]))
    }

    private static func cases() throws -> [[String: Any]] {
        try #require(try Fixture("capital_sbm").root["cases"] as? [[String: Any]])
    }

    @Test func everyClassEqualsUltibi() throws {
        let cases = try Self.cases()
        #expect(cases.count == 46)
        for (index, row) in cases.enumerated() {
            let items = try #require(row["items"] as? [[String: Any]]),
                component = try #require(row["component"] as? String)
            let found =
                component == "curvature"
                ? try SensitivitiesCapital([], shocks: items.map(Self.shock))
                : try SensitivitiesCapital(items.map(Self.sensitivity))
            #expect(found.parts.count == 1 && found.parts[0].component.rawValue == component)
            for (capital, wanted) in zip(found.scenarios, Fixture.numbers(row["charges"] ?? [])) {
                #expect(
                    abs(capital - wanted) <= 1e-9 * max(1, wanted),
                    "\(index) \(row["risk_class"] ?? "") \(component): \(capital), not \(wanted)")
            }
        }
    }

    /// Everything of one draw together: classes add up by scenario, and the largest counts.
    @Test func classesAddUpByScenario() throws {
        let cases = try Self.cases().prefix(45)
        let deltas = try cases.filter { $0["component"] as? String != "curvature" }
            .flatMap { try ($0["items"] as? [[String: Any]] ?? []).map(Self.sensitivity) }
        let shocks = try cases.filter { $0["component"] as? String == "curvature" }
            .flatMap { try ($0["items"] as? [[String: Any]] ?? []).map(Self.shock) }
        let found = try SensitivitiesCapital(deltas, shocks: shocks)
        #expect(found.parts.count == 15)
        for index in 0..<3 {
            #expect(found.scenarios[index] == found.parts.reduce(0) { $0 + $1.capital[index] })
        }
        #expect(found.capital == found.scenarios.max() && found.capital(in: found.binding) == found.capital)
        // Three times the book is three times the capital; the book with its opposite none.
        let threefold = try SensitivitiesCapital(
            deltas.map { item in
                var item = item
                item.amount *= 3
                return item
            })
        let once = try SensitivitiesCapital(deltas)
        #expect(abs(threefold.capital - 3 * once.capital) <= 1e-9 * threefold.capital)
        let netted = try SensitivitiesCapital(
            deltas
                + deltas.map { item in
                    var item = item
                    item.amount = -item.amount
                    return item
                })
        #expect(netted.capital < 1e-9 * once.capital)
    }

    @Test func aLongBookCostsMoreTheMoreItIsCorrelated() throws {
        var random = SeededGenerator(seed: 5)
        for riskClass in SbmRiskClass.allCases {
            let items = (0..<60).map { index in
                SbmSensitivity(
                    riskClass,
                    bucket: riskClass.buckets.map { .number(index % $0 + 1) } ?? .currency(["EUR", "GBP"][index % 2]),
                    name: "n\(index % 5)",
                    tenor: riskClass.deltaTenors.isEmpty
                        ? 0 : riskClass.deltaTenors[index % riskClass.deltaTenors.count],
                    amount: Double.random(in: 1...100, using: &random))
            }
            let found = try SensitivitiesCapital(items).scenarios
            #expect(found[0] <= found[1] && found[1] <= found[2] && found[0] < found[2])
        }
    }

    @Test func liquidCurrenciesWeighLessWhereTheBankTakesIt() throws {
        func capital(_ riskClass: SbmRiskClass, _ code: String, divides: Bool) throws -> Double {
            try SensitivitiesCapital(
                [SbmSensitivity(riskClass, bucket: .currency(code), name: "c", tenor: 1, amount: 100)],
                options: SbmOptions(reportingCurrency: "EUR", dividesLiquidWeights: divides)
            ).capital
        }
        #expect(try capital(.rates, "USD", divides: false) == 1.6)
        #expect(try abs(capital(.rates, "USD", divides: true) - 1.6 / 2.0.squareRoot()) < 1e-12)
        #expect(try capital(.rates, "THB", divides: true) == 1.6)
        #expect(try abs(capital(.foreignExchange, "BRL", divides: true) - 15 / 2.0.squareRoot()) < 1e-12)
        #expect(try capital(.foreignExchange, "THB", divides: true) == 15)
    }

    @Test func whatCannotBeIsNamed() throws {
        let wrong: [(SbmSensitivity, String)] = [
            (SbmSensitivity(.credit, bucket: .number(19), name: "a", tenor: 1, amount: 1), "bucket"),
            (SbmSensitivity(.equity, bucket: .number(0), name: "a", amount: 1), "bucket"),
            (SbmSensitivity(.rates, bucket: .currency("usd"), tenor: 1, amount: 1), "currency"),
            (SbmSensitivity(.rates, bucket: .number(1), tenor: 1, amount: 1), "currency"),
            (SbmSensitivity(.rates, bucket: .currency("USD"), tenor: 4, amount: 1), "tenor"),
            (
                SbmSensitivity(.rates, .vega, bucket: .currency("USD"), tenor: 1, residual: 2, amount: 1),
                "residual_maturity"
            ),
            (SbmSensitivity(.commodity, bucket: .number(1), tenor: 1, amount: 1), "name"),
            (SbmSensitivity(.equity, bucket: .number(1), name: "a", basis: .bond, amount: 1), "basis"),
            (SbmSensitivity(.equity, bucket: .number(1), name: "a", amount: .nan), "amount")
        ]
        for (sensitivity, field) in wrong {
            #expect(sensitivity.problem?.field == field)
            #expect(throws: QuantError.self) { try SensitivitiesCapital([sensitivity]) }
        }
        #expect(SbmShock(.equity, bucket: .number(1), name: "a", up: .infinity, down: 0).problem?.field == "up")
        #expect(throws: QuantError.self) {
            try SensitivitiesCapital([], shocks: [SbmShock(.credit, bucket: .number(1), up: 0, down: 0)])
        }
        let nothing = try SensitivitiesCapital([])
        #expect(nothing.capital == 0 && nothing.binding == .medium)
        #expect(throws: QuantError.self) {
            try MarketRiskCapital(sensitivities: nil, residual: ResidualRisk(exotic: -1))
        }
        let residual = try MarketRiskCapital(sensitivities: nil, residual: ResidualRisk(exotic: 1000, other: 1000))
        #expect(
            residual.capital == 11
                && residual.figures.map(\.name) == ["residual_risk", "capital", "risk_weighted_assets"])
    }
}
