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
        let range = average.step(bar, scratch)
        if period == 1 { return range }
        guard range == range else { return .nan }
        return bar.close == 0 ? 0 : range / bar.close * 100
    }
}
