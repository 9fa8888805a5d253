/// `chaikin_money_flow(n)`: Σ money flow volume (as in `ad`)/Σ volume over n bars (Chaikin). Default 20, look-back n −
/// 1; 0 where nothing was traded. Exact.
public struct ChaikinMoneyFlow: Kernel {
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
        let spoiled = (bar.high - bar.high) + (bar.low - bar.low) + (bar.close - bar.close)
        let (flows, volumes) = sums.push(
            AccumulationDistribution.flow(bar) + spoiled, bar.volume + spoiled, scratch)
        return volumes == 0 ? 0 : flows / volumes
    }
}

/// `force_index(n)`: the EMA over n bars of (close − close before)·volume (Elder 1993). Default 13, look-back n.
/// Converging. A bar with a null in it is passed over.
public struct ForceIndex: Kernel {
    private var previousClose = Double.nan
    private var average: ExponentialMovingAverage

    /// Period of at least 1.
    public init(period: Int) { average = ExponentialMovingAverage(period: period) }

    /// n.
    public var lookBack: Int { average.lookBack + 1 }

    /// Takes the next close (x) and volume (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let witness = bar.x + bar.y
        guard witness == witness else { return .nan }
        let change = bar.x - previousClose
        previousClose = bar.x
        return average.push(change * bar.y)
    }
}

/// `ease_of_movement(n)`: mean over n bars of the change of (high + low)/2 times (high − low)/(volume/10⁸) (Arms 1983).
/// Default 14, look-back n; null while a bar without volume is in the window. Exact.
public struct EaseOfMovement: Kernel {
    private var previous = Double.nan
    private var sum: WindowSum

    /// Period of at least 1.
    public init(period: Int) { sum = WindowSum(period) }

    /// n.
    public var scratchCount: Int { sum.period }
    /// n.
    public var lookBack: Int { sum.period }

    /// Takes the next high, low and volume.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let middle = (bar.first + bar.second) / 2
        let change = middle - previous
        previous = middle
        let box = bar.third == 0 ? Double.nan : (bar.first - bar.second) / (bar.third / 1e8)
        return sum.push(change * box, scratch) / Double(sum.period)
    }
}

/// `klinger(fast,slow,signal)`: outputs `line`, EMA fast − EMA slow of the volume force, and `signal`, the EMA of it
/// (Klinger 1997).
///
/// The force is 100·t·volume·|2·d/c − 1|: t is 1 where high + low + close rose, else −1; d = high − low; c adds up d
/// while t stays the same, and is the last two d when it turns. Defaults 34, 55, 13; EMAs seeded with plain means;
/// look-backs slow and slow + signal − 1. Converging. A bar with a null in it is passed over.
public struct KlingerOscillator: Kernel {
    private var previousSum = Double.nan
    private var previousRange = Double.nan
    private var trend = 0.0
    private var cumulative = 0.0
    private var fast: ExponentialMovingAverage
    private var slow: ExponentialMovingAverage
    private var signal: ExponentialMovingAverage

    /// Periods of at least 1.
    public init(fast: Int, slow: Int, signal: Int) {
        self.fast = ExponentialMovingAverage(period: min(fast, slow))
        self.slow = ExponentialMovingAverage(period: max(fast, slow))
        self.signal = ExponentialMovingAverage(period: signal)
    }

    /// slow + signal − 1.
    public var lookBack: Int { lookBack(ofOutput: 1) }
    /// slow, and signal − 1 more for the signal.
    public func lookBack(ofOutput index: Int) -> Int { 1 + slow.lookBack + (index == 0 ? 0 : signal.lookBack) }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: PriceVolume, _ scratch: Scratch) -> TwoValues {
        let sum = bar.high + bar.low + bar.close
        let witness = sum + bar.volume
        guard witness == witness else { return .null }
        let range = bar.high - bar.low
        let before = (sum: previousSum, range: previousRange)
        previousSum = sum
        previousRange = range
        guard before.sum == before.sum else { return .null }
        let direction = sum > before.sum ? 1.0 : -1
        cumulative = direction == trend ? cumulative + range : before.range + range
        trend = direction
        let share = cumulative == 0 ? 0 : abs(2 * range / cumulative - 1)
        let force = 100 * direction * bar.volume * share
        let line = fast.push(force) - slow.push(force)
        return TwoValues(line, signal.push(line))
    }
}
