/// 2·wma(x,h) − wma(x,n) with h = ⌊n/2⌋, from one window of h bars.
///
/// The longer average needs no window of its own. Its newest h bars weigh n − h more than in the shorter one; the h
/// before them are the shorter window of h bars ago, whose weighted sum was kept; where n is odd one bar older than
/// both is left, with a weight of 1. The window of h bars ago had the pivot of the block before, which lies in the long
/// window too, so no difference is larger than that window's range.
/// Needs 3h doubles of scratch, and 2h more where n is odd.
struct HullDifference: Sendable {
    /// Bars of the longer average.
    let period: Int
    /// The shorter one's bars.
    private var window: WindowTrend
    /// What the plain sum of the newest h bars counts in the long weighted sum.
    private let excess: Double
    /// Σ of the weights that the h bars before them have there.
    private let olderWeights: Double
    /// 2/Σw of the short average less 1/Σw of the long one, and the latter.
    private let quick: Double
    private let inverse: Double
    private let isOdd: Bool
    private var oldest: DelayLine
    private var slot = 0
    private var pivot = 0.0
    /// The pivot, and what the other pivot of the long window takes off it.
    private var base = Double.nan

    /// Of at least 2 bars.
    init(_ period: Int) {
        self.period = period
        let half = period / 2
        let count = Double(half)
        window = WindowTrend(half)
        let short = count * (count + 1) / 2
        let long = Double(period) * Double(period + 1) / 2
        excess = Double(period - half)
        olderWeights = short + (excess - count) * count
        quick = 2 / short - 1 / long
        inverse = 1 / long
        isOdd = period != 2 * half
        oldest = DelayLine(2 * half)
    }

    var scratchCount: Int { 3 &* window.period &+ (isOdd ? 2 &* window.period : 0) }

    /// The difference, null while n bars are not there or one of them is null.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Double {
        let half = window.period
        let earlier = scratch + (2 &* half &+ slot)
        let sums = window.push(value, scratch)
        slot &+= 1
        if slot == half {
            slot = 0
            base = sums.pivot - olderWeights * (pivot - sums.pivot) * inverse
            pivot = sums.pivot
        }
        var older = earlier.pointee
        earlier.pointee = sums.weighted
        if isOdd {
            earlier.pointee = sums.weighted + sums.sum
            older += oldest.push(value, scratch + 3 &* half) - pivot
        }
        return base + (quick * sums.weighted - (excess * sums.sum + older) * inverse)
    }
}
