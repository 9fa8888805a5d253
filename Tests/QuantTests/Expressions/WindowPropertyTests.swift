import Quant
import Testing

@Suite struct WindowPropertyTests {
    /// The fast form over full windows is the scan with all of them needed, over data with nulls and many ties.
    @Test func fastFormsEqualTheScan() throws {
        let names = [
            "ts_mean", "ts_sum", "ts_stddev", "ts_zscore", "ts_min", "ts_max", "ts_argmin", "ts_argmax", "ts_rank",
            "decay_linear", "ts_slope", "ts_rsquare", "ts_resi", "ts_quantile",
        ]
        var random = SeededGenerator(seed: 17)
        for round in 0..<30 {
            let values = (0..<120).map { _ in
                Double.random(in: 0..<1, using: &random) < 0.04
                    ? Double.nan : Double(Int.random(in: -4...(round % 3 == 0 ? 2 : 400), using: &random))
            }
            let bars = try Bars(ts: (0..<120).map(Int64.init), open: values.reversed(), close: values)
            let period = Int.random(in: 2...15, using: &random)
            let calls = names.map { "\($0)(close,\(period)\($0 == "ts_quantile" ? ",0.37" : "")" }
                + ["ts_corr(close,open,\(period)", "ts_cov(close,open,\(period)"]
            for call in calls {
                let fast = try Expression.parse(call + ")").evaluate(bars)
                let scan = try Expression.parse(call + ",min_periods=\(period))").evaluate(bars)
                let difference = firstDifference(fast, scan, scale: 1)
                #expect(difference == nil, "\(call): \(String(describing: difference))")
            }
        }
    }
}
