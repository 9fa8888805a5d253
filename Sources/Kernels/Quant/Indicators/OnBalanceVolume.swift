/// `obv()`: running volume, added when the close rises and taken off when it falls; the first value is the first
/// volume (Granville 1963). TA-Lib OBV; look-back 0. Depends on where the series starts. A null is passed over.
public struct OnBalanceVolume: Kernel {
    private var previous = Double.nan
    private var total = 0.0

    /// Takes close and volume.
    public init() {}

    /// 0.
    public var lookBack: Int { 0 }

    /// Takes the next close (x) and volume (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let witness = bar.x + bar.y
        guard witness == witness else { return .nan }
        // Without a branch, which would be wrong every other time; the first close is not at or below a null.
        total += masked(bar.y, !(bar.x <= previous)) - masked(bar.y, bar.x < previous)
        previous = bar.x
        return total
    }
}
