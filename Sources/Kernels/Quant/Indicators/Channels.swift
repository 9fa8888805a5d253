/// `keltner(n,multiplier,atr)`: outputs `upper middle lower`: the EMA of the close over n bars plus and minus
/// multiplier times Wilder's average true range (Keltner 1960, in Raschke's form). Defaults 20, 2, 10; look-back the
/// longer of the two. Converging. A bar with a null in it is passed over.
public struct KeltnerChannel: Kernel {
    private let multiplier: Double
    private let period: Int
    private var average: ExponentialMovingAverage
    private var range: AverageTrueRange

    /// Periods of at least 1.
    public init(period: Int, multiplier: Double, range: Int) {
        self.period = period
        self.multiplier = multiplier
        average = ExponentialMovingAverage(period: period)
        self.range = AverageTrueRange(period: range)
    }

    /// The longer of n − 1 and the range's.
    public var lookBack: Int { max(period - 1, range.lookBack) }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> ThreeValues {
        let witness = bar.high + bar.low + bar.close
        guard witness == witness else { return .null }
        let middle = average.push(bar.close)
        let reach = range.step(bar, scratch) * multiplier
        guard middle == middle, reach == reach else { return .null }
        return ThreeValues(middle + reach, middle, middle - reach)
    }
}

/// `donchian(n)`: outputs `upper middle lower`: the highest high and lowest low of n bars and their mean (Donchian
/// 1960). Default 20, look-back n − 1. Exact.
public struct DonchianChannel: Kernel {
    private var window: WindowRange
    private var run = ValidRun()

    /// Period of at least 1.
    public init(period: Int) { window = WindowRange(period) }

    /// 2n.
    public var scratchCount: Int { window.scratchCount }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> ThreeValues {
        let (top, bottom) = window.push(bar.x, bar.y, scratch)
        guard run.push(bar.x + bar.y, atLeast: window.period) else { return .null }
        return ThreeValues(top, (top + bottom) / 2, bottom)
    }
}

/// `elder_ray(n)`: outputs `bull` (high less the EMA of the close) and `bear` (low less it) (Elder 1993). Default 13,
/// look-back n − 1. Converging. A bar with a null in it is passed over.
public struct ElderRay: Kernel {
    private var average: ExponentialMovingAverage

    /// Period of at least 1.
    public init(period: Int) { average = ExponentialMovingAverage(period: period) }

    /// n − 1.
    public var lookBack: Int { average.lookBack }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> TwoValues {
        let witness = bar.high + bar.low + bar.close
        guard witness == witness else { return .null }
        let middle = average.push(bar.close)
        return TwoValues(bar.high - middle, bar.low - middle)
    }
}
