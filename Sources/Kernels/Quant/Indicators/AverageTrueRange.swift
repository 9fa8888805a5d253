/// Wilder's average: aₜ = (aₜ₋₁·(n−1) + xₜ)/n, seeded with the mean of the first n values; a null is passed over.
struct WilderAverage: Sendable {
    let period: Int
    private let keep: Double
    private let take: Double
    private var seen = 0
    private var average = 0.0

    init(_ period: Int) {
        self.period = period
        keep = Double(period - 1) / Double(period)
        take = 1 / Double(period)
    }

    @inline(__always)
    mutating func push(_ value: Double) -> Double {
        guard value == value else { return .nan }
        if seen >= period {
            average = average * keep + value * take
            return average
        }
        seen += 1
        average += value
        guard seen == period else { return .nan }
        average /= Double(period)
        return average
    }
}

/// `atr(n)`: Wilder's average of the true range, seeded with the mean of the true ranges of bars 1…n (Wilder 1978).
/// TA-Lib ATR; default 14, look-back n.
public struct AverageTrueRange: Kernel {
    private var range = TrueRange()
    private var average: WilderAverage

    /// Period of at least 1.
    public init(period: Int) { average = WilderAverage(period) }

    /// n.
    public var lookBack: Int { average.period }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double { average.push(range.push(bar)) }
}
