import EngineKit
import Quant
import Wire

/// The blocks that are told of a series of returns: `performance`, `tail_risk`, `sharpe_significance`, `rolling` and
/// `benchmark`.
struct ReturnFigures: Sendable {
    /// Nil where there is no return.
    var performance: Performance?
    var path: PathFigures?
    var tail: ReturnTail?
    var significance: SharpeSignificance?
    /// PSR as the dialect tells it.
    var probabilisticSharpe: Double?
    var rolling: RollingFigures?
    /// Nil where there is nothing to compare with.
    var benchmark: BenchmarkComparison?
    var timing: BenchmarkTiming?

    /// Figures of returns, told as the options say.
    static func compute(
        _ returns: [Double]?, benchmark: [Double]?, _ options: FigureOptions
    ) throws(QuantError) -> ReturnFigures {
        guard let returns, !returns.isEmpty else { return ReturnFigures() }
        let conventions = options.conventions, dialect = options.dialect
        var figures = ReturnFigures()
        let summary = try ReturnSummary(returns: returns, conventions: conventions)
        figures.performance = try summary.performance
            .told(as: dialect, returns: returns, conventions: conventions)
        figures.path = summary.path.told(as: dialect, returns: returns, conventions: conventions)
        figures.tail = summary.tail
        figures.significance = summary.significance
        let target = options.targetSharpe / conventions.periodsPerYear.squareRoot()
        figures.probabilisticSharpe = dialect == .empyrical ? figures.significance?.probability(above: target)
            : SharpeSignificance.told(as: dialect, returns: returns, conventions: conventions)
        if let window = options.window {
            figures.rolling = try RollingFigures(
                returns: returns, benchmark: benchmark, window: window, conventions: conventions)
        }
        if let benchmark { try figures.compare(returns, benchmark, options) }
        return figures
    }

    /// Adds the blocks of a benchmark.
    private mutating func compare(
        _ returns: [Double], _ other: [Double], _ options: FigureOptions
    ) throws(QuantError) {
        let conventions = options.conventions
        benchmark = try BenchmarkComparison(returns: returns, benchmark: other, conventions: conventions)
            .told(as: options.dialect, returns: returns, benchmark: other, conventions: conventions)
        timing = try BenchmarkTiming(returns: returns, benchmark: other, conventions: conventions)
    }

    /// Takes over what other figures say of a benchmark.
    mutating func take(comparison other: ReturnFigures) {
        (benchmark, timing) = (other.benchmark, other.timing)
        if let columns = other.rolling, !columns.beta.isEmpty { rolling = columns }
    }

    /// The blocks that are there.
    func writeMembers(_ options: FigureOptions, to json: inout JSONWriter) {
        if let performance { write(performance, &json) }
        if let tail { Self.write(tail, &json) }
        if let significance { Self.write(significance, options, &json) }
        if let rolling { Self.write(rolling, &json) }
        if let benchmark { write(benchmark, &json) }
    }

    private static func write(_ fields: [(String, Double?)], _ json: inout JSONWriter) {
        for (name, value) in fields { json.field(name, value ?? .nan) }
    }

    private func write(_ figures: Performance, _ json: inout JSONWriter) {
        json.object("performance") { json in
            Self.write([
                ("total_return", figures.totalReturn), ("annual_return", figures.annualReturn),
                ("annual_volatility", figures.annualVolatility), ("downside_risk", figures.downsideRisk),
                ("sharpe_ratio", figures.sharpeRatio), ("sortino_ratio", figures.sortinoRatio),
                ("calmar_ratio", figures.calmarRatio), ("omega_ratio", figures.omegaRatio),
                ("max_drawdown", figures.maxDrawdown), ("stability", figures.stability),
                ("tail_ratio", figures.tailRatio), ("skew", figures.skew), ("kurtosis", figures.kurtosis),
                ("value_at_risk", figures.valueAtRisk), ("conditional_value_at_risk", figures.conditionalValueAtRisk),
            ], &json)
            json.field("max_drawdown_duration", figures.maxDrawdownDuration)
            guard let path else { return }
            Self.write([
                ("ulcer_index", path.ulcerIndex), ("pain_index", path.painIndex), ("martin_ratio", path.martinRatio),
                ("gain_to_pain_ratio", path.gainToPainRatio), ("recovery_factor", path.recoveryFactor),
                ("win_rate", path.winRate), ("payoff_ratio", path.payoffRatio), ("profit_factor", path.profitFactor),
                ("best_return", path.best), ("worst_return", path.worst),
                ("probabilistic_sharpe_ratio", probabilisticSharpe),
            ], &json)
        }
    }

    private static func write(_ tail: ReturnTail, _ json: inout JSONWriter) {
        json.object("tail_risk") { json in
            for (name, pair) in [
                ("historical", tail.historical), ("gaussian", tail.gaussian), ("cornish_fisher", tail.cornishFisher),
                ("rockafellar_uryasev", tail.rockafellarUryasev),
            ] as [(String, ReturnTail.Pair?)] {
                json.object(name) { json in
                    json.field("value_at_risk", pair?.valueAtRisk ?? .nan)
                    json.field("conditional_value_at_risk", pair?.conditional ?? .nan)
                }
            }
        }
    }

    private static func write(
        _ significance: SharpeSignificance, _ options: FigureOptions, _ json: inout JSONWriter
    ) {
        let target = options.targetSharpe / options.conventions.periodsPerYear.squareRoot()
        json.object("sharpe_significance") { json in
            write([
                ("sharpe_of_period", significance.sharpe), ("standard_error", significance.variance.squareRoot()),
                ("probabilistic", significance.probability(above: target)),
                ("minimum_track_record", significance.minimumTrackRecord(
                    above: target, confidence: options.conventions.confidence)),
            ], &json)
            guard let trials = options.trials else { return }
            json.field("trials", trials)
            write([
                ("expected_maximum", SharpeSignificance.expectedMaximum(
                    trials: trials, variance: options.trialVariance ?? significance.variance)),
                ("deflated", significance.deflated(trials: trials, variance: options.trialVariance)),
            ], &json)
        }
    }

    private static func write(_ rolling: RollingFigures, _ json: inout JSONWriter) {
        json.object("rolling") { json in
            json.field("window", rolling.window)
            for (name, column) in [
                ("sharpe_ratio", rolling.sharpeRatio), ("sortino_ratio", rolling.sortinoRatio),
                ("volatility", rolling.volatility), ("max_drawdown", rolling.maxDrawdown), ("beta", rolling.beta),
                ("alpha", rolling.alpha),
            ] where !column.isEmpty || name == "sharpe_ratio" {
                json.key(name)
                json.doubles(column)
            }
        }
    }

    private func write(_ figures: BenchmarkComparison, _ json: inout JSONWriter) {
        json.object("benchmark") { json in
            Self.write([
                ("alpha", figures.alpha), ("beta", figures.beta), ("tracking_error", figures.trackingError),
                ("information_ratio", figures.informationRatio), ("up_capture", figures.upCapture),
                ("down_capture", figures.downCapture), ("correlation", figures.correlation),
            ], &json)
            guard let timing else { return }
            let capture = figures.upCapture.flatMap { up in
                figures.downCapture.flatMap { $0 == 0 ? nil : up / $0 }
            }
            Self.write([
                ("capture_ratio", capture), ("treynor_ratio", timing.treynorRatio), ("m_squared", timing.mSquared),
                ("m_squared_excess", timing.mSquaredExcess), ("jensen_alpha", timing.jensenAlpha),
                ("r_squared", timing.rSquared), ("batting_average", timing.battingAverage),
            ], &json)
            for (name, fit) in [
                ("treynor_mazuy", timing.treynorMazuy), ("henriksson_merton", timing.henrikssonMerton),
            ] {
                json.object(name) { json in
                    Self.write([
                        ("alpha", fit?.alpha), ("beta", fit?.beta), ("gamma", fit?.gamma),
                        ("t_statistic", fit?.significance),
                    ], &json)
                }
            }
        }
    }
}
