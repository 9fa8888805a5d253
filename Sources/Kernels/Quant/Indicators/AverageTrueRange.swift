/// Wilder's average: aₜ = (aₜ₋₁·(n−1) + xₜ)/n, seeded with the mean of the first n values; a null is passed over.
struct WilderAverage: Sendable {
    let period: Int
    private let keep: Double
    private let take: Double
    private var seen = 0
    /// The sum of the first values; once they are there the newest average times (n − 1)/n. Kept multiplied, the
    /// product is not made beside that of the next value, where the compiler would put both into one vector.
    private var kept = 0.0

    init(_ period: Int) {
        self.period = period
        keep = Double(period - 1) / Double(period)
        take = 1 / Double(period)
    }

    @inline(__always)
    mutating func push(_ value: Double) -> Double {
        guard value == value else { return .nan }
        if seen >= period {
            let average = kept + value * take
            kept = average * keep
            return average
        }
        seen += 1
        kept += value
        guard seen == period else { return .nan }
        let average = kept / Double(period)
        kept = average * keep
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
