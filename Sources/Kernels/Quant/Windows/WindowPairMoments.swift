/// Sums of squares and products of two series over the last `period` pairs, about pivots that are in the window.
/// Blocks and pivots as in `WindowMoments`. Needs 5·`period` doubles of scratch.
struct WindowPairMoments: Sendable {
    let period: Int
    private var slot = 0
    private var pivotX = 0.0
    private var pivotY = 0.0
    private var head = Sums()

    /// Σdx, Σdy, Σdx², Σdy², Σdx·dy of differences from the pivots.
    struct Sums: Sendable {
        var x = 0.0
        var y = 0.0
        var xx = 0.0
        var yy = 0.0
        var xy = 0.0

        @inline(__always)
        mutating func add(_ dx: Double, _ dy: Double) {
            x += dx
            y += dy
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        }
    }

    init(_ period: Int) { self.period = period }

    var scratchCount: Int { 5 * period }

    /// Σ(x−x̄)², Σ(y−ȳ)², Σ(x−x̄)(y−ȳ); null while the window is not full or has a null in it.
    @inline(__always)
    mutating func push(_ x: Double, _ y: Double, _ scratch: Scratch) -> (xx: Double, yy: Double, xy: Double) {
        scratch[slot] = x
        scratch[period + slot] = y
        slot += 1
        var total = head
        if slot == period {
            total = fold(x, y, scratch)
        } else {
            head.add(x - pivotX, y - pivotY)
            total.x = scratch[slot] + head.x
            total.y = scratch[period + slot] + head.y
            total.xx = scratch[2 * period + slot] + head.xx
            total.yy = scratch[3 * period + slot] + head.yy
            total.xy = scratch[4 * period + slot] + head.xy
        }
        let count = Double(period)
        let xx = total.xx - total.x * total.x / count
        let yy = total.yy - total.y * total.y / count
        return (xx < 0 ? 0 : xx, yy < 0 ? 0 : yy, total.xy - total.x * total.y / count)
    }

    private mutating func fold(_ x: Double, _ y: Double, _ scratch: Scratch) -> Sums {
        pivotX = x
        pivotY = y
        slot = 0
        head = Sums()
        var total = Sums()
        var index = period - 1
        while index >= 0 {
            total.add(scratch[index] - x, scratch[period + index] - y)
            scratch[index] = total.x
            scratch[period + index] = total.y
            scratch[2 * period + index] = total.xx
            scratch[3 * period + index] = total.yy
            scratch[4 * period + index] = total.xy
            index -= 1
        }
        return total
    }
}
