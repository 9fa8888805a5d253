/// The functions over an instrument's last n values. Windows are full unless `min_periods` says otherwise.
enum TimeSeriesCatalog {
    static let all: [FunctionDefinition] = windows + pairs + shifts

    private static func window(_ least: Double) -> FunctionParameter {
        FunctionParameter("n", nil, least...TALib.largestPeriod, .window)
    }

    private static func function<Full: Kernel>(
        _ name: String, _ statistic: WindowScan.Statistic, _ reference: String, least: Double = 1, inputs: Int = 1,
        full: @escaping @Sendable (Int) -> Full
    ) -> FunctionDefinition where Full.Input: WindowInput, Full.Output == Double {
        FunctionDefinition(
            name: name, category: "time_series",
            inputs: [String](repeating: FunctionDefinition.series, count: inputs),
            parameters: [window(least)], outputs: [name], reference: reference, takesMinPeriods: true,
            operation: .stage { arguments in
                let period = arguments.int(0)
                guard let needed = arguments.minPeriods else { return Stage(full(period)) }
                return Stage(Lenient(full(period), WindowScan(statistic, period: period, minPeriods: needed)))
            })
    }

    private static let windows: [FunctionDefinition] = [
        function("ts_mean", .mean, "Mean.") { SimpleMovingAverage(period: $0) },
        function("ts_sum", .sum, "Sum.") { TimeSeriesSum(period: $0) },
        function("ts_stddev", .deviation, "Sample deviation, ddof 1.", least: 2) { TimeSeriesDeviation(period: $0) },
        function("ts_zscore", .score, "(x − mean)/deviation, ddof 1.", least: 2) { TimeSeriesScore(period: $0) },
        function("ts_min", .smallest, "Smallest value.") { TimeSeriesMinimum(period: $0) },
        function("ts_max", .largest, "Largest value.") { TimeSeriesMaximum(period: $0) },
        function("ts_argmin", .argmin, "Position of the smallest, 1 (oldest) to n (newest); the oldest among equals.") {
            TimeSeriesPosition(period: $0, ofLargest: false)
        },
        function("ts_argmax", .argmax, "Position of the largest, 1 (oldest) to n (newest); the oldest among equals.") {
            TimeSeriesPosition(period: $0, ofLargest: true)
        },
        function("ts_rank", .rank, "Rank of the newest in its window, ties averaged, scaled to (0,1].") {
            TimeSeriesRank(period: $0)
        },
        function("product", .product, "Product.") { SeriesScan(.product, period: $0, minPeriods: nil) },
        function("decay_linear", .decay, "Mean with weights from 1 (oldest) to n (newest).") {
            WeightedMovingAverage(period: $0)
        },
        function("ts_slope", .slope, "Slope of the least-squares line.", least: 2) { TimeSeriesSlope(period: $0) },
        function("ts_rsquare", .rsquare, "R² of the least-squares line; null where flat.", least: 2) {
            TimeSeriesRSquare(period: $0)
        },
        function("ts_resi", .residual, "Newest value less the least-squares line there.", least: 2) {
            TimeSeriesResidual(period: $0)
        },
        FunctionDefinition(
            name: "ts_quantile", category: "time_series", inputs: [FunctionDefinition.series],
            parameters: [window(1), FunctionParameter("q", nil, 0...1, .real)], outputs: ["ts_quantile"],
            reference: "Quantile with linear interpolation.", takesMinPeriods: true,
            operation: .stage { arguments in
                let (period, fraction) = (arguments.int(0), arguments.values[1])
                let full = TimeSeriesQuantile(period: period, fraction: fraction)
                guard let needed = arguments.minPeriods else { return Stage(full) }
                return Stage(
                    Lenient(full, WindowScan(.quantile(fraction), period: period, minPeriods: needed)))
            }),
        function("ts_count", .sum, "How many of the last n bars meet a condition.") { TimeSeriesSum(period: $0) },
    ]

    private static let pairs: [FunctionDefinition] = [
        function("ts_corr", .correlation, "Pearson correlation; null where a side is constant.", least: 2, inputs: 2) {
            TimeSeriesCorrelation(period: $0)
        },
        function("ts_cov", .covariance, "Sample covariance, ddof 1.", least: 2, inputs: 2) {
            TimeSeriesCovariance(period: $0)
        },
    ]

    private static func shift(
        _ name: String, _ reference: String, _ make: @escaping @Sendable (Int) -> Stage
    ) -> FunctionDefinition {
        FunctionDefinition(
            name: name, category: "time_series", inputs: [FunctionDefinition.series], parameters: [window(0)],
            outputs: [name], reference: reference, takesMinPeriods: false,
            operation: .stage { make($0.int(0)) })
    }

    private static let shifts: [FunctionDefinition] = [
        shift("delay", "Value n bars before.") {
            if $0 == 0 { return Stage(Identity()) }
            return Stage(Delay(period: $0))
        },
        shift("delta", "Change over n bars.") {
            if $0 == 0 { return Stage(Elementwise2<Subtract>()) }
            return Stage(Momentum(period: $0))
        },
    ]
}
