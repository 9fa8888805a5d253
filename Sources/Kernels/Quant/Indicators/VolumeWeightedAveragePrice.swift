/// `vwap(n)`: Σ p·volume / Σ volume over n bars, p the typical price (high+low+close)/3. Beyond TA-Lib; default 14,
/// look-back n − 1; null where nothing was traded.
public struct VolumeWeightedAveragePrice: Kernel {
    private var sums: WindowSums

    /// Period of at least 1.
    public init(period: Int) { sums = WindowSums(period) }

    /// 2n.
    public var scratchCount: Int { sums.scratchCount }
    /// n − 1.
    public var lookBack: Int { sums.period - 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> Double {
        let (money, quantity) = sums.push(bar.typicalPrice * bar.volume, bar.volume, scratch)
        return quantity == 0 ? .nan : money / quantity
    }
}
