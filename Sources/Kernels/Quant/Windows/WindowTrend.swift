/// Plain and linearly weighted sums of the last `period` values about a pivot that is in the window.
///
/// Weights run from 1 (oldest) to `period` (newest). Blocks and pivots as in `WindowMoments`: the tail of the block
/// before is Σ(m−k+1)·x of a suffix, the head is Σ(m+1)·x moved up by the bars still to come. Every weight added is
/// positive. Needs 2·`period` doubles of scratch.
struct WindowTrend: Sendable {
    let period: Int
    private let count: Double
    private var slot = 0
    /// The slot as a number.
    private var place = 0.0
    private var pivot = 0.0
    private var sum = 0.0
    private var weighted = 0.0

    init(_ period: Int) {
        self.period = period
        count = Double(period)
    }

    var scratchCount: Int { 2 * period }

    /// The pivot, Σ(x − pivot) and Σ weight·(x − pivot).
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> (pivot: Double, sum: Double, weighted: Double) {
        scratch[2 &* slot] = value
        slot &+= 1
        place += 1
        if slot == period {
            fold(value, scratch)
            return (pivot, scratch[0], scratch[1])
        }
        let difference = value - pivot
        sum += difference
        weighted += place * difference
        let tail = Lanes.load(scratch, slot)
        return (pivot, tail[0] + sum, tail[1] + weighted + (count - place) * sum)
    }

    @inline(__always)
    private mutating func fold(_ last: Double, _ scratch: Scratch) {
        pivot = last
        slot = 0
        place = 0
        sum = 0
        weighted = 0
        var total = 0.0
        var totalWeighted = 0.0
        var index = period &- 1
        while index >= 0 {
            total += scratch[2 &* index] - last
            totalWeighted += total
            Lanes.store(SIMD2(total, totalWeighted), scratch, index)
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
