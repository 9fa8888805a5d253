import Quant
import Wire

/// The `performance` and `benchmark` blocks of a series of returns.
struct ReturnFigures: Sendable {
    /// Nil where there is no return.
    var performance: Performance?
    /// Nil where there is nothing to compare with.
    var benchmark: BenchmarkComparison?

    static func compute(
        _ returns: [Double]?, benchmark: [Double]?, _ conventions: ReturnConventions
    ) throws(QuantError) -> ReturnFigures {
        guard let returns, !returns.isEmpty else { return ReturnFigures() }
        var figures = ReturnFigures()
        figures.performance = try Performance(returns: returns, conventions: conventions)
        if let benchmark {
            figures.benchmark = try BenchmarkComparison(returns: returns, benchmark: benchmark,
                conventions: conventions)
        }
        return figures
    }

    /// The blocks that are there.
    func writeMembers(to json: inout JSONWriter) {
        if let performance { Self.write(performance, &json) }
        if let benchmark { Self.write(benchmark, &json) }
    }

    private static func write(_ figures: Performance, _ json: inout JSONWriter) {
        json.key("performance")
        json.beginObject()
        let fields: [(String, Double?)] = [
            ("total_return", figures.totalReturn), ("annual_return", figures.annualReturn),
            ("annual_volatility", figures.annualVolatility), ("downside_risk", figures.downsideRisk),
            ("sharpe_ratio", figures.sharpeRatio), ("sortino_ratio", figures.sortinoRatio),
            ("calmar_ratio", figures.calmarRatio), ("omega_ratio", figures.omegaRatio),
            ("max_drawdown", figures.maxDrawdown), ("stability", figures.stability), ("tail_ratio", figures.tailRatio),
            ("skew", figures.skew), ("kurtosis", figures.kurtosis), ("value_at_risk", figures.valueAtRisk),
            ("conditional_value_at_risk", figures.conditionalValueAtRisk),
        ]
        for (name, value) in fields {
            json.key(name)
            json.double(value ?? .nan)
        }
        json.key("max_drawdown_duration")
        json.int(figures.maxDrawdownDuration)
        json.endObject()
    }

    private static func write(_ figures: BenchmarkComparison, _ json: inout JSONWriter) {
        json.key("benchmark")
        json.beginObject()
        let fields: [(String, Double?)] = [
            ("alpha", figures.alpha), ("beta", figures.beta), ("tracking_error", figures.trackingError),
            ("information_ratio", figures.informationRatio), ("up_capture", figures.upCapture),
            ("down_capture", figures.downCapture), ("correlation", figures.correlation),
        ]
        for (name, value) in fields {
            json.key(name)
            json.double(value ?? .nan)
        }
        json.endObject()
    }

    /// How the figures were made.
    static func write(_ conventions: ReturnConventions, observations: Int, _ json: inout JSONWriter) {
        json.key("conventions")
        json.beginObject()
        for (name, value) in [
            ("periods_per_year", conventions.periodsPerYear), ("risk_free_rate", conventions.riskFreeRate),
            ("confidence", conventions.confidence),
        ] {
            json.key(name)
            json.double(value)
        }
        json.key("observations")
        json.int(observations)
        json.endObject()
    }
}
