/// `midpoint(x,n)`: (highest + lowest)/2 of the last n values. TA-Lib MIDPOINT; default 14, look-back n − 1. Exact.
public struct MidPoint: Kernel {
    private var highest: WindowMaximum
    private var lowest: WindowMinimum
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) {
        highest = WindowMaximum(period)
        lowest = WindowMinimum(period)
    }

    /// 2n.
    public var scratchCount: Int { 2 * highest.period }
    /// n − 1.
    public var lookBack: Int { highest.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let sum = highest.push(value, scratch) + lowest.push(value, scratch + highest.period)
        return run.push(value, atLeast: highest.period) ? sum / 2 : .nan
    }
}

/// `midprice(n)`: (highest high + lowest low)/2 of the last n bars. TA-Lib MIDPRICE; default 14, look-back n − 1.
/// Exact.
public struct MidPrice: Kernel {
    private var highest: WindowMaximum
    private var lowest: WindowMinimum
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) {
        highest = WindowMaximum(period)
        lowest = WindowMinimum(period)
    }

    /// 2n.
    public var scratchCount: Int { 2 * highest.period }
    /// n − 1.
    public var lookBack: Int { highest.period - 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let sum = highest.push(bar.x, scratch) + lowest.push(bar.y, scratch + highest.period)
        return run.push(bar.x + bar.y, atLeast: highest.period) ? sum / 2 : .nan
    }
}

/// `minmax(x,n)`: outputs `min` and `max` of the last n values. TA-Lib MINMAX; default 30, look-back n − 1. Exact.
public struct MinMax: Kernel {
    private var highest: WindowMaximum
    private var lowest: WindowMinimum
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) {
        highest = WindowMaximum(period)
        lowest = WindowMinimum(period)
    }

    /// 2n.
    public var scratchCount: Int { 2 * highest.period }
    /// n − 1.
    public var lookBack: Int { highest.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> TwoValues {
        let top = highest.push(value, scratch)
        let bottom = lowest.push(value, scratch + highest.period)
        return run.push(value, atLeast: highest.period) ? TwoValues(bottom, top) : .null
    }
}
