/// The mean price of the last dominant cycle, smoothed with weights 4 3 2 1.
struct CycleMean: Sendable {
    /// Prices kept.
    static let length = 50
    /// Doubles of scratch: a ring written twice.
    static let scratchCount = 2 * length

    private var slot = 0
    private var means = (0.0, 0.0, 0.0)

    /// Takes a price before the transform runs.
    @inline(__always)
    mutating func gather(_ price: Double, _ scratch: Scratch) {
        slot = slot == 0 ? Self.length - 1 : slot - 1
        scratch[slot] = price
        scratch[slot + Self.length] = price
    }

    /// The trend line after the newest gathered price.
    @inline(__always)
    mutating func value(period: Double, _ scratch: Scratch) -> Double {
        let count = HilbertTransform.wholeBars(period, atMost: Self.length)
        let prices = scratch + slot
        var even = 0.0
        var odd = 0.0
        var index = 0
        while index &+ 2 <= count {
            even += prices[index]
            odd += prices[index &+ 1]
            index &+= 2
        }
        if index < count { even += prices[index] }
        let mean = count > 0 ? (even + odd) / Double(count) : 0
        let line = (((4 * mean + 3 * means.2) + 2 * means.1) + means.0) / 10
        means = (means.1, means.2, mean)
        return line
    }
}

/// `ht_trendline(x)`: the price without its dominant cycle: means over whole cycles, smoothed (Ehlers 2001). TA-Lib
/// HT_TRENDLINE; look-back 63. Converging. A null is passed over.
public struct HilbertTrendline: Kernel {
    private var transform = HilbertTransform(lookBack: HilbertTransform.longLookBack)
    private var mean = CycleMean()
    private var left = HilbertTransform.longLookBack

    /// Takes one series.
    public init() {}

    /// 124.
    public var scratchCount: Int { HilbertTransform.scratchCount + CycleMean.scratchCount }
    /// 63.
    public var lookBack: Int { HilbertTransform.longLookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        transform.push(value, scratch)
        let prices = scratch + HilbertTransform.scratchCount
        mean.gather(value, prices)
        let line = transform.isRunning ? mean.value(period: transform.smoothPeriod, prices) : .nan
        if left > 0 {
            left -= 1
            return .nan
        }
        return line
    }
}

/// `ht_trendmode(x)`: 1 where the series trends, 0 where it cycles (Ehlers 2001).
///
/// TA-Lib HT_TRENDMODE: a cycle for half a period after the sine lines cross, and while the phase moves at the cycle's
/// own pace; a trend in any case where the smoothed price is 1.5 % or more off the trend line. Look-back 63.
/// Converging. A null is passed over.
public struct HilbertTrendMode: Kernel {
    private var cycle = HilbertCycle()
    private var mean = CycleMean()
    private var previousPhase = 0.0
    private var previous = TwoValues(0, 0)
    private var days = 0

    /// Takes one series.
    public init() {}

    /// 228.
    public var scratchCount: Int { HilbertCycle.scratchCount + CycleMean.scratchCount }
    /// 63.
    public var lookBack: Int { HilbertTransform.longLookBack }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        guard value == value else { return .nan }
        let isReady = cycle.push(value, scratch)
        let prices = scratch + HilbertCycle.scratchCount
        mean.gather(value, prices)
        guard cycle.transform.isRunning else { return .nan }
        let mode = judge(line: mean.value(period: cycle.transform.smoothPeriod, prices))
        return isReady ? mode : .nan
    }

    @inline(__always)
    private mutating func judge(line: Double) -> Double {
        let period = cycle.transform.smoothPeriod
        let sines = HilbertSine.sines(cycle.phase.degrees)
        let crossed = (sines.first > sines.second && previous.first <= previous.second)
            || (sines.first < sines.second && previous.first >= previous.second)
        let turn = cycle.phase.degrees - previousPhase
        previousPhase = cycle.phase.degrees
        previous = sines
        days = crossed ? 1 : days + 1
        var isTrend = !crossed && Double(days) >= 0.5 * period
        if period != 0, turn > 0.67 * 360 / period, turn < 1.5 * 360 / period { isTrend = false }
        if line != 0, abs((cycle.transform.smoothed - line) / line) >= 0.015 { isTrend = true }
        return isTrend ? 1 : 0
    }
}
