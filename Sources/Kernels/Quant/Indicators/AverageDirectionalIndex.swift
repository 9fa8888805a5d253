/// `adx(n)`: Wilder's average of DX = 100·|+DI − −DI|/(+DI + −DI) (Wilder 1978).
///
/// TA-Lib ADX: directional movements and true range are summed over bars 1…n−1, then smoothed as s − s/n + x; the first
/// ADX is the mean of the next n values of DX. Default 14, look-back 2n − 1. A bar with a null is passed over.
public struct AverageDirectionalIndex: Kernel {
    private let period: Int
    private let keep: Double
    private let take: Double
    private var seen = 0
    private var previous = Triple(0, 0, 0)
    private var minus = 0.0
    private var plus = 0.0
    private var range = 0.0
    private var average = 0.0

    /// Period of at least 2.
    public init(period: Int) {
        self.period = period
        keep = Double(period - 1) / Double(period)
        take = 1 / Double(period)
    }

    /// 2n − 1.
    public var lookBack: Int { 2 * period - 1 }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> Double {
        let witness = bar.high + bar.low + bar.close
        guard witness == witness else { return .nan }
        let up = bar.high - previous.high
        let down = previous.low - bar.low
        let top = previous.close > bar.high ? previous.close : bar.high
        let bottom = previous.close < bar.low ? previous.close : bar.low
        previous = bar
        let minusMove = masked(larger(down, 0), down > up)
        let plusMove = masked(larger(up, 0), up > down)
        if seen < 2 * period {
            return warmUp(minusMove, plusMove, top - bottom)
        }
        smooth(minusMove, plusMove, top - bottom)
        let index = directionalIndex()
        if index >= 0 { average = average * keep + index * take }
        return average
    }

    @inline(__always)
    private mutating func smooth(_ minusMove: Double, _ plusMove: Double, _ trueRange: Double) {
        minus = minus * keep + minusMove
        plus = plus * keep + plusMove
        range = range * keep + trueRange
    }

    /// DX, or −1 where nothing has moved: such a bar leaves the average alone.
    @inline(__always)
    private func directionalIndex() -> Double {
        let total = plus + minus
        guard range != 0, total != 0 else { return -1 }
        return 100 * (abs(minus - plus) / total)
    }

    @inline(__always)
    private mutating func warmUp(_ minusMove: Double, _ plusMove: Double, _ trueRange: Double) -> Double {
        seen += 1
        if seen == 1 { return .nan }
        if seen <= period {
            minus += minusMove
            plus += plusMove
            range += trueRange
            return .nan
        }
        smooth(minusMove, plusMove, trueRange)
        let index = directionalIndex()
        if index >= 0 { average += index }
        guard seen == 2 * period else { return .nan }
        average /= Double(period)
        return average
    }
}
