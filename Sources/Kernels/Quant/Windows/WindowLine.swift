/// The least-squares line of a rolling window with Σ(x−x̄)² of the same values.
struct WindowLine: Sendable {
    private var trend: WindowTrend
    private var moments: WindowMoments

    init(_ period: Int) {
        trend = WindowTrend(period)
        moments = WindowMoments(period)
    }

    var period: Int { trend.period }
    var scratchCount: Int { trend.scratchCount + moments.scratchCount }

    /// The window's sums about its pivot, the slope, and Σ(x−x̄)².
    @inline(__always)
    mutating func push(
        _ value: Double, _ scratch: Scratch
    ) -> (line: WindowTrend.Sums, slope: Double, deviations: Double) {
        let line = trend.push(value, scratch)
        let deviations = moments.push(value, scratch + trend.scratchCount).deviations
        return (line, WindowTrend.slope(period: trend.period, sum: line.sum, weighted: line.weighted), deviations)
    }
}
