/// `sma(x,n)`: mean of the last n values. TA-Lib SMA; default 30, look-back n−1.
public struct SimpleMovingAverage: Kernel {
    private var window: WindowSum

    /// Mean of the last `period` values, at least 1.
    public init(period: Int) { window = WindowSum(period) }

    /// n.
    public var scratchCount: Int { window.period }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        window.push(value, scratch) / Double(window.period)
    }
}
