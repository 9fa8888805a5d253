@testable import Quant
import TestKit
import Testing

@Suite struct WindowPropertyTests {
    /// The fast form over full windows is the scan with all of them needed, over data with nulls and many ties.
    @Test func fastFormsEqualTheScan() throws {
        let statistics: [(name: String, statistic: WindowScan.Statistic, inputs: String)] = [
            ("ts_mean", .mean, "close"), ("ts_sum", .sum, "close"), ("ts_stddev", .deviation, "close"),
            ("ts_zscore", .score, "close"), ("ts_min", .smallest, "close"), ("ts_max", .largest, "close"),
            ("ts_argmin", .argmin, "close"), ("ts_argmax", .argmax, "close"), ("ts_rank", .rank, "close"),
            ("decay_linear", .decay, "close"), ("ts_slope", .slope, "close"), ("ts_rsquare", .rsquare, "close"),
            ("ts_resi", .residual, "close"), ("ts_quantile", .quantile(0.37), "close"),
            ("ts_corr", .correlation, "close,open"), ("ts_cov", .covariance, "close,open"),
        ]
        var random = SeededGenerator(seed: 17)
        for round in 0..<30 {
            let values = (0..<120).map { _ in
                Double.random(in: 0..<1, using: &random) < 0.04
                    ? Double.nan : Double(Int.random(in: -4...(round % 3 == 0 ? 2 : 400), using: &random))
            }
            let bars = try Bars(ts: (0..<120).map(Int64.init), open: values.reversed(), close: values)
            let period = Int.random(in: 2...15, using: &random)
            for (name, statistic, inputs) in statistics {
                let call = "\(name)(\(inputs),\(period)\(name == "ts_quantile" ? ",0.37" : "")"
                for least in [nil, period, (period + 1) / 2] {
                    let text = call + (least.map { ",min_periods=\($0))" } ?? ")")
                    var scan = KernelStream(WindowScan(statistic, period: period, minPeriods: least))
                    let expected = values.indices.map {
                        scan.update(Pair(values[$0], name.hasPrefix("ts_co") ? bars.open[$0] : values[$0]))
                    }
                    let difference = firstDifference(try Expression.parse(text).evaluate(bars), expected, scale: 1)
                    #expect(difference == nil, "\(text): \(String(describing: difference))")
                }
            }
        }
    }
}
