import Quant
import TestKit
import Testing

/// Figures beyond `Performance`, and dialects, against other tools; see Tests/Oracles/returns.py.
@Suite struct ReturnFiguresTests {
    private struct Case {
        let name: String, item: [String: Any], returns: [Double], benchmark: [Double]
        var conventions: ReturnConventions

        func section(_ keys: String...) throws -> [String: Any] {
            try keys.reduce(item) { try #require($0[$1] as? [String: Any]) }
        }
    }

    private func cases() throws -> [Case] {
        try Fixture("returns").objects("cases").map { name, item in
            Case(name: name, item: item, returns: Fixture.numbers(item["returns"] ?? []),
                 benchmark: Fixture.numbers(item["benchmark"] ?? []),
                 conventions: ReturnConventions(
                    periodsPerYear: Fixture.number(item["periods"]),
                    riskFreeRate: Fixture.number(item["risk_free_rate"]),
                    confidence: Fixture.number(item["confidence"])))
        }
    }

    private func compare(
        _ what: String, _ actual: [String: Double?], _ expected: [String: Any], tolerance: Double = 1e-9
    ) {
        for (key, value) in actual {
            let wanted = Fixture.number(expected[key])
            #expect(firstDifference([value ?? .nan], [wanted], tolerance: tolerance, scale: 1e-6) == nil,
                    "\(what) \(key): \(String(describing: value)) against \(wanted)")
        }
    }

    private func path(_ p: PathFigures) -> [String: Double?] {
        ["ulcer_index": p.ulcerIndex, "pain_index": p.painIndex, "martin_ratio": p.martinRatio,
         "gain_to_pain_ratio": p.gainToPainRatio, "recovery_factor": p.recoveryFactor, "win_rate": p.winRate,
         "payoff_ratio": p.payoffRatio, "profit_factor": p.profitFactor, "best": p.best, "worst": p.worst]
    }

    @Test func figuresEqualTheirDefinitions() throws {
        for item in try cases() {
            compare(item.name, path(try PathFigures(returns: item.returns, conventions: item.conventions)),
                    try item.section("own", "path"))
            let tail = try ReturnTail(returns: item.returns, confidence: item.conventions.confidence)
            compare(item.name, [
                "historical_var": tail.historical.valueAtRisk, "gaussian_var": tail.gaussian?.valueAtRisk,
                "gaussian_cvar": tail.gaussian?.conditional, "cornish_fisher_var": tail.cornishFisher?.valueAtRisk,
                "rockafellar_cvar": tail.rockafellarUryasev.conditional,
            ], try item.section("own", "tail"))
            // A quadrature of 200,000 steps.
            compare(item.name, ["cornish_fisher_cvar": tail.cornishFisher?.conditional], try item.section("own"),
                    tolerance: 1e-4)
            let sharpe = try #require(SharpeSignificance(
                returns: item.returns, riskFreeRateOfPeriod: item.conventions.riskFreeRateOfPeriod))
            let year = 1 / item.conventions.periodsPerYear.squareRoot()
            let isUp = sharpe.sharpe > 0
            compare(item.name, [
                "ratio": sharpe.sharpe, "psr": sharpe.probability(above: 0), "psr_one": sharpe.probability(above: year),
            ], try item.section("own", "sharpe"))
            let track = sharpe.minimumTrackRecord(above: 0, confidence: item.conventions.confidence)
            #expect((track != nil) == isUp)
            if isUp { compare(item.name, ["track": track], try item.section("own", "sharpe")) }
            let deflated = sharpe.deflated(trials: 40, variance: 0.002)
            compare(item.name, ["deflated": deflated], try item.section("dialects", "vectorbt"))
            let timing = try BenchmarkTiming(
                returns: item.returns, benchmark: item.benchmark, conventions: item.conventions)
            compare(item.name, [
                "treynor": timing.treynorRatio, "m_squared": timing.mSquared, "jensen": timing.jensenAlpha,
                "r_squared": timing.rSquared, "batting": timing.battingAverage,
            ], try item.section("own", "timing"))
            for (key, fit) in [("treynor_mazuy", timing.treynorMazuy), ("henriksson_merton", timing.henrikssonMerton)] {
                let fit = try #require(fit)
                compare(item.name + key, ["alpha": fit.alpha, "beta": fit.beta, "gamma": fit.gamma,
                                          "t": fit.significance], try item.section("own", key), tolerance: 1e-7)
            }
        }
    }

    /// One look at the returns tells what each of them told alone.
    @Test func theSummaryEqualsItsParts() throws {
        for item in try cases() {
            for confidence in [0.5, 0.9, 0.95, 0.99, 0.999] {
                var conventions = item.conventions
                conventions.confidence = confidence
                let summary = try ReturnSummary(returns: item.returns, conventions: conventions)
                #expect(summary.performance == (try Performance(returns: item.returns, conventions: conventions)))
                #expect(summary.path == (try PathFigures(returns: item.returns, conventions: conventions)))
                #expect(summary.tail == (try ReturnTail(returns: item.returns, confidence: confidence)))
                #expect(summary.significance == SharpeSignificance(
                    returns: item.returns, riskFreeRateOfPeriod: conventions.riskFreeRateOfPeriod))
            }
        }
        #expect(throws: QuantError.self) { try ReturnSummary(returns: []) }
    }

    @Test func rollingFiguresEqualEachWindow() throws {
        for item in try cases() {
            let rolling = try RollingFigures(returns: item.returns, benchmark: item.benchmark, window: 21,
                                             conventions: item.conventions)
            let expected = try item.section("rolling")
            for (key, column) in [
                ("sharpe", rolling.sharpeRatio), ("sortino", rolling.sortinoRatio), ("volatility", rolling.volatility),
                ("drawdown", rolling.maxDrawdown), ("beta", rolling.beta), ("alpha", rolling.alpha),
            ] {
                let wanted = Fixture.numbers(expected[key] ?? [])
                let difference = firstDifference(column, wanted, scale: 1e-3)
                #expect(wanted.count == item.returns.count - 20 && difference == nil,
                        "\(item.name) \(key) \(difference as Any)")
            }
        }
        #expect(try RollingFigures(returns: [0.1, 0.2], window: 3).sharpeRatio.isEmpty)
        let flat = try RollingFigures(returns: [0.1, 0.1, 0.1], window: 2)
        #expect(flat.volatility == [0, 0] && flat.sharpeRatio.allSatisfy(\.isNaN) && flat.beta.isEmpty)
        #expect(throws: QuantError.self) { try RollingFigures(returns: [0.1, 0.2], window: 1) }
        #expect(throws: QuantError.self) { try RollingFigures(returns: [0.1, 0.2], benchmark: [0.1], window: 2) }
    }

    /// Every figure that a tool has, told as it tells it.
    @Test(arguments: ReturnDialect.allCases) func dialectsTellTheToolsNumbers(_ dialect: ReturnDialect) throws {
        for item in try cases() where dialect != .empyrical {
            let conventions = item.conventions, name = "\(item.name) as \(dialect)"
            let expected = try item.section("dialects", dialect.rawValue)
            func figures(_ key: String) throws -> [String: Any] { try #require(expected[key] as? [String: Any]) }
            let p = try Performance(returns: item.returns, conventions: conventions)
                .told(as: dialect, returns: item.returns, conventions: conventions)
            compare(name, [
                "total_return": p.totalReturn, "annual_return": p.annualReturn,
                "annual_volatility": p.annualVolatility, "sharpe_ratio": p.sharpeRatio,
                "sortino_ratio": p.sortinoRatio, "calmar_ratio": p.calmarRatio, "omega_ratio": p.omegaRatio,
                "max_drawdown": p.maxDrawdown, "tail_ratio": p.tailRatio, "skew": p.skew, "kurtosis": p.kurtosis,
                "value_at_risk": p.valueAtRisk, "conditional_value_at_risk": p.conditionalValueAtRisk,
            ], try figures("performance"))
            var told = path(try PathFigures(returns: item.returns, conventions: conventions)
                .told(as: dialect, returns: item.returns, conventions: conventions))
            (told["best"], told["worst"]) = (nil, nil)
            compare(name, told, try figures("path"))
            let c = try BenchmarkComparison(returns: item.returns, benchmark: item.benchmark, conventions: conventions)
                .told(as: dialect, returns: item.returns, benchmark: item.benchmark, conventions: conventions)
            var comparison: [String: Double?] = [
                "alpha": c.alpha, "beta": c.beta, "tracking_error": c.trackingError,
                "information_ratio": c.informationRatio, "up_capture": c.upCapture, "down_capture": c.downCapture,
            ]
            if try figures("comparison").isEmpty { comparison = comparison.filter { $0.value != nil } }
            compare(name, comparison, try figures("comparison"))
            compare(name, ["psr": SharpeSignificance.told(
                as: dialect, returns: item.returns, conventions: conventions)], expected)
        }
        #expect([252, 252, 252, 365, 238].contains(dialect.periodsPerYear))
    }

    /// The default dialect changes nothing of the path's figures; a tool without them has none.
    @Test func theDefaultDialectKeepsThePath() throws {
        for item in try cases() {
            let path = try PathFigures(returns: item.returns, conventions: item.conventions)
            func told(_ dialect: ReturnDialect) -> PathFigures {
                path.told(as: dialect, returns: item.returns, conventions: item.conventions)
            }
            #expect(told(.empyrical) == path)
            #expect(told(.lean).painIndex.isNaN && told(.qlib).winRate == nil && told(.vectorbt).painIndex.isNaN)
            #expect(told(.quantstats).painIndex.isNaN && told(.quantstats).winRate == path.winRate)
        }
    }

    @Test func aFlatSeriesAndOneReturnHaveNoRatios() throws {
        let flat = [0.01, 0.01, 0.01], one = [0.02]
        let path = try PathFigures(returns: flat)
        #expect(path.ulcerIndex == 0 && path.martinRatio == nil && path.gainToPainRatio == nil)
        #expect(path.recoveryFactor == nil && path.winRate == 1 && path.payoffRatio == nil && path.profitFactor == nil)
        #expect(try PathFigures(returns: [0, 0]).winRate == nil)
        let tail = try ReturnTail(returns: one)
        #expect(tail.gaussian == nil && tail.cornishFisher == nil && tail.historical.valueAtRisk == 0.02)
        #expect(tail.rockafellarUryasev.valueAtRisk == 0.02 && abs(tail.rockafellarUryasev.conditional - 0.02) < 1e-15)
        #expect(try ReturnTail(returns: flat).cornishFisher == nil)
        #expect(SharpeSignificance(returns: flat) == nil && SharpeSignificance(returns: one) == nil)
        #expect(SharpeSignificance.expectedMaximum(trials: 1, variance: 1) == 0)
        let timing = try BenchmarkTiming(returns: flat, benchmark: [0.01, 0.02, -0.01])
        #expect(timing.treynorRatio == nil && timing.mSquared == nil && timing.rSquared == nil)
        #expect(try BenchmarkTiming(returns: [0.01, 0.02], benchmark: flat.dropLast()).treynorMazuy == nil)
        // A benchmark that only rises has no falls to time.
        #expect(try BenchmarkTiming(returns: [0.01, 0.02, 0.01, 0.03], benchmark: [0.01, 0.02, 0.03, 0.01])
            .henrikssonMerton == nil)
        for dialect in ReturnDialect.allCases {
            let conventions = ReturnConventions()
            let told = try Performance(returns: one).told(as: dialect, returns: one, conventions: conventions)
            #expect(told.sharpeRatio == nil)
            #expect(SharpeSignificance.told(as: dialect, returns: flat, conventions: conventions) == nil)
        }
        #expect(throws: QuantError.self) { try PathFigures(returns: []) }
        #expect(throws: QuantError.self) { try ReturnTail(returns: [.nan]) }
        #expect(throws: QuantError.self) { try BenchmarkTiming(returns: [1], benchmark: []) }
    }

    /// Rockafellar and Uryasev's CVaR is the least of t − E[max(0, t − r)]/a over t, negated: no t does better.
    @Test func theFractionalTailIsTheMinimum() throws {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<200 {
            let returns = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                (Double.random(in: -0.1...0.1, using: &random) * 200).rounded() / 200
            }
            let confidence = Double.random(in: 0.5...0.99, using: &random)
            let tail = try ReturnTail(returns: returns, confidence: confidence).rockafellarUryasev
            let cutoff = 1 - confidence
            let reached = returns.map { t in
                t - returns.reduce(0) { $0 + max(0, t - $1) } / Double(returns.count) / cutoff
            }
            let best = try #require(reached.max())
            #expect(abs(tail.conditional - best) < 1e-9)
            #expect(tail.valueAtRisk >= tail.conditional - 1e-12)
        }
    }

    @Test func activeShareIsHalfTheDifference() throws {
        #expect(try BenchmarkTiming.activeShare(weights: [0.5, 0.5, 0], benchmark: [0, 0.5, 0.5]) == 0.5)
        #expect(throws: QuantError.self) { try BenchmarkTiming.activeShare(weights: [1], benchmark: []) }
    }
}
