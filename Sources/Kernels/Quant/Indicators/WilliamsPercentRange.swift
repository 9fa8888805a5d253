/// `willr(n)`: −100·(H − close)/(H − L), H and L the highest high and lowest low of n bars (Williams 1973).
/// TA-Lib WILLR; default 14, look-back n − 1; 0 where H = L.
public struct WilliamsPercentRange: Kernel {
    private var window: WindowRange
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) { window = WindowRange(period) }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let (top, bottom) = window.push(bar.high, bar.low, scratch)
        guard run.push(bar.high + bar.low, atLeast: window.period) else { return .nan }
        let span = (top - bottom) / -100
        return span == 0 ? 0 * bar.close : (top - bar.close) / span
    }
}
