/// 2·wma(x,h) − wma(x,n) with h = ⌊n/2⌋, from one window of h bars.
///
/// The longer average needs no window of its own. Its newest h bars weigh n − h more than in the shorter one; the h
/// before them are the shorter window of h bars ago, whose weighted sum was kept; where n is odd one bar older than
/// both is left, with a weight of 1. Blocks and pivots are those of `WindowTrend`. The window of h bars ago had the
/// pivot of the block before, which lies in the long window too, so no difference is larger than that window's range.
/// Needs 3h doubles of scratch, and 2h more where n is odd.
struct HullDifference: Sendable {
    /// Bars of the longer average.
    let period: Int
    /// Bars of the shorter one.
    private let half: Int
    private let count: Double
    /// What the plain sum of the newest h bars counts in the long weighted sum.
    private let excess: Double
    /// Σ of the weights that the h bars before them have there.
    private let olderWeights: Double
    /// 2/Σw of the short average less 1/Σw of the long one, and the latter.
    private let quick: Double
    private let inverse: Double
    private var oldest: DelayLine
    private var slot = 0
    /// The slot as a number.
    private var place = 0.0
    private var pivot = 0.0
    /// The pivot, and what the other pivot of the long window takes off it.
    private var base = Double.nan
    private var sum = 0.0
    private var weighted = 0.0

    /// Of at least 2 bars.
    init(_ period: Int) {
        self.period = period
        half = period / 2
        count = Double(half)
        let short = count * (count + 1) / 2
        let long = Double(period) * Double(period + 1) / 2
        excess = Double(period - half)
        olderWeights = short + (excess - count) * count
        quick = 2 / short - 1 / long
        inverse = 1 / long
        oldest = DelayLine(2 * half)
    }

    private var isOdd: Bool { excess != count }

    var scratchCount: Int { 3 &* half &+ (isOdd ? 2 &* half : 0) }

    /// The difference, null while n bars are not there or one of them is null.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Double {
        let earlier = scratch + (2 &* half &+ slot)
        scratch[2 &* slot] = value
        slot &+= 1
        place += 1
        let plain: Double
        let rising: Double
        if slot == half {
            fold(value, scratch)
            plain = scratch[0]
            rising = scratch[1]
        } else {
            let difference = value - pivot
            sum += difference
            weighted += place * difference
            let tail = Lanes.load(scratch, slot)
            plain = tail[0] + sum
            rising = tail[1] + weighted + (count - place) * sum
        }
        var older = earlier.pointee
        earlier.pointee = rising
        if isOdd {
            earlier.pointee = rising + plain
            older += oldest.push(value, scratch + 3 &* half) - pivot
        }
        return base + (quick * rising - (excess * plain + older) * inverse)
    }

    @inline(__always)
    private mutating func fold(_ last: Double, _ scratch: Scratch) {
        base = last - olderWeights * (pivot - last) * inverse
        pivot = last
        slot = 0
        place = 0
        sum = 0
        weighted = 0
        var total = 0.0
        var totalWeighted = 0.0
        var index = half &- 1
        while index >= 0 {
            total += scratch[2 &* index] - last
            totalWeighted += total
            Lanes.store(SIMD2(total, totalWeighted), scratch, index)
            index &-= 1
        }
    }
}
