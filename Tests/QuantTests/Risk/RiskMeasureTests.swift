import Numerics
import Quant
import Testing

/// Covariances, distributions, models and tests of VaR against risk_measures.json.
@Suite struct RiskMeasureTests {
    private let fixture: Fixture
    private let returns: [[Double]]
    private let weights: [Double]

    init() throws {
        fixture = try Fixture("risk_measures")
        let columns = try fixture.columns("returns")
        returns = (0..<6).map { columns["\($0)"] ?? [] }
        weights = Fixture.numbers(try #require(fixture.root["weights"]))
    }

    @Test func covariancesEqualTheReference() throws {
        let expected = try fixture.columns("covariance")
        let shrinkage = Fixture.numbers(try #require(fixture.root["shrinkage"]))
        let shrunk = try Covariance.ledoitWolf(returns), constant = try Covariance.constantCorrelation(returns)
        for (name, covariance, ddof) in [
            ("sample", try Covariance.sample(returns), 1), ("ewma", try Covariance.exponential(returns), 0),
            ("ledoit_wolf", shrunk, 0), ("constant", constant, 0),
            ("factor", try Covariance.factorModel(returns, factors: 2), 1),
            ("cleaned", try Covariance.cleaned(returns), 1),
        ] {
            let difference = firstDifference(covariance.matrix, try #require(expected[name]), scale: 1e-6)
            #expect(difference == nil, "\(name)")
            #expect(covariance.ddof == ddof)
        }
        let found = [shrunk.shrinkage ?? .nan, constant.shrinkage ?? .nan]
        #expect(firstDifference(found, shrinkage) == nil)
    }

    @Test func aBrokenCorrelationIsRepairedAndTheDistanceTold() throws {
        let broken = Fixture.numbers(try #require(fixture.root["broken"]))
        #expect(Cholesky(broken, count: 6) == nil)
        let repaired = try #require(PositiveDefinite(broken, count: 6))
        #expect(firstDifference(repaired.matrix, Fixture.numbers(try #require(fixture.root["mended"]))) == nil)
        #expect(abs(repaired.distance - Fixture.number(fixture.root["distance"])) < 1e-10)
        #expect(repaired.raised > 0 && repaired.smallest < 0)
        let plain = try Covariance.sample(returns).matrix
        let eigen = try #require(SymmetricEigen(plain, count: 6))
        let wanted = Fixture.numbers(try #require(fixture.root["eigenvalues"]))
        #expect(firstDifference(eigen.values, wanted, scale: 1e-6) == nil)
        #expect(firstDifference(eigen.matrix { $0 }, plain, scale: 1e-6) == nil)
        #expect(PositiveDefinite(plain, count: 6)?.distance == 0)
        #expect(PositiveDefinite([0, 0, 0, 0], count: 2) == nil)
    }

    @Test func fewerObservationsThanInstrumentsAreNotDefinite() throws {
        let short = returns.map { Array($0.prefix(4)) }
        let sample = try Covariance.sample(short)
        #expect(try #require(SymmetricEigen(sample.matrix, count: 6)).values[0] < 1e-12)
        #expect(Cholesky(try Covariance.ledoitWolf(short).matrix, count: 6) != nil)
        #expect(Cholesky(try #require(PositiveDefinite(sample.matrix, count: 6)).matrix, count: 6) != nil)
        #expect(throws: QuantError.self) { try Covariance.sample([]) }
        #expect(throws: QuantError.self) { try Covariance.ledoitWolf([[0.1]]) }
        #expect(throws: QuantError.self) { try Covariance.cleaned([[0.1, 0.2], [0.1, 0.1]]) }
        #expect(throws: QuantError.self) { try Covariance.factorModel(returns, factors: 7) }
    }

    @Test func studentEqualsTheReference() throws {
        let points = Fixture.numbers(try #require(fixture.root["student_points"]))
        let probabilities = Fixture.numbers(try #require(fixture.root["student_probabilities"]))
        for (degrees, expected) in try fixture.objects("student") {
            let student = StudentDistribution(degrees: try #require(Double(degrees)))
            for (name, actual, tolerance) in [
                ("pdf", points.map(student.density), 1e-9), ("cdf", points.map(student.cumulative), 1e-10),
                ("ppf", probabilities.map(student.quantile), 1e-9),
            ] {
                let wanted = Fixture.numbers(try #require(expected[name]))
                let difference = firstDifference(actual, wanted, tolerance: tolerance, scale: 1e-12)
                #expect(difference == nil, "\(name) \(degrees) \(String(describing: difference))")
            }
        }
        #expect(StudentDistribution(degrees: 4).quantile(0) == -.infinity)
        #expect(StudentDistribution(degrees: 4).quantile(-0.1).isNaN)
    }

    @Test func studentAndAgeWeightedEqualTheReference() throws {
        for (confidence, wanted) in try fixture.columns("var_t") {
            let level = try #require(Double(confidence))
            let risk = try ValueAtRisk.student(
                returns: returns, weights: weights, degrees: 5, settings: .init(confidence: level, horizonDays: 10))
            #expect(firstDifference([risk.valueAtRisk, risk.expectedShortfall], wanted) == nil)
            #expect(abs(risk.component.reduce(0, +) - risk.valueAtRisk) < 1e-12)
        }
        for (confidence, wanted) in try fixture.columns("age") {
            let level = try #require(Double(confidence))
            let risk = try ValueAtRisk.ageWeighted(
                returns: returns, weights: weights, settings: .init(confidence: level))
            #expect(firstDifference([risk.valueAtRisk, risk.expectedShortfall], wanted) == nil)
            #expect(abs(risk.component.reduce(0, +) - risk.valueAtRisk) < 1e-12)
        }
        #expect(throws: QuantError.self) { try ValueAtRisk.student(returns: returns, weights: weights, degrees: 2) }
        let degrees = ValueAtRisk.studentDegrees(returns: returns, weights: weights)
        #expect(degrees > 4 && degrees <= 100)
    }

    /// Days that equal the value at risk are all at or below it, in whatever order they came.
    @Test func tiesAtTheAgeWeightedQuantileAllCount() throws {
        let days = [-0.02, 0.01, -0.01, -0.01, 0.02, -0.01, 0.0, -0.02, 0.01, -0.01]
        for (confidence, seed) in [(0.7, 0), (0.7, 3), (0.9, 5), (0.55, 7)] as [(Double, Int)] {
            let series = days.indices.map { days[($0 * 3 + seed) % days.count] }
            let risk = try ValueAtRisk.ageWeighted(
                returns: [series], weights: [1], settings: .init(confidence: confidence))
            var weight = 0.0, sum = 0.0, age = 1.0
            for value in series.reversed() {
                if value <= -risk.valueAtRisk { (weight, sum) = (weight + age, sum + age * value) }
                age *= 0.98
            }
            #expect(abs(risk.expectedShortfall + sum / weight) < 1e-15, "\(confidence) \(seed)")
        }
    }

    /// Two optimisers stop at slightly different places: parameters within 1 %, the likelihood within 1e-6.
    @Test func garchEqualsTheReference() throws {
        let expected = try #require(fixture.root["garch"] as? [String: Any])
        let series = Fixture.numbers(try #require(expected["returns"]))
        let model = try GARCH(fitting: series)
        #expect(model.logLikelihood >= Fixture.number(expected["likelihood"]) - 1e-3)
        for (actual, name) in [
            (model.alpha, "alpha"), (model.beta, "beta"), (model.omega, "omega"), (model.mean, "mean"),
            (model.nextVariance, "next"),
        ] { #expect(abs(actual / Fixture.number(expected[name]) - 1) < 0.01, "\(name) \(actual)") }
        let risk = try ValueAtRisk.garchHistorical(returns: [series], weights: [1])
        let wanted = Fixture.numbers(try #require(expected["tail"]))
        #expect(firstDifference([risk.valueAtRisk, risk.expectedShortfall], wanted, tolerance: 0.005) == nil)
        #expect(abs(risk.component[0] - risk.valueAtRisk) < 1e-12)
        #expect(throws: QuantError.self) { try GARCH(fitting: [Double](repeating: 0.01, count: 50)) }
        #expect(throws: QuantError.self) { try GARCH(fitting: [0.01, 0.02]) }
    }

    @Test func backtestsEqualTheReference() throws {
        let expected = try #require(fixture.root["backtest"] as? [String: Any])
        let hits = Fixture.numbers(try #require(expected["hits"]))
        let test = try VarBacktest(
            returns: hits.map { $0 > 0 ? -0.03 : 0.01 }, valueAtRisk: hits.map { _ in 0.02 }, confidence: 0.99)
        #expect(test.exceptions == 6 && test.zone == .yellow && test.plusFactor == 0.5)
        for (found, name) in [
            (test.kupiec, "kupiec"), (test.independence, "independence"), (test.conditionalCoverage, "coverage"),
        ] {
            let wanted = Fixture.numbers(try #require(expected[name]))
            #expect(firstDifference([found.statistic, found.pValue], wanted, tolerance: 1e-8) == nil, "\(name)")
        }
        #expect(abs(test.cumulative - Fixture.number(expected["cumulative"])) < 1e-10)
        let calm = try VarBacktest(returns: [0.1, 0.2], valueAtRisk: [0.1, 0.1], confidence: 0.99)
        #expect(calm.exceptions == 0 && calm.zone == .green && calm.independence.pValue == 1)
        #expect(throws: QuantError.self) { try VarBacktest(returns: [], valueAtRisk: [], confidence: 0.99) }
    }

    @Test func incrementalIsTheDifferenceWithoutTheInstrument() throws {
        let measure = { (weights: [Double]) throws(QuantError) in
            try ValueAtRisk.parametric(returns: returns, weights: weights)
        }
        let parts = try ValueAtRisk.incremental(weights: weights, measure)
        var without = weights
        without[2] = 0
        #expect(parts[2] == (try measure(weights).valueAtRisk) - (try measure(without).valueAtRisk))
        #expect(try ValueAtRisk.parametric(returns: returns, weights: weights.map { _ in 0 }).valueAtRisk == 0)
    }
}
