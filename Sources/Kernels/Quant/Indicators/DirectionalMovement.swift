/// Wilder's smoothed directional movements and true range (Wilder 1978), as TA-Lib has them: summed over bars 1…n−1,
/// then s − s/n + x. A bar with a null in it is passed over.
struct DirectionalMovement: Sendable {
    let period: Int
    private let keep: Double
    private var seen = 0
    private var previous = Triple(0, 0, 0)
    private(set) var plus = 0.0
    private(set) var minus = 0.0
    private(set) var range = 0.0

    init(period: Int) {
        self.period = period
        keep = Double(period - 1) / Double(period)
    }

    /// Takes the next bar; the number of bars taken, counted to n + 1, or nil for a null bar.
    @inline(__always)
    mutating func push(_ bar: Triple) -> Int? {
        let witness = bar.high + bar.low + bar.close
        guard witness == witness else { return nil }
        let up = bar.high - previous.high
        let down = previous.low - bar.low
        let top = previous.close > bar.high ? previous.close : bar.high
        let bottom = previous.close < bar.low ? previous.close : bar.low
        previous = bar
        let minusMove = masked(larger(down, 0), down > up)
        let plusMove = masked(larger(up, 0), up > down)
        if seen <= period {
            seen += 1
            if seen == 1 { return seen }
            if seen <= period {
                minus += minusMove
                plus += plusMove
                range += top - bottom
                return seen
            }
        }
        minus = minus * keep + minusMove
        plus = plus * keep + plusMove
        range = range * keep + (top - bottom)
        return seen
    }
}

/// What is read off the smoothed movements of a bar.
protocol DirectionalReading: Sendable {
    /// The value; `before` is that of the bar before, 0 at first.
    static func value(_ movement: DirectionalMovement, before: Double) -> Double
}

/// `plus_di(n)`: 100·+DM/TR, 0 where nothing has moved. TA-Lib PLUS_DI; a share instead of percent for n = 1, as there.
enum PlusIndicator: DirectionalReading {
    @inline(__always)
    static func value(_ movement: DirectionalMovement, before: Double) -> Double {
        movement.range == 0 ? 0 : movement.plus / movement.range * (movement.period == 1 ? 1 : 100)
    }
}

/// `minus_di(n)`: 100·−DM/TR, 0 where nothing has moved. TA-Lib MINUS_DI; a share instead of percent for n = 1, as
/// there.
enum MinusIndicator: DirectionalReading {
    @inline(__always)
    static func value(_ movement: DirectionalMovement, before: Double) -> Double {
        movement.range == 0 ? 0 : movement.minus / movement.range * (movement.period == 1 ? 1 : 100)
    }
}

/// `dx(n)`: 100·|+DM − −DM|/(+DM + −DM); where nothing has moved the value of the bar before, 0 at first. TA-Lib DX.
enum DirectionalIndex: DirectionalReading {
    @inline(__always)
    static func value(_ movement: DirectionalMovement, before: Double) -> Double {
        let total = movement.plus + movement.minus
        return movement.range == 0 || total == 0 ? before : 100 * (abs(movement.minus - movement.plus) / total)
    }
}

/// `plus_di(n)`, `minus_di(n)` and `dx(n)` over high, low and close (Wilder 1978). Default 14, look-back n. Converging.
struct DirectionalKernel<Reading: DirectionalReading>: Kernel {
    private var movement: DirectionalMovement
    private var before = 0.0

    /// Period of at least 1.
    init(period: Int) { movement = DirectionalMovement(period: period) }

    var lookBack: Int { movement.period }

    @inline(__always)
    mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        guard let seen = movement.push(bar), seen > movement.period else { return .nan }
        before = Reading.value(movement, before: before)
        return before
    }
}

/// `plus_dm(n)` and `minus_dm(n)`: the smoothed movement itself, over high and low (Wilder 1978). TA-Lib PLUS_DM and
/// MINUS_DM; default 14, look-back n − 1, at least 1. Converging. A bar with a null in it is passed over.
struct MovementKernel: Kernel {
    private let isUp: Bool
    private var movement: DirectionalMovement

    /// Period of at least 1; `isUp` for the movement upward.
    init(period: Int, isUp: Bool) {
        movement = DirectionalMovement(period: period)
        self.isUp = isUp
    }

    var lookBack: Int { max(1, movement.period - 1) }

    @inline(__always)
    mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        guard let seen = movement.push(Triple(bar.x, bar.y, bar.x)), seen > lookBack else { return .nan }
        return isUp ? movement.plus : movement.minus
    }
}

/// `adxr(n)`: mean of `adx(n)` and its value n − 1 bars ago (Wilder 1978). TA-Lib ADXR; default 14, look-back 3n − 2.
/// Converging.
public struct AverageDirectionalRating: Kernel {
    private let period: Int
    private var index: AverageDirectionalIndex
    private var delay: DelayLine

    /// Period of at least 2.
    public init(period: Int) {
        self.period = period
        index = AverageDirectionalIndex(period: period)
        delay = DelayLine(period - 1)
    }

    /// n − 1.
    public var scratchCount: Int { period - 1 }
    /// 3n − 2.
    public var lookBack: Int { 3 * period - 2 }

    /// Takes the next bar; one with a null in it is passed over.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let current = index.step(bar, scratch)
        guard current == current else { return .nan }
        return (current + delay.push(current, scratch)) / 2
    }
}
