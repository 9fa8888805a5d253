/// Sums of squares and products of two series over the last `period` pairs, about pivots that are in the window.
/// Blocks and pivots as in `WindowMoments`, both series side by side in one vector. Needs 6·`period` doubles of scratch.
struct WindowPairMoments: Sendable {
    let period: Int
    private let inverse: Double
    private var slot = 0
    private var pivot = SIMD2<Double>.zero
    private var head = Sums()

    /// Σd, Σd² of both series and Σdx·dy, of differences from the pivots.
    private struct Sums: Sendable {
        var plain = SIMD2<Double>.zero
        var squares = SIMD2<Double>.zero
        var product = 0.0

        @inline(__always)
        mutating func add(_ difference: SIMD2<Double>) {
            plain += difference
            squares += difference * difference
            product += difference[0] * difference[1]
        }
    }

    init(_ period: Int) {
        self.period = period
        inverse = 1 / Double(period)
    }

    var scratchCount: Int { 6 &* period }

    /// Σ(x−x̄)², Σ(y−ȳ)², Σ(x−x̄)(y−ȳ); null while the window is not full or has a null in it.
    @inline(__always)
    mutating func push(_ x: Double, _ y: Double, _ scratch: Scratch) -> (xx: Double, yy: Double, xy: Double) {
        let value = SIMD2(x, y)
        Lanes.store(value, scratch, 3 &* slot)
        slot &+= 1
        var total = head
        if slot == period {
            total = fold(value, scratch)
        } else {
            head.add(value - pivot)
            total.plain = Lanes.load(scratch, 3 &* slot) + head.plain
            total.squares = Lanes.load(scratch, 3 &* slot &+ 1) + head.squares
            total.product = scratch[6 &* slot &+ 4] + head.product
        }
        let squares = total.squares - total.plain * total.plain * inverse
        let product = total.product - total.plain[0] * total.plain[1] * inverse
        return (squares[0] < 0 ? 0 : squares[0], squares[1] < 0 ? 0 : squares[1], product)
    }

    @inline(__always)
    private mutating func fold(_ value: SIMD2<Double>, _ scratch: Scratch) -> Sums {
        pivot = value
        slot = 0
        head = Sums()
        var total = Sums()
        var index = period &- 1
        while index >= 0 {
            total.add(Lanes.load(scratch, 3 &* index) - value)
            Lanes.store(total.plain, scratch, 3 &* index)
            Lanes.store(total.squares, scratch, 3 &* index &+ 1)
            scratch[6 &* index &+ 4] = total.product
            index &-= 1
        }
        return total
    }
}
