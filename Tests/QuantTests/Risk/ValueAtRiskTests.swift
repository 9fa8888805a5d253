import Quant
import Testing

@Suite struct ValueAtRiskTests {
    @Test func figuresEqualTheReference() throws {
        let fixture = try Fixture("risk")
        let columns = try fixture.columns("returns")
        let returns = ["0", "1", "2"].map { columns[$0] ?? [] }
        let weights = Fixture.numbers(try #require(fixture.root["weights"]))
        for (key, expected) in try fixture.objects("cases") {
            let words = key.split(separator: " ").compactMap { Double($0) }
            let settings = ValueAtRisk.Settings(value: 1, confidence: words[0], horizonDays: words[1])
            let p = try ValueAtRisk.parametric(returns: returns, weights: weights, settings: settings)
            let h = try ValueAtRisk.historical(returns: returns, weights: weights, settings: settings)
            for (actual, name) in [(p, "parametric"), (h, "historical")] {
                let wanted = Fixture.numbers(try #require(expected[name]))
                #expect(
                    firstDifference([actual.valueAtRisk, actual.expectedShortfall], wanted) == nil, "\(name) \(key)")
                #expect(abs(actual.component.reduce(0, +) - actual.valueAtRisk) < 1e-12)
            }
            #expect(firstDifference(p.component, Fixture.numbers(try #require(expected["component"]))) == nil)
        }
    }

    @Test func marginalIsTheDerivative() throws {
        let columns = try Fixture("risk").columns("returns")
        let returns = ["0", "1", "2"].map { columns[$0] ?? [] }
        let weights = [0.5, 0.8, -0.3]
        let base = try ValueAtRisk.parametric(returns: returns, weights: weights)
        let history = try ValueAtRisk.historical(returns: returns, weights: weights)
        for index in 0..<3 {
            var moved = weights
            moved[index] += 1e-7
            let other = try ValueAtRisk.parametric(returns: returns, weights: moved)
            #expect(abs((other.valueAtRisk - base.valueAtRisk) / 1e-7 - base.marginal[index]) < 1e-6)
            let later = try ValueAtRisk.historical(returns: returns, weights: moved)
            #expect(abs((later.valueAtRisk - history.valueAtRisk) / 1e-7 - history.marginal[index]) < 1e-6)
        }
    }

    @Test func badDataAreRefused() {
        #expect(throws: QuantError.self) { try ValueAtRisk.parametric(returns: [], weights: []) }
        #expect(throws: QuantError.self) { try ValueAtRisk.historical(returns: [[0.1]], weights: [1]) }
        #expect(throws: QuantError.self) { try ValueAtRisk.historical(returns: [[0.1, 0.2], [1]], weights: [1, 1]) }
        #expect(throws: QuantError.self) {
            try ValueAtRisk.historical(returns: [[0.1, 0.2]], weights: [1], settings: .init(confidence: 1))
        }
    }
}
