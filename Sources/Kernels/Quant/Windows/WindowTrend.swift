/// Plain and linearly weighted sums of the last `period` values about a pivot that is in the window.
///
/// Weights run from 1 (oldest) to `period` (newest). Blocks and pivots as in `WindowMoments`: the tail of the block
/// before is Σ(m−k+1)·x of a suffix. The head is summed twice, which weighs its newest value with 1 and its oldest the
/// most: (`period`+1) times its sum less that is what it weighs in the window. Either is of values in the window alone
/// and at most twice what they weigh there, so what is taken off costs no more than a digit, and a flat window has a
/// weighted sum of exactly zero. Needs 2·`period` doubles of scratch.
struct WindowTrend: Sendable {
    /// The pivot, Σ(x − pivot) and Σ weight·(x − pivot).
    typealias Sums = (pivot: Double, sum: Double, weighted: Double)

    let period: Int
    /// The period and 1.
    private let beyond: Double
    private var slot = 0
    private var pivot = 0.0
    private var sum = 0.0
    private var summed = 0.0

    init(_ period: Int) {
        self.period = period
        beyond = Double(period + 1)
    }

    var scratchCount: Int { 2 * period }

    /// Takes the next value.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Sums {
        scratch[slot] = value
        slot &+= 1
        if slot == period {
            fold(value, scratch)
            return (pivot, scratch[0], scratch[period])
        }
        sum += value - pivot
        summed += sum
        return (pivot, scratch[slot] + sum, scratch[period &+ slot] + (beyond * sum - summed))
    }

    @inline(__always)
    private mutating func fold(_ last: Double, _ scratch: Scratch) {
        pivot = last
        slot = 0
        sum = 0
        summed = 0
        var total = 0.0
        var totalWeighted = 0.0
        var index = period &- 1
        while index >= 0 {
            total += scratch[index] - last
            totalWeighted += total
            scratch[index] = total
            scratch[period &+ index] = totalWeighted
            index &-= 1
        }
    }

    /// Slope of the least-squares line of such a window, a bar being one unit of time.
    @inline(__always)
    static func slope(period: Int, sum: Double, weighted: Double) -> Double {
        let count = Double(period)
        return (12 * weighted - 6 * (count + 1) * sum) / (count * (count * count - 1))
    }
}
