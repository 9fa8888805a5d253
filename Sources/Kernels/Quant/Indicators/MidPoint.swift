/// `midpoint(x,n)`: (highest + lowest)/2 of the last n values. TA-Lib MIDPOINT; default 14, look-back n − 1. Exact.
public struct MidPoint: Kernel {
    private var window: WindowRange
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) { window = WindowRange(period) }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let range = window.push(value, value, scratch)
        return run.push(value, atLeast: window.period) ? (range.top + range.bottom) / 2 : .nan
    }
}

/// `midprice(n)`: (highest high + lowest low)/2 of the last n bars. TA-Lib MIDPRICE; default 14, look-back n − 1.
/// Exact.
public struct MidPrice: Kernel {
    private var window: WindowRange
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) { window = WindowRange(period) }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let range = window.push(bar.x, bar.y, scratch)
        return run.push(bar.x + bar.y, atLeast: window.period) ? (range.top + range.bottom) / 2 : .nan
    }
}

/// `minmax(x,n)`: outputs `min` and `max` of the last n values. TA-Lib MINMAX; default 30, look-back n − 1. Exact.
public struct MinMax: Kernel {
    private var window: WindowRange
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) { window = WindowRange(period) }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> TwoValues {
        let range = window.push(value, value, scratch)
        return run.push(value, atLeast: window.period) ? TwoValues(range.bottom, range.top) : .null
    }
}
