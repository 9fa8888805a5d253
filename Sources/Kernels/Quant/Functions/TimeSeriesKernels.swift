/// `ts_sum(x,n)`: sum of the last n values.
struct TimeSeriesSum: Kernel {
    private var window: WindowSum
    init(period: Int) { window = WindowSum(period) }
    var scratchCount: Int { window.period }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double { window.push(value, scratch) }
}

/// `ts_stddev(x,n)`: sample deviation (ddof 1) of the last n values, n at least 2.
struct TimeSeriesDeviation: Kernel {
    private var window: WindowMoments
    init(period: Int) { window = WindowMoments(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        Self.deviation(window.push(value, scratch).deviations, period: window.period)
    }

    /// The sums first, so that divisions and roots are done side by side.
    @inline(__always)
    mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var moments = window
        for row in 0..<count { sinks.first[row] = moments.push(sources.first[row], scratch).deviations }
        window = moments
        for row in 0..<count { sinks.first[row] = Self.deviation(sinks.first[row], period: moments.period) }
    }

    /// Of Σ(x−x̄)².
    @inline(__always)
    static func deviation(_ deviations: Double, period: Int) -> Double {
        (deviations / Double(period - 1)).squareRoot()
    }
}

/// `ts_zscore(x,n)`: (x − mean)/deviation of the last n values, ddof 1; null where the window is flat.
struct TimeSeriesScore: Kernel {
    private var window: WindowMoments
    init(period: Int) { window = WindowMoments(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let moments = window.push(value, scratch)
        let deviation = (moments.deviations / Double(window.period - 1)).squareRoot()
        return deviation == 0 ? .nan : (value - moments.mean) / deviation
    }
}

/// `ts_max(x,n)`: largest of the last n values.
struct TimeSeriesMaximum: Kernel {
    private var window: WindowMaximum
    private var run = ValidRun()
    init(period: Int) { window = WindowMaximum(period) }
    var scratchCount: Int { window.period }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let top = window.push(value, scratch)
        return run.push(value, atLeast: window.period) ? top : .nan
    }
}

/// `ts_min(x,n)`: smallest of the last n values.
struct TimeSeriesMinimum: Kernel {
    private let period: Int
    private var window: WindowMinimum
    private var run = ValidRun()
    init(period: Int) {
        self.period = period
        window = WindowMinimum(period)
    }
    var scratchCount: Int { period }
    var lookBack: Int { period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let bottom = window.push(value, scratch)
        return run.push(value, atLeast: period) ? bottom : .nan
    }
}

/// `ts_cov(x,y,n)`: sample covariance (ddof 1) of the last n pairs.
struct TimeSeriesCovariance: Kernel {
    private var window: WindowPairMoments
    init(period: Int) { window = WindowPairMoments(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ pair: Pair, _ scratch: Scratch) -> Double {
        window.push(pair.x, pair.y, scratch).xy / Double(window.period - 1)
    }
}

/// `ts_corr(x,y,n)`: Pearson correlation of the last n pairs, null where a side is constant, and 1 or −1 of
/// two pairs.
struct TimeSeriesCorrelation: Kernel {
    private var window: WindowPairMoments
    init(period: Int) { window = WindowPairMoments(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ pair: Pair, _ scratch: Scratch) -> Double {
        let moments = window.push(pair.x, pair.y, scratch)
        guard moments.xx > 0, moments.yy > 0 else { return .nan }
        // Two points lie on a line: rounding must not tell one such pair from another.
        if window.period == 2 { return moments.xy > 0 ? 1 : -1 }
        let correlation = moments.xy / (moments.xx.squareRoot() * moments.yy.squareRoot())
        return correlation > 1 ? 1 : (correlation < -1 ? -1 : correlation)
    }
}

/// `delay(x,n)`: the value n bars before.
struct Delay: Kernel {
    private var line: DelayLine
    init(period: Int) { line = DelayLine(period) }
    var scratchCount: Int { line.period }
    var lookBack: Int { line.period }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double { line.push(value, scratch) }

    @inline(__always)
    mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var delay = line
        delay.advance(sources.first, sinks.first, count: count, scratch) { $1 }
        line = delay
    }
}

/// `delay(x,0)`.
struct Identity: Kernel {
    var lookBack: Int { 0 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double { value }
}

/// The column `returns`: close over the close of the bar before, less 1.
struct SimpleReturn: Kernel {
    private var previous = Double.nan
    var lookBack: Int { 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let change = value / previous - 1
        previous = value
        return change.isFinite ? change : .nan
    }
}
