import Telemetry

/// The newest times from a market message's receipt to the approved order, exact, beside the histogram.
struct LatencyLog: Sendable {
    /// Times kept.
    static let limit = 10_000

    /// Nanoseconds, oldest first.
    private(set) var nanoseconds: [Int64] = []

    mutating func record(_ value: Int64, _ histogram: Histogram) {
        histogram.observe(Double(value) / 1e9)
        if nanoseconds.count >= 2 * Self.limit { nanoseconds.removeFirst(Self.limit) }
        nanoseconds.append(value)
    }
}
