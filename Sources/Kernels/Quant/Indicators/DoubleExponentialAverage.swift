/// `dema(x,n)`: 2·e₁ − e₂, e₁ the EMA of x and e₂ the EMA of e₁, each seeded with the mean of its first n values
/// (Mulloy 1994). TA-Lib DEMA; default 30, look-back 2(n − 1). Converging. A null is passed over.
public struct DoubleExponentialAverage: Kernel {
    private let period: Int
    private var first: ExponentialMovingAverage
    private var second: ExponentialMovingAverage

    /// Period of at least 1.
    public init(period: Int) {
        self.period = period
        first = ExponentialMovingAverage(period: period)
        second = first
    }

    /// 2(n − 1).
    public var lookBack: Int { 2 * (period - 1) }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        if second.isSeeded {
            let one = first.advance(value)
            return 2 * one - second.advance(one)
        }
        let one = first.push(value)
        return 2 * one - second.push(one)
    }
}

/// `tema(x,n)`: 3·e₁ − 3·e₂ + e₃, EMAs of EMAs as in `dema` (Mulloy 1994). TA-Lib TEMA; default 30, look-back 3(n − 1).
/// Converging. A null is passed over.
public struct TripleExponentialAverage: Kernel {
    private let period: Int
    private var first: ExponentialMovingAverage
    private var second: ExponentialMovingAverage
    private var third: ExponentialMovingAverage

    /// Period of at least 1.
    public init(period: Int) {
        self.period = period
        first = ExponentialMovingAverage(period: period)
        second = first
        third = first
    }

    /// 3(n − 1).
    public var lookBack: Int { 3 * (period - 1) }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let averages = push(value)
        return (3 * averages.first - 3 * averages.second) + averages.third
    }

    /// The three averages; the third is null until its seed is complete.
    @inline(__always)
    mutating func push(_ value: Double) -> (first: Double, second: Double, third: Double) {
        guard value == value else { return (.nan, .nan, .nan) }
        if third.isSeeded {
            let one = first.advance(value)
            let two = second.advance(one)
            return (one, two, third.advance(two))
        }
        let one = first.push(value)
        let two = second.push(one)
        return (one, two, third.push(two))
    }
}
