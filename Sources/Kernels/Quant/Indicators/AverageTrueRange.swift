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

    /// True once the seed is complete.
    @inline(__always)
    var isSeeded: Bool { seen >= period }

    /// Takes a number, the seed being complete.
    @inline(__always)
    mutating func advance(_ value: Double) -> Double {
        let average = kept + value * take
        kept = average * keep
        return average
    }

    @inline(__always)
    mutating func push(_ value: Double) -> Double {
        guard value == value else { return .nan }
        if isSeeded { return advance(value) }
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

    /// The same over many rows; a null ends the inner loop.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        advance(sources, count: count) { row, _, value in sinks.first[row] = value }
    }

    /// Hands row, close and average over, null where there is none.
    @inline(__always)
    mutating func advance(_ sources: Sources, count: Int, _ take: (Int, Double, Double) -> Void) {
        var kernel = self
        var row = 0
        while row < count {
            var close = kernel.range.reach
            if kernel.average.isSeeded, close == close {
                while row < count {
                    let bar = Triple(sources, row)
                    let witness = bar.high + bar.low + bar.close
                    guard witness == witness else { break }
                    take(row, bar.close, kernel.average.advance(TrueRange.spread(bar, after: close)))
                    close = bar.close
                    row &+= 1
                }
                kernel.range.reach = close
            }
            if row < count {
                let bar = Triple(sources, row)
                take(row, bar.close, kernel.average.push(kernel.range.push(bar)))
                row &+= 1
            }
        }
        self = kernel
    }
}
