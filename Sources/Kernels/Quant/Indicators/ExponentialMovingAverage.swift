/// `ema(x,n)`: eₜ = eₜ₋₁ + k(xₜ − eₜ₋₁), k = 2/(n+1), seeded with the mean of the first n values. TA-Lib EMA in its
/// default mode; default 30, look-back n−1. A null is passed over: the answer is null and the state stays.
public struct ExponentialMovingAverage: SeededKernel {
    private let period: Int
    private let weight: Double
    private var seen = 0
    private var average = 0.0

    /// Period of at least 1; the weight is 2/(period+1).
    public init(period: Int) {
        self.period = period
        weight = 2 / Double(period + 1)
    }

    /// The same with a weight of its own, from 0 to 1.
    init(period: Int, weight: Double) {
        self.period = period
        self.weight = weight
    }

    /// n − 1.
    public var lookBack: Int { period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double { push(value) }

    /// True once the seed is complete.
    @inline(__always)
    public var isSeeded: Bool { seen >= period }

    /// Takes a number, the seed being complete.
    @inline(__always)
    public mutating func advance(_ value: Double) -> Double {
        average = (value - average) * weight + average
        return average
    }

    /// The same without scratch, for kernels made of averages.
    @inline(__always)
    mutating func push(_ value: Double) -> Double {
        guard value == value else { return .nan }
        if isSeeded { return advance(value) }
        seen += 1
        average += value
        guard seen == period else { return .nan }
        average /= Double(period)
        return average
    }
}
