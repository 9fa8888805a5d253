/// `imi(n)`: 100·Σ(close − open of bars that rose)/Σ|close − open| over n bars (Chande 1994). TA-Lib IMI; default 14,
/// look-back n − 1; 50 where no bar moved. Exact.
public struct IntradayMomentum: Kernel {
    private var up: WindowSum
    private var all: WindowSum

    /// Period of at least 2.
    public init(period: Int) {
        up = WindowSum(period)
        all = WindowSum(period)
    }

    /// 2n.
    public var scratchCount: Int { 2 * up.period }
    /// n − 1.
    public var lookBack: Int { up.period - 1 }

    /// Takes the next open (x) and close (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let change = bar.y - bar.x
        let rise = (change + abs(change)) * 0.5
        let rises = up.push(rise, scratch)
        let moves = all.push(abs(change), scratch + up.period)
        return moves == 0 ? 50 : 100 * (rises / moves)
    }
}

/// `accbands(n)`: outputs `upper middle lower`: averages over n bars of high·(1 + 4w), close and low·(1 − 4w), w =
/// (high − low)/(high + low) (Headley 2002). TA-Lib ACCBANDS; default 20, look-back n − 1; w is 0 where high + low is.
/// Exact.
public struct AccelerationBands: Kernel {
    private let inverse: Double
    private var upper: WindowSum
    private var middle: WindowSum
    private var lower: WindowSum

    /// Period of at least 2.
    public init(period: Int) {
        upper = WindowSum(period)
        middle = WindowSum(period)
        lower = WindowSum(period)
        inverse = 1 / Double(period)
    }

    /// 3n.
    public var scratchCount: Int { 3 * upper.period }
    /// n − 1.
    public var lookBack: Int { upper.period - 1 }

    /// Takes the next bar; a null in it spoils all three.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> ThreeValues {
        let sum = bar.high + bar.low
        let width = sum == 0 ? 0 : 4 * (bar.high - bar.low) / sum
        let spoiled = (sum - sum) + (bar.close - bar.close)
        let period = upper.period
        let top = upper.push(bar.high * (1 + width) + spoiled, scratch) * inverse
        let centre = middle.push(bar.close + spoiled, scratch + period) * inverse
        let bottom = lower.push(bar.low * (1 - width) + spoiled, scratch + 2 * period) * inverse
        return ThreeValues(top, centre, bottom)
    }
}
