import Benchmarks
import Testing

/// Benchmarks against an earlier run.
@Suite struct BaselineTests {
    private static func compare(_ old: Measurement, _ new: Measurement) throws -> Baseline.Comparison? {
        try Baseline(lines: old.line + "\n").compare(new)
    }

    @Test(arguments: [
        ("msg/s", 100.0, 80.0, false), ("msg/s", 100, 79.9, true), ("msg/s", 100, 900, false),
        ("µs", 100, 120, false), ("µs", 100, 120.1, true), ("µs", 100, 1, false), ("s", 1, 1.3, true),
        ("ns/row", 1, 1.3, true), ("bytes/connection", 1000, 1300, true), ("rows/s", 100, .nan, true),
            ("µs", 0, 1, true),
    ]) func onlyWhatIsWorseBeyondTheToleranceIsARegression(_ unit: String, _ old: Double, _ new: Double,
        _ isWorse: Bool) throws {
        let comparison = try #require(try Self.compare(
            Measurement("a", old, unit, runs: 1), Measurement("a", new, unit, runs: 3)))
        #expect(comparison.isRegression == isWorse, "\(comparison)")
        #expect(comparison.baseline == old && (comparison.ratio == new / old || new.isNaN))
    }

    /// Numbers of the context are numbers, and tell measurements apart as the texts of an earlier output did.
    @Test func numbersOfTheContextAreNumbers() throws {
        let figure = Measurement("a", 1, "s", runs: 1, context: [
            ("rows", "1000000"), ("best", "-0.25"), ("feature", "sma(close,30)"), ("version", "1.2.3"), ("threads", "8"),
            ("id", "007"),
        ])
        #expect(figure.line.hasSuffix(#""context":{"rows":1000000,"best":-0.25,"feature":"sma(close,30)","#
            + #""version":"1.2.3","threads":8,"id":"007"}}"#))
        let old = figure.line.replacing(#""threads":8"#, with: #""threads":"8""#)
        #expect(try Baseline(lines: old).compare(figure) != nil)
        #expect(try Baseline(lines: figure.line).compare(figure) != nil)
    }

    @Test func whatTellsMeasurementsApartIsHeldApart() throws {
        let lines = [("low", 1.0), ("high", 2)].map { lane, value in
            Measurement("bus", value, "µs", runs: 1, context: [
                ("lane", lane), ("saturated", "false"), ("low_lane_messages_per_second", "\(value)"),
            ]).line
        }
        let baseline = try Baseline(lines: lines.joined(separator: "\n"))
        // Circumstances may differ and the order of words too.
        let high = Measurement("bus", 4, "µs", runs: 1, context: [
            ("saturated", "false"), ("lane", "high"), ("low_lane_messages_per_second", "77"),
        ])
        #expect(baseline.compare(high)?.ratio == 2)
        #expect(baseline.compare(Measurement("bus", 4, "µs", runs: 1)) == nil)
        #expect(baseline.compare(Measurement("train", 4, "µs", runs: 1)) == nil)
        var other = high
        other.unit = "ms"
        #expect(baseline.compare(other) == nil)
    }

    @Test func theLaterOfTwoLinesCountsAndNonsenseIsRefused() throws {
        let first = Measurement("a", 1, "s", runs: 1).line, second = Measurement("a", 2, "s", runs: 1).line
        let baseline = try Baseline(lines: "\(first)\n\(second)\n")
        #expect(baseline.compare(Measurement("a", 2, "s", runs: 1))?.ratio == 1)
        for text in ["{}", "what", "\(first)\n{\"name\":\"a\"}", #"{"name":"a","value":"1","unit":"s"}"#] {
            #expect(throws: Baseline.Failure.self, "\(text)") { try Baseline(lines: text) }
        }
        #expect(try Baseline(lines: "").compare(Measurement("a", 2, "s", runs: 1)) == nil)
    }
}
