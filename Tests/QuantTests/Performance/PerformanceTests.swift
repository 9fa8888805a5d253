import Quant
import TestKit
import Testing

@Suite struct PerformanceTests {
    @Test func figuresEqualEmpyrical() throws {
        for (name, item) in try Fixture("performance").objects("cases") {
            let conventions = ReturnConventions(
                periodsPerYear: Fixture.number(item["periods"]), riskFreeRate: Fixture.number(item["risk_free_rate"]),
                confidence: Fixture.number(item["confidence"]))
            let returns = Fixture.numbers(try #require(item["returns"]))
            let p = try Performance(returns: returns, conventions: conventions)
            let expected = try #require(item["performance"] as? [String: Any])
            let actual: [String: Double?] = [
                "total_return": p.totalReturn, "annual_return": p.annualReturn,
                "annual_volatility": p.annualVolatility, "downside_risk": p.downsideRisk,
                "sharpe_ratio": p.sharpeRatio, "sortino_ratio": p.sortinoRatio, "calmar_ratio": p.calmarRatio,
                "omega_ratio": p.omegaRatio, "max_drawdown": p.maxDrawdown,
                "max_drawdown_duration": Double(p.maxDrawdownDuration), "stability": p.stability,
                "tail_ratio": p.tailRatio, "skew": p.skew, "kurtosis": p.kurtosis, "value_at_risk": p.valueAtRisk,
                "conditional_value_at_risk": p.conditionalValueAtRisk,
            ]
            try Self.compare(name, actual, expected)
            let c = try BenchmarkComparison(
                returns: returns, benchmark: Fixture.numbers(try #require(item["benchmark"])), conventions: conventions)
            var comparison: [String: Double?] = [
                "alpha": c.alpha, "beta": c.beta, "tracking_error": c.trackingError,
                "information_ratio": c.informationRatio, "correlation": c.correlation,
            ]
            if conventions.periodsPerYear == 252 {
                comparison["up_capture"] = c.upCapture
                comparison["down_capture"] = c.downCapture
            }
            try Self.compare(name, comparison, try #require(item["comparison"] as? [String: Any]))
        }
    }

    private static func compare(_ name: String, _ actual: [String: Double?], _ expected: [String: Any]) throws {
        for (key, value) in actual {
            let wanted = Fixture.number(expected[key])
            #expect(
                firstDifference([value ?? .nan], [wanted], scale: 1e-6) == nil,
                "\(name) \(key): \(String(describing: value)) against \(wanted)")
        }
    }

    @Test func ratiosOverZeroAreNil() throws {
        let p = try Performance(returns: [0.01, 0.01, 0.01])
        #expect(p.sharpeRatio == nil && p.sortinoRatio == nil && p.calmarRatio == nil && p.omegaRatio == nil)
        #expect(p.skew == nil && p.annualVolatility == 0 && p.maxDrawdown == 0)
        let one = try Performance(returns: [0.01])
        #expect(one.annualVolatility == nil && one.sharpeRatio == nil)
        let flat = try BenchmarkComparison(returns: [0.01, 0.02], benchmark: [0.01, 0.01])
        #expect(flat.beta == nil && flat.alpha == nil && flat.correlation == nil && flat.downCapture == nil)
    }

    @Test func aCurveIsItsReturns() throws {
        let curve = [100, 110, 99, 99, 120.0]
        let p = try Performance(equityCurve: curve)
        #expect(abs(p.totalReturn - 0.2) < 1e-12)
        #expect(abs(p.maxDrawdown + 0.1) < 1e-12)
        #expect(p.maxDrawdownDuration == 2)
        #expect(p == (try Performance(returns: Performance.returns(of: curve))))
        let drawdown = Drawdown(curve: curve.span)
        #expect(abs(drawdown.maximum + 0.1) < 1e-12 && drawdown.longestDuration == 2)
        #expect(throws: QuantError.self) { try Performance(returns: []) }
        #expect(throws: QuantError.self) { try Performance(returns: [.nan]) }
        #expect(throws: QuantError.self) { try Performance(equityCurve: [1, 0, 2]) }
    }
}

@Suite struct TailTests {
    /// The tails of random samples with many ties, against a full sort.
    @Test func tailsEqualASort() throws {
        var random = SeededGenerator(seed: 8)
        for round in 0..<400 {
            let count = Int.random(in: 1...120, using: &random)
            let steps = round % 2 == 0 ? 5.0 : 1e6
            let returns = (0..<count).map { _ in
                (Double.random(in: -0.1...0.1, using: &random) * steps).rounded() / steps
            }
            let confidence = Double.random(in: 0.01...0.99, using: &random)
            let figures = try Performance(
                returns: returns, conventions: ReturnConventions(confidence: confidence))
            let sorted = returns.sorted()
            let rank = (1 - confidence) * Double(count - 1)
            let low = Int(rank)
            let high = min(low + 1, count - 1)
            let expected = sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
            #expect(abs(figures.valueAtRisk - expected) < 1e-9)
            #expect(abs(figures.conditionalValueAtRisk - sorted[...low].reduce(0, +) / Double(low + 1)) < 1e-12)
        }
    }
}
