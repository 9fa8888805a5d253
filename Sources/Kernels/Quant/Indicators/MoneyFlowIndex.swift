/// `mfi(n)`: 100·P/(P+N), P and N the sums over n bars of typical price × volume on bars whose typical price rose or
/// fell (Quong and Soudack 1989). TA-Lib MFI; default 14, look-back n; 0 where P + N is 0.
public struct MoneyFlowIndex: Kernel {
    private var previous = Double.nan
    private var sums: WindowSums

    /// Period of at least 2.
    public init(period: Int) { sums = WindowSums(period) }

    /// 2n.
    public var scratchCount: Int { sums.scratchCount }
    /// n.
    public var lookBack: Int { sums.period }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> Double {
        let price = bar.typicalPrice
        let change = price - previous
        previous = price
        let flow = price * bar.volume + (change - change)
        let none = flow * 0
        let (positive, negative) = sums.push(change <= 0 ? none : flow, change >= 0 ? none : flow, scratch)
        let total = positive + negative
        return total == 0 ? 0 : 100 * (positive / total)
    }
}
