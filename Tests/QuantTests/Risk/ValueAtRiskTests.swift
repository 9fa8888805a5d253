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
            let c = try ValueAtRisk.cornishFisher(returns: returns, weights: weights, settings: settings)
            let f = try ValueAtRisk.filteredHistorical(returns: returns, weights: weights, settings: settings)
            for (actual, name, tolerance) in [
                (p, "parametric", 1e-9), (h, "historical", 1e-9), (c, "cornish_fisher", 1e-7), (f, "filtered", 1e-9),
            ] {
                let wanted = Fixture.numbers(try #require(expected[name]))
                let figures = [actual.valueAtRisk, actual.expectedShortfall]
                #expect(firstDifference(figures, wanted, tolerance: tolerance) == nil, "\(name) \(key) \(figures)")
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
        let fisher = try ValueAtRisk.cornishFisher(returns: returns, weights: weights)
        for index in 0..<3 {
            var moved = weights
            moved[index] += 1e-7
            let other = try ValueAtRisk.parametric(returns: returns, weights: moved)
            #expect(abs((other.valueAtRisk - base.valueAtRisk) / 1e-7 - base.marginal[index]) < 1e-6)
            let later = try ValueAtRisk.historical(returns: returns, weights: moved)
            #expect(abs((later.valueAtRisk - history.valueAtRisk) / 1e-7 - history.marginal[index]) < 1e-6)
            let bent = try ValueAtRisk.cornishFisher(returns: returns, weights: moved)
            #expect(abs((bent.valueAtRisk - fisher.valueAtRisk) / 1e-7 - fisher.marginal[index]) < 1e-6)
        }
    }

    @Test func simulationsComeNearTheFormula() throws {
        let columns = try Fixture("risk").columns("returns")
        let returns = ["0", "1", "2"].map { columns[$0] ?? [] }
        let weights = [0.5, 0.8, -0.3]
        let exact = try ValueAtRisk.parametric(returns: returns, weights: weights)
        let drawn = try ValueAtRisk.monteCarlo(returns: returns, weights: weights, seed: 9)
        #expect(abs(drawn.valueAtRisk / exact.valueAtRisk - 1) < 0.02)
        #expect(abs(drawn.expectedShortfall / exact.expectedShortfall - 1) < 0.02)
        #expect(abs(drawn.component.reduce(0, +) - drawn.valueAtRisk) < 1e-12)
        #expect(try drawn == ValueAtRisk.monteCarlo(returns: returns, weights: weights, seed: 9))
        #expect(throws: QuantError.self) {
            try ValueAtRisk.monteCarlo(returns: returns, weights: weights, simulations: 1_000_000_000)
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
