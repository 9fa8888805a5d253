/// `imi(n)`: 100·Σ(close − open of bars that rose)/Σ|close − open| over n bars (Chande 1994). TA-Lib IMI; default 14,
/// look-back n − 1; 50 where no bar moved. Exact.
public struct IntradayMomentum: Kernel {
    private var sums: WindowSums

    /// Period of at least 2.
    public init(period: Int) { sums = WindowSums(period) }

    /// 2n.
    public var scratchCount: Int { sums.scratchCount }
    /// n − 1.
    public var lookBack: Int { sums.period - 1 }

    /// Takes the next open (x) and close (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let change = bar.y - bar.x
        let rise = (change + abs(change)) * 0.5
        let (rises, moves) = sums.push(rise, abs(change), scratch)
        return moves == 0 ? 50 : 100 * (rises / moves)
    }
}

/// `accbands(n)`: outputs `upper middle lower`: averages over n bars of high·(1 + 4w), close and low·(1 − 4w), w =
/// (high − low)/(high + low) (Headley 2002). TA-Lib ACCBANDS; default 20, look-back n − 1; w is 0 where high + low is.
/// Exact.
public struct AccelerationBands: Kernel {
    private let inverse: Double
    private var bands: WindowSums
    private var middle: WindowSum

    /// Period of at least 2.
    public init(period: Int) {
        bands = WindowSums(period)
        middle = WindowSum(period)
        inverse = 1 / Double(period)
    }

    /// 3n.
    public var scratchCount: Int { 3 * middle.period }
    /// n − 1.
    public var lookBack: Int { middle.period - 1 }

    /// Takes the next bar; a null in it spoils all three.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> ThreeValues {
        let sum = bar.high + bar.low
        let width = sum == 0 ? 0 : 4 * (bar.high - bar.low) / sum
        let spoiled = (sum - sum) + (bar.close - bar.close)
        let (top, bottom) = bands.push(
            bar.high * (1 + width) + spoiled, bar.low * (1 - width) + spoiled, scratch)
        let centre = middle.push(bar.close + spoiled, scratch + bands.scratchCount)
        return ThreeValues(top * inverse, centre * inverse, bottom * inverse)
    }
}
