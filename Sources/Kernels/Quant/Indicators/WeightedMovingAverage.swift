/// `wma(x,n)`: Σ w·x / Σ w with w from 1 (oldest) to n (newest). TA-Lib WMA; default 30, look-back n−1.
/// The same numbers as the `decay_linear` of the alpha literature.
public struct WeightedMovingAverage: Kernel {
    private var window: WindowTrend
    /// 1/Σw.
    private let inverse: Double

    /// Weighted mean of the last `period` values, at least 1.
    public init(period: Int) {
        window = WindowTrend(period)
        inverse = 2 / (Double(period) * Double(period + 1))
    }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let trend = window.push(value, scratch)
        return trend.pivot + trend.weighted * inverse
    }
}
