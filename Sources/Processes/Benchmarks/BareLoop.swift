import Runtime

/// What the machine makes of a loop of arithmetic, some half a millisecond long, that waits for nothing and touches no
/// memory, run among what is measured: the share of a tail that no program on it escapes.
struct BareLoop {
    private static let steps = 200_000
    private var microseconds: [Double] = []
    private var sink = 1.0

    /// Runs it once.
    mutating func run() {
        let start = SystemClock().monotonic
        var value = sink
        for _ in 0..<Self.steps { value = value * 1.000_000_1 + 1e-9 }
        // Kept, so that the loop is not left out.
        sink = value.isFinite && value < 1e9 ? value : 1
        microseconds.append(Double(SystemClock().monotonic - start) / 1000)
    }

    /// Its median and 99th percentile in µs, for a measurement's context; nothing where it did not run.
    var context: [(name: String, value: String)] {
        if microseconds.isEmpty { return [] }
        let sorted = microseconds.sorted()
        return [("bare_loop_p50", "\(Int(quantile(sorted, 0.5).rounded()))"),
                ("bare_loop_p99", "\(Int(quantile(sorted, 0.99).rounded()))")]
    }
}
