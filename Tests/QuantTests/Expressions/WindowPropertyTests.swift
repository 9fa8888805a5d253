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

    /// A window that is not full lacks its oldest positions: the newest bar counts n whatever came before the series.
    @Test func positionsCountFromTheNewest() throws {
        let bars = try Bars(ts: [0, 1, 2], close: [3, 9, 6])
        for (text, expected) in [
            ("decay_linear(close,4,min_periods=1)", [3, 45.0 / 7, 57.0 / 9]),
            ("ts_argmax(close,4,min_periods=1)", [4, 4, 3]), ("ts_argmin(close,4,min_periods=1)", [4, 3, 2]),
        ] as [(String, [Double])] {
            #expect(firstDifference(try Expression.parse(text).evaluate(bars), expected) == nil, "\(text)")
        }
    }

    /// A symbol's values are its own: another one that began earlier puts rows of nulls before it and changes nothing,
    /// nor does taking bar by bar.
    @Test func rowsBeforeASeriesChangeNothing() throws {
        var random = SeededGenerator(seed: 3)
        let late = (0..<40).map { _ in
            Double.random(in: 0..<1, using: &random) < 0.1 ? Double.nan : Double.random(in: 1...9, using: &random)
        }
        let early = (0..<60).map { _ in Double.random(in: 1...9, using: &random) }
        let shifted = [Double](repeating: .nan, count: 20) + late
        let alone = Panel([("B", try Bars(ts: (20..<60).map(Int64.init), close: late))])
        let ts = (0..<60).map(Int64.init)
        let both = Panel([("A", try Bars(ts: ts, close: early)), ("B", try Bars(ts: ts, close: shifted))])
        let names = [
            "decay_linear", "ts_argmax", "ts_argmin", "ts_slope", "ts_rsquare", "ts_resi", "ts_rank", "ts_mean",
        ]
        for name in names {
            let text = "\(name)(close,8,min_periods=2)", expression = try Expression.parse(text)
            let own = expression.evaluate(alone)[0], beside = Array(expression.evaluate(both)[1].dropFirst(20))
            #expect(firstDifference(own, beside, scale: 1) == nil && own.contains { $0 == $0 }, "\(text)")
            var stream = try FeatureStream(try Feature.parse(text))
            let bars = alone.bars[0]
            let streamed = (0..<bars.count).map { stream.update(BarValues(bars, row: $0))[0] }
            #expect(zip(own, streamed).allSatisfy { sameBits($0, $1) }, "\(text) as a stream")
        }
    }
}
