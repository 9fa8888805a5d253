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
        (window.push(value, scratch).deviations / Double(window.period - 1)).squareRoot()
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

/// `ts_rank(x,n)`: rank of the newest of the last n values among them, ties averaged, scaled to (0,1].
struct TimeSeriesRank: Kernel {
    private let period: Int
    private var slot = 0
    private var run = ValidRun()
    init(period: Int) { self.period = period }
    var scratchCount: Int { period }
    var lookBack: Int { period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        scratch[slot] = value
        slot += 1
        if slot == period { slot = 0 }
        guard run.push(value, atLeast: period) else { return .nan }
        var below = 0
        var equal = 0
        for index in 0..<period {
            below += scratch[index] < value ? 1 : 0
            equal += scratch[index] == value ? 1 : 0
        }
        return (Double(below) + Double(equal + 1) / 2) / Double(period)
    }
}
