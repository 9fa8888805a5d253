/// Sums of two series over the last `period` bars: `WindowSum` twice, side by side in one vector. Needs 2·`period`
/// doubles of scratch, NaN at first.
struct WindowSums: Sendable {
    let period: Int
    private var slot = 0
    private var prefix = SIMD2<Double>.zero

    init(_ period: Int) { self.period = period }

    /// 2n.
    var scratchCount: Int { 2 &* period }

    @inline(__always)
    mutating func push(_ first: Double, _ second: Double, _ scratch: Scratch) -> (first: Double, second: Double) {
        let value = SIMD2(first, second)
        Lanes.store(value, scratch, slot)
        slot &+= 1
        let total: SIMD2<Double>
        if slot == period {
            total = fold(scratch)
        } else {
            prefix += value
            total = Lanes.load(scratch, slot) + prefix
        }
        return (total[0], total[1])
    }

    @inline(__always)
    private mutating func fold(_ scratch: Scratch) -> SIMD2<Double> {
        slot = 0
        prefix = .zero
        var total = prefix
        var index = period &- 1
        while index >= 0 {
            total += Lanes.load(scratch, index)
            Lanes.store(total, scratch, index)
            index &-= 1
        }
        return total
    }
}
