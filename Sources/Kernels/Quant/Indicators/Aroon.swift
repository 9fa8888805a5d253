/// Age in bars of the highest and the lowest value of a window; the newest among equals.
///
/// Blocks as in `WindowMaximum`, with positions beside the values. Needs 4·`period` doubles of scratch. Blind to nulls.
struct WindowPositions: Sendable {
    let period: Int
    private var slot = 0
    private var highest = -Double.infinity
    private var highestSlot = 0.0
    private var lowest = Double.infinity
    private var lowestSlot = 0.0

    init(_ period: Int) { self.period = period }

    var scratchCount: Int { 4 * period }

    /// Bars since the highest of the first and the lowest of the second series, 0 for the newest.
    @inline(__always)
    mutating func push(_ high: Double, _ low: Double, _ scratch: Scratch) -> (high: Double, low: Double) {
        let lows = scratch + 2 * period
        scratch[slot] = high
        lows[slot] = low
        let current = Double(slot)
        if high >= highest {
            highest = high
            highestSlot = current
        }
        if low <= lowest {
            lowest = low
            lowestSlot = current
        }
        slot += 1
        if slot == period {
            let answer = (current - highestSlot, current - lowestSlot)
            fold(scratch, lows)
            return answer
        }
        // A tail's position counts from the start of the block before.
        let tailAge = current + Double(period)
        let highAge = scratch[slot] > highest ? tailAge - scratch[period + slot] : current - highestSlot
        let lowAge = lows[slot] < lowest ? tailAge - lows[period + slot] : current - lowestSlot
        return (highAge, lowAge)
    }

    @inline(never)
    private mutating func fold(_ highs: Scratch, _ lows: Scratch) {
        slot = 0
        highest = -.infinity
        lowest = .infinity
        var top = -Double.infinity
        var bottom = Double.infinity
        var topSlot = 0.0
        var bottomSlot = 0.0
        var index = period - 1
        while index >= 0 {
            if highs[index] > top {
                top = highs[index]
                topSlot = Double(index)
            }
            if lows[index] < bottom {
                bottom = lows[index]
                bottomSlot = Double(index)
            }
            highs[index] = top
            highs[period + index] = topSlot
            lows[index] = bottom
            lows[period + index] = bottomSlot
            index -= 1
        }
    }
}

/// `aroon(n)`: outputs `down` and `up`: 100·(n − bars since the lowest low, highest high of n + 1 bars)/n (Chande
/// 1995). TA-Lib AROON; default 14, look-back n; the newest among equals counts. Exact.
public struct Aroon: Kernel {
    private let factor: Double
    private var positions: WindowPositions
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) {
        positions = WindowPositions(period + 1)
        factor = 100 / Double(period)
    }

    /// 4(n + 1).
    public var scratchCount: Int { positions.scratchCount }
    /// n.
    public var lookBack: Int { positions.period - 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> TwoValues {
        let ages = positions.push(bar.x, bar.y, scratch)
        guard run.push(bar.x + bar.y, atLeast: positions.period) else { return .null }
        let period = Double(positions.period - 1)
        return TwoValues(factor * (period - ages.low), factor * (period - ages.high))
    }
}

/// `aroonosc(n)`: `aroon(n).up` less `aroon(n).down`. TA-Lib AROONOSC; default 14, look-back n. Exact.
public struct AroonOscillator: Kernel {
    private let factor: Double
    private var positions: WindowPositions
    private var run = ValidRun()

    /// Period of at least 2.
    public init(period: Int) {
        positions = WindowPositions(period + 1)
        factor = 100 / Double(period)
    }

    /// 4(n + 1).
    public var scratchCount: Int { positions.scratchCount }
    /// n.
    public var lookBack: Int { positions.period - 1 }

    /// Takes the next high (x) and low (y).
    @inline(__always)
    public mutating func step(_ bar: Pair, _ scratch: Scratch) -> Double {
        let ages = positions.push(bar.x, bar.y, scratch)
        guard run.push(bar.x + bar.y, atLeast: positions.period) else { return .nan }
        return factor * (ages.low - ages.high)
    }
}
