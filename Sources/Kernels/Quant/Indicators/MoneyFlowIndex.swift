/// `mfi(n)`: 100·P/(P+N), P and N the sums over n bars of typical price × volume on bars whose typical price rose or
/// fell (Quong and Soudack 1989). TA-Lib MFI; default 14, look-back n; 0 where P + N is 0.
public struct MoneyFlowIndex: Kernel {
    private var previous = Double.nan
    private var rising: WindowSum
    private var falling: WindowSum

    /// Period of at least 2.
    public init(period: Int) {
        rising = WindowSum(period)
        falling = WindowSum(period)
    }

    /// 2n.
    public var scratchCount: Int { 2 * rising.period }
    /// n.
    public var lookBack: Int { rising.period }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> Double {
        let price = bar.typicalPrice
        let change = price - previous
        previous = price
        let flow = price * bar.volume + (change - change)
        let positive = rising.push(change < 0 || change == 0 ? flow * 0 : flow, scratch)
        let negative = falling.push(change > 0 || change == 0 ? flow * 0 : flow, scratch + rising.period)
        let total = positive + negative
        return total == 0 ? 0 : 100 * (positive / total)
    }
}
