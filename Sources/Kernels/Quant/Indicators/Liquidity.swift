/// `amihud(n)`: mean over n bars of |close/close before − 1|/(close·volume), not scaled (Amihud 2002). Default 20,
/// look-back n; null while a bar without trade is in the window. Exact.
public struct AmihudIlliquidity: Kernel {
    private var previousClose = Double.nan
    private var sum: WindowSum

    /// Period of at least 1.
    public init(period: Int) { sum = WindowSum(period) }

    /// n.
    public var scratchCount: Int { sum.period }
    /// n.
    public var lookBack: Int { sum.period }

    /// Takes the next close (x) and volume (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let change = bar.x / previousClose - 1
        previousClose = bar.x
        let impact = abs(change) / (bar.x * bar.y)
        return sum.push(impact.isFinite ? impact : .nan, scratch) / Double(sum.period)
    }
}

/// `roll_spread(x,n)`: 2·√−c, c the sample covariance of a change with the change before over n such pairs; 0 where c
/// is above 0 (Roll 1984). Default 20, look-back n + 1. Exact.
public struct RollSpread: Kernel {
    private var previous = Double.nan
    private var previousChange = Double.nan
    private var window: WindowPairMoments

    /// Period of at least 2.
    public init(period: Int) { window = WindowPairMoments(period) }

    /// 5n.
    public var scratchCount: Int { window.scratchCount }
    /// n + 1.
    public var lookBack: Int { window.period + 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let change = value - previous
        let before = previousChange
        previous = value
        previousChange = change
        let covariance = window.push(change, before, scratch).xy / Double(window.period - 1)
        return covariance > 0 ? 0 : 2 * (-covariance).squareRoot()
    }
}

/// `kyle_lambda(n)`: slope of the close's change on volume signed by that change, over n bars (Kyle 1985, estimated as
/// in Hasbrouck 2009). Default 20, look-back n; null where signed volume does not vary. Exact.
public struct KyleLambda: Kernel {
    private var previousClose = Double.nan
    private var window: WindowPairMoments

    /// Period of at least 2.
    public init(period: Int) { window = WindowPairMoments(period) }

    /// 5n.
    public var scratchCount: Int { window.scratchCount }
    /// n.
    public var lookBack: Int { window.period }

    /// Takes the next close (x) and volume (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let change = bar.x - previousClose
        previousClose = bar.x
        let signed = change > 0 ? bar.y : (change < 0 ? -bar.y : 0 * bar.y)
        let moments = window.push(signed, change, scratch)
        return moments.xx == 0 ? .nan : moments.xy / moments.xx
    }
}
