/// The largest value of one series and the smallest of another over the last `period` bars: `WindowMaximum` of the
/// first and of the second's mirror image, side by side in one vector. Needs 2·`period` doubles of scratch. Blind to
/// nulls: a caller counts them with `ValidRun`.
struct WindowRange: Sendable {
    let period: Int
    private var slot = 0
    private var prefix = SIMD2<Double>(repeating: -.infinity)

    init(_ period: Int) { self.period = period }

    /// 2n.
    var scratchCount: Int { 2 &* period }

    @inline(__always)
    mutating func push(_ high: Double, _ low: Double, _ scratch: Scratch) -> (top: Double, bottom: Double) {
        let value = SIMD2(high, -low)
        Lanes.store(value, scratch, slot)
        slot &+= 1
        let best: SIMD2<Double>
        if slot == period {
            best = fold(scratch)
        } else {
            prefix = Lanes.larger(value, prefix)
            best = Lanes.larger(Lanes.load(scratch, slot), prefix)
        }
        return (best[0], -best[1])
    }

    @inline(__always)
    private mutating func fold(_ scratch: Scratch) -> SIMD2<Double> {
        slot = 0
        prefix = SIMD2(repeating: -.infinity)
        var best = prefix
        var index = period &- 1
        while index >= 0 {
            best = Lanes.larger(Lanes.load(scratch, index), best)
            Lanes.store(best, scratch, index)
            index &-= 1
        }
        return best
    }
}

/// Two numbers a bar, in one vector.
enum Lanes {
    /// Pair `index` of some memory.
    @inline(__always)
    static func load(_ memory: Scratch, _ index: Int) -> SIMD2<Double> {
        UnsafeRawPointer(memory + 2 &* index).loadUnaligned(as: SIMD2<Double>.self)
    }

    /// Writes pair `index`.
    @inline(__always)
    static func store(_ value: SIMD2<Double>, _ memory: Scratch, _ index: Int) {
        UnsafeMutableRawPointer(memory + 2 &* index).storeBytes(of: value, as: SIMD2<Double>.self)
    }

    /// Lane by lane the first where it is larger, else the second, also for a NaN. Written number by number: so it
    /// becomes one instruction, where a mask takes four.
    @inline(__always)
    static func larger(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1])
    }

    /// Lane by lane the first where it is smaller, else the second, also for a NaN.
    @inline(__always)
    static func smaller(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1])
    }
}
