/// `t3(x,n,v)`: c₁e₆ + c₂e₅ + c₃e₄ + c₄e₃ of six EMAs, each of the one before, with c₁ = −v³, c₂ = 3v² + 3v³,
/// c₃ = −6v² − 3v − 3v³, c₄ = 1 + 3v + v³ + 3v² (Tillson 1998). TA-Lib T3; defaults 5 and 0.7, look-back 6(n − 1);
/// each EMA is seeded with the mean of its first n values. Converging. A null is passed over.
public struct TillsonAverage: Kernel {
    private let period: Int
    private let weights: (Double, Double, Double, Double)
    private var inner: TripleExponentialAverage
    private var outer: TripleExponentialAverage

    /// Period of at least 1; the volume factor is from 0 to 1.
    public init(period: Int, factor: Double) {
        self.period = period
        let square = factor * factor
        let cube = square * factor
        weights = (-cube, 3 * (square + cube), -6 * square - 3 * (factor + cube), 1 + 3 * factor + cube + 3 * square)
        inner = TripleExponentialAverage(period: period)
        outer = inner
    }

    /// 6(n − 1).
    public var lookBack: Int { 6 * (period - 1) }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let three = inner.push(value).third
        let next = outer.push(three)
        return ((weights.0 * next.third + weights.1 * next.second) + weights.2 * next.first) + weights.3 * three
    }
}
