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

    /// The same without scratch.
    @inline(__always)
    mutating func push(_ bar: Triple) -> Double {
        let witness = bar.high + bar.low + bar.close
        guard witness == witness else { return .nan }
        let close = previousClose
        previousClose = bar.close
        guard close == close else { return .nan }
        let top = close > bar.high ? close : bar.high
        let bottom = close < bar.low ? close : bar.low
        return top - bottom
    }
}
