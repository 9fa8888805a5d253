/// `roc(x,n)`: 100·(xₜ/xₜ₋ₙ − 1). TA-Lib ROC; default 10, look-back n; 0 where the older value is 0.
public struct RateOfChange: Kernel {
    private var delay: DelayLine

    /// Period of at least 1.
    public init(period: Int) { delay = DelayLine(period) }

    /// n.
    public var scratchCount: Int { delay.period }
    /// n.
    public var lookBack: Int { delay.period }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let older = delay.push(value, scratch)
        return older == 0 ? 0 * value : (value / older - 1) * 100
    }

    /// The same over many rows.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var line = delay
        line.advance(sources.first, sinks.first, count: count, scratch) { $1 == 0 ? 0 * $0 : ($0 / $1 - 1) * 100 }
        delay = line
    }
}

/// `rocp(x,n)`: xₜ/xₜ₋ₙ − 1, as (xₜ − xₜ₋ₙ)/xₜ₋ₙ. TA-Lib ROCP; default 10, look-back n; 0 where the older value is 0.
/// Exact.
public struct RateOfChangeShare: Kernel {
    private var delay: DelayLine

    /// Period of at least 1.
    public init(period: Int) { delay = DelayLine(period) }

    /// n.
    public var scratchCount: Int { delay.period }
    /// n.
    public var lookBack: Int { delay.period }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let older = delay.push(value, scratch)
        return older == 0 ? 0 * value : (value - older) / older
    }

    /// The same over many rows.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var line = delay
        line.advance(sources.first, sinks.first, count: count, scratch) { $1 == 0 ? 0 * $0 : ($0 - $1) / $1 }
        delay = line
    }
}

/// `rocr(x,n)`: xₜ/xₜ₋ₙ, and `rocr100(x,n)`, a hundred times that. TA-Lib ROCR and ROCR100; default 10, look-back n;
/// 0 where the older value is 0. Exact.
public struct RateOfChangeRatio: Kernel {
    private let scale: Double
    private var delay: DelayLine

    /// Period of at least 1; the ratio is multiplied by `scale`.
    public init(period: Int, scale: Double) {
        delay = DelayLine(period)
        self.scale = scale
    }

    /// n.
    public var scratchCount: Int { delay.period }
    /// n.
    public var lookBack: Int { delay.period }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let older = delay.push(value, scratch)
        return older == 0 ? 0 * value : value / older * scale
    }

    /// The same over many rows.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        let scale = scale
        var line = delay
        line.advance(sources.first, sinks.first, count: count, scratch) { $1 == 0 ? 0 * $0 : $0 / $1 * scale }
        delay = line
    }
}
