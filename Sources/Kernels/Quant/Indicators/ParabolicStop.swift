/// The rates of a parabolic stop for one direction.
struct Acceleration: Sendable {
    let first: Double
    let step: Double
    let largest: Double

    init(first: Double, step: Double, largest: Double) {
        self.first = min(first, largest)
        self.step = min(step, largest)
        self.largest = largest
    }
}

/// Parabolic stop and reverse (Wilder 1978): a stop that moves toward the extreme price of the trade by a share that
/// grows with each new extreme, never beyond the lows (highs) of two bars; when it is touched the trade turns round.
struct ParabolicStop: Sendable {
    private let long: Acceleration
    private let short: Acceleration
    private let startValue: Double
    private let offset: Double
    private var seen = 0
    private var high = 0.0
    private var low = 0.0
    private var extreme = 0.0
    private var stop = 0.0
    private var rate = 0.0
    /// Direction of the trade; true for long.
    private(set) var isLong = true

    init(long: Acceleration, short: Acceleration, startValue: Double = 0, offset: Double = 0) {
        self.long = long
        self.short = short
        self.startValue = startValue
        self.offset = offset
    }

    /// Takes a bar's high (x) and low (y). The first bar gives null; the direction starts short where the second bar
    /// moved down more than up, unless a start value says otherwise.
    @inline(__always)
    mutating func push(_ bar: Pair) -> Double {
        if seen < 2 {
            seen += 1
            if seen == 1 {
                high = bar.x
                low = bar.y
                return .nan
            }
            start(bar)
        }
        let previousHigh = high
        let previousLow = low
        high = bar.x
        low = bar.y
        return isLong ? trailLong(previousHigh, previousLow) : trailShort(previousHigh, previousLow)
    }

    private mutating func start(_ bar: Pair) {
        let down = low - bar.y
        isLong = startValue == 0 ? !(down > 0 && bar.x - high < down) : startValue > 0
        extreme = isLong ? bar.x : bar.y
        stop = startValue == 0 ? (isLong ? low : high) : abs(startValue)
        rate = isLong ? long.first : short.first
        // The first stop is held within the second bar alone.
        high = bar.x
        low = bar.y
    }

    @inline(__always)
    private mutating func trailLong(_ previousHigh: Double, _ previousLow: Double) -> Double {
        if low <= stop {
            isLong = false
            stop = larger(high, larger(previousHigh, extreme))
            if offset != 0 { stop += stop * offset }
            let answer = stop
            rate = short.first
            extreme = low
            stop += rate * (extreme - stop)
            stop = larger(high, larger(previousHigh, stop))
            return answer
        }
        let answer = stop
        // Both are taken without a branch, which would be wrong every other time.
        rate = high > extreme ? smaller(long.largest, rate + long.step) : rate
        extreme = larger(high, extreme)
        stop += rate * (extreme - stop)
        stop = smaller(low, smaller(previousLow, stop))
        return answer
    }

    @inline(__always)
    private mutating func trailShort(_ previousHigh: Double, _ previousLow: Double) -> Double {
        if high >= stop {
            isLong = true
            stop = smaller(low, smaller(previousLow, extreme))
            if offset != 0 { stop -= stop * offset }
            let answer = stop
            rate = long.first
            extreme = high
            stop += rate * (extreme - stop)
            stop = smaller(low, smaller(previousLow, stop))
            return answer
        }
        let answer = stop
        rate = low < extreme ? smaller(short.largest, rate + short.step) : rate
        extreme = smaller(low, extreme)
        stop += rate * (extreme - stop)
        stop = larger(high, larger(previousHigh, stop))
        return answer
    }
}

/// `sar(acceleration,maximum)`: Wilder's parabolic stop and reverse. TA-Lib SAR; defaults 0.02 and 0.2, look-back 1.
/// Depends on where the series starts. A bar with a null in it is passed over.
public struct ParabolicStopAndReverse: Kernel {
    private var stop: ParabolicStop

    /// The step of the acceleration and its largest value, both at least 0.
    public init(acceleration: Double, maximum: Double) {
        let rates = Acceleration(first: acceleration, step: acceleration, largest: maximum)
        stop = ParabolicStop(long: rates, short: rates)
    }

    /// 1.
    public var lookBack: Int { 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let witness = bar.x + bar.y
        return witness == witness ? stop.push(bar) : .nan
    }
}

/// `sarext(start,offset,init,step,max for long, init,step,max for short)`: the parabolic stop with rates apart for both
/// directions; short stops are negative. TA-Lib SAREXT; look-back 1. A start value above 0 opens long there, below 0
/// short; the offset moves the stop away at each reversal. Depends on where the series starts.
public struct ExtendedParabolicStop: Kernel {
    private var stop: ParabolicStop

    /// Values in TA-Lib's order, accelerations at least 0.
    public init(_ values: [Double]) {
        stop = ParabolicStop(
            long: Acceleration(first: values[2], step: values[3], largest: values[4]),
            short: Acceleration(first: values[5], step: values[6], largest: values[7]),
            startValue: values[0], offset: values[1])
    }

    /// 1.
    public var lookBack: Int { 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let witness = bar.x + bar.y
        guard witness == witness else { return .nan }
        let value = stop.push(bar)
        return stop.isLong ? value : -value
    }
}
