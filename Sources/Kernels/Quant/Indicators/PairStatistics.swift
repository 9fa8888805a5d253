/// `beta(x,y,n)`: slope of y's returns on x's returns, the newest n of each. TA-Lib BETA; default 5, look-back n; a
/// return on 0 is 0, and so is the slope where x does not move. Exact.
public struct Beta: Kernel {
    private var previous = Pair(.nan, .nan)
    private var window: WindowPairMoments

    /// Period of at least 1.
    public init(period: Int) { window = WindowPairMoments(period) }

    /// 6n.
    public var scratchCount: Int { window.scratchCount }
    /// n.
    public var lookBack: Int { window.period }

    /// Takes the next pair.
    @inline(__always)
    public mutating func step(_ pair: Pair, _ scratch: Scratch) -> Double {
        let x = previous.x == 0 ? 0 * pair.x : (pair.x - previous.x) / previous.x
        let y = previous.y == 0 ? 0 * pair.y : (pair.y - previous.y) / previous.y
        previous = pair
        let moments = window.push(x, y, scratch)
        return moments.xx == 0 ? 0 * moments.xy : moments.xy / moments.xx
    }
}

/// `correl(x,y,n)`: Pearson's correlation of the newest n pairs. TA-Lib CORREL; default 30, look-back n − 1; 0 where a
/// side is constant. Exact.
public struct Correlation: Kernel {
    private var window: WindowPairMoments

    /// Period of at least 1.
    public init(period: Int) { window = WindowPairMoments(period) }

    /// 6n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next pair.
    @inline(__always)
    public mutating func step(_ pair: Pair, _ scratch: Scratch) -> Double {
        let moments = window.push(pair.x, pair.y, scratch)
        let scale = moments.xx * moments.yy
        return scale == 0 ? 0 * moments.xy : moments.xy / scale.squareRoot()
    }
}
