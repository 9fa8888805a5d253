/// `trange()`: the larger of high and previous close, less the smaller of low and previous close (Wilder 1978).
/// TA-Lib TRANGE; look-back 1. A bar with a null in it is passed over.
public struct TrueRange: Kernel {
    private var previousClose = Double.nan

    /// Takes high, low, close.
    public init() {}

    /// 1.
    public var lookBack: Int { 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double { push(bar) }

    /// The close that the next bar's range reaches to, null before the first.
    @inline(__always)
    var reach: Double {
        get { previousClose }
        set { previousClose = newValue }
    }

    /// The range of a bar after a close.
    @inline(__always)
    static func spread(_ bar: Triple, after close: Double) -> Double {
        larger(close, bar.high) - smaller(close, bar.low)
    }

    /// The same without scratch.
    @inline(__always)
    mutating func push(_ bar: Triple) -> Double {
        let witness = bar.high + bar.low + bar.close
        guard witness == witness else { return .nan }
        let close = previousClose
        previousClose = bar.close
        guard close == close else { return .nan }
        return Self.spread(bar, after: close)
    }
}
