/// `ts_slope(x,n)`: slope of the least-squares line through the last n values, a bar being one.
struct TimeSeriesSlope: Kernel {
    private var window: WindowTrend
    init(period: Int) { window = WindowTrend(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let trend = window.push(value, scratch)
        return WindowTrend.slope(period: window.period, sum: trend.sum, weighted: trend.weighted)
    }
}

/// `ts_resi(x,n)`: the newest value less the least-squares line through the last n values there: x − x̄ − b(n−1)/2.
struct TimeSeriesResidual: Kernel {
    private var window: WindowTrend
    init(period: Int) { window = WindowTrend(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let line = window.push(value, scratch)
        let slope = WindowTrend.slope(period: window.period, sum: line.sum, weighted: line.weighted)
        return Self.residual(value, line, slope, period: window.period)
    }

    /// Of the window's sums and its slope.
    @inline(__always)
    static func residual(
        _ value: Double, _ line: WindowTrend.Sums, _ slope: Double, period: Int
    ) -> Double {
        let count = Double(period)
        return (value - line.pivot) - line.sum / count - slope * (count - 1) / 2
    }
}

/// `ts_rsquare(x,n)`: R² of that line, b²·n(n²−1)/12 over Σ(x−x̄)²; null where the window is flat.
struct TimeSeriesRSquare: Kernel {
    private var window: WindowLine
    init(period: Int) { window = WindowLine(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let (_, slope, deviations) = window.push(value, scratch)
        return Self.share(slope, deviations, period: window.period)
    }

    /// Of the slope and Σ(x−x̄)².
    @inline(__always)
    static func share(_ slope: Double, _ deviations: Double, period: Int) -> Double {
        if deviations <= 0 { return .nan }
        let count = Double(period)
        let share = slope * slope * (count * (count * count - 1) / 12) / deviations
        return share > 1 ? 1 : share
    }
}
