/// `natr(n)`: 100·atr(n)/close (Forman 2006). TA-Lib NATR; default 14, look-back n; 0 where the close is 0, and for a
/// period of 1 the bare true range, as TA-Lib has it.
public struct NormalizedAverageTrueRange: Kernel {
    private let period: Int
    private var average: AverageTrueRange

    /// Period of at least 1.
    public init(period: Int) {
        self.period = period
        average = AverageTrueRange(period: period)
    }

    /// n.
    public var lookBack: Int { average.lookBack }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        Self.share(average.step(bar, scratch), of: bar.close, period)
    }

    @inline(__always)
    private static func share(_ range: Double, of close: Double, _ period: Int) -> Double {
        if period == 1 { return range }
        guard range == range else { return .nan }
        return close == 0 ? 0 : range / close * 100
    }

    /// The same over many rows.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        let period = period
        average.advance(sources, count: count) { row, close, range in
            sinks.first[row] = Self.share(range, of: close, period)
        }
    }
}
