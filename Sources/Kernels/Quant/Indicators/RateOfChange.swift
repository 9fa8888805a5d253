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
}
