/// A moving average whose kind is chosen by TA-Lib's number, as `bbands` and `stoch` take it.
struct MovingAverage: Sendable {
    private var kind: Kind

    private enum Kind: Sendable {
        case simple(SimpleMovingAverage)
        case exponential(ExponentialMovingAverage)
        case weighted(WeightedMovingAverage)
    }

    /// TA-Lib's names of the kinds, by number.
    static let names = ["SMA", "EMA", "WMA", "DEMA", "TEMA", "TRIMA", "KAMA", "MAMA", "T3"]
    /// Largest number that `init` takes.
    static let supported = 2

    /// Kind 0 is SMA, 1 EMA, 2 WMA; the catalogue has refused every other.
    init(kind: Int, period: Int) {
        switch kind {
        case 1: self.kind = .exponential(ExponentialMovingAverage(period: period))
        case 2: self.kind = .weighted(WeightedMovingAverage(period: period))
        default: self.kind = .simple(SimpleMovingAverage(period: period))
        }
    }

    /// Room for whichever kind.
    static func scratchCount(period: Int) -> Int { 2 * period }

    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Double {
        switch kind {
        case .simple(var average):
            let result = average.step(value, scratch)
            kind = .simple(average)
            return result
        case .exponential(var average):
            let result = average.push(value)
            kind = .exponential(average)
            return result
        case .weighted(var average):
            let result = average.step(value, scratch)
            kind = .weighted(average)
            return result
        }
    }
}
