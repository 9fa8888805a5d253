/// First and second moments of the last `period` values about a pivot that is itself in the window.
///
/// Blocks as in `WindowSum`; when a block is full its last value becomes the pivot, and it stays in every window until
/// the next block is full. Differences are therefore never larger than the window's own range: no cancellation, and a
/// flat window has a deviation of exactly zero. Needs 2·`period` doubles of scratch.
struct WindowMoments: Sendable {
    let period: Int
    private var slot = 0
    private var pivot = 0.0
    private var sum = 0.0
    private var squares = 0.0

    private let inverse: Double

    init(_ period: Int) {
        self.period = period
        inverse = 1 / Double(period)
    }

    var scratchCount: Int { 2 * period }

    /// Mean of the window and Σ(x − mean)², both null while the window is not full.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> (mean: Double, deviations: Double) {
        scratch[slot] = value
        slot &+= 1
        let total: Double
        let totalSquares: Double
        if slot == period {
            fold(value, scratch)
            total = scratch[0]
            totalSquares = scratch[period]
        } else {
            let difference = value - pivot
            sum += difference
            squares += difference * difference
            total = scratch[slot] + sum
            totalSquares = scratch[period &+ slot] + squares
        }
        let shift = total * inverse
        let deviations = totalSquares - total * shift
        return (pivot + shift, deviations < 0 ? 0 : deviations)
    }

    @inline(__always)
    private mutating func fold(_ last: Double, _ scratch: Scratch) {
        pivot = last
        slot = 0
        sum = 0
        squares = 0
        var total = 0.0
        var totalSquares = 0.0
        var index = period &- 1
        while index >= 0 {
            let difference = scratch[index] - last
            total += difference
            totalSquares += difference * difference
            scratch[index] = total
            scratch[period &+ index] = totalSquares
            index &-= 1
        }
    }
}
