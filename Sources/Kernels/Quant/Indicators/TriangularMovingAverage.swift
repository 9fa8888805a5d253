/// `trima(x,n)`: mean with weights that rise to the middle of the window and fall again: the simple average over
/// ⌊n/2⌋ + 1 bars of the one over ⌈n/2⌉. TA-Lib TRIMA; default 30, look-back n − 1. Exact.
public struct TriangularMovingAverage: Kernel {
    private let scale: Double
    private var inner: WindowSum
    private var outer: WindowSum

    /// Period of at least 1.
    public init(period: Int) {
        let short = (period + 1) / 2
        let long = period / 2 + 1
        inner = WindowSum(short)
        outer = WindowSum(period % 2 == 0 ? long : short)
        scale = 1 / (Double(inner.period) * Double(outer.period))
    }

    /// n + 1.
    public var scratchCount: Int { inner.period + outer.period }
    /// n − 1.
    public var lookBack: Int { inner.period + outer.period - 2 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        outer.push(inner.push(value, scratch), scratch + inner.period) * scale
    }
}
