/// `stddev(x,n,k)`: k population deviations (ddof 0) of the last n values. TA-Lib STDDEV; defaults 5 and 1, look-back
/// n − 1.
public struct StandardDeviation: Kernel {
    private let deviations: Double
    private let inverse: Double
    private var window: WindowMoments

    /// Period of at least 2; the answer is `deviations` times the deviation.
    public init(period: Int, deviations: Double) {
        window = WindowMoments(period)
        self.deviations = deviations
        inverse = 1 / Double(period)
    }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let variance = window.push(value, scratch).deviations * inverse
        return variance.squareRoot() * deviations
    }
}
