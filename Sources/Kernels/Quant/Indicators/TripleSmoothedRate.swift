/// `trix(x,n)`: change in percent from bar to bar of the EMA of the EMA of the EMA of x (Hutson 1983). TA-Lib TRIX;
/// default 30, look-back 3(n − 1) + 1; 0 where the older value is 0. Converging. A null is passed over.
public struct TripleSmoothedRate: Kernel {
    private var averages: TripleExponentialAverage
    private var previous = Double.nan

    /// Period of at least 1.
    public init(period: Int) { averages = TripleExponentialAverage(period: period) }

    /// 3(n − 1) + 1.
    public var lookBack: Int { averages.lookBack + 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let current = averages.push(value).third
        guard current == current else { return .nan }
        let older = previous
        previous = current
        return older == 0 ? 0 : (current / older - 1) * 100
    }
}
