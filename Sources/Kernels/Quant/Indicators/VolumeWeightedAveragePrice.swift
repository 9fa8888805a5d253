/// `vwap(n)`: Σ p·volume / Σ volume over n bars, p the typical price (high+low+close)/3. Beyond TA-Lib; default 14,
/// look-back n − 1; null where nothing was traded.
public struct VolumeWeightedAveragePrice: Kernel {
    private var turnover: WindowSum
    private var volume: WindowSum

    /// Period of at least 1.
    public init(period: Int) {
        turnover = WindowSum(period)
        volume = WindowSum(period)
    }

    /// 2n.
    public var scratchCount: Int { 2 * turnover.period }
    /// n − 1.
    public var lookBack: Int { turnover.period - 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> Double {
        let money = turnover.push(bar.typicalPrice * bar.volume, scratch)
        let quantity = volume.push(bar.volume, scratch + turnover.period)
        return quantity == 0 ? .nan : money / quantity
    }
}
