/// The value `period` bars ago, from a ring of `period` doubles of scratch.
struct DelayLine: Sendable {
    let period: Int
    private var slot = 0

    init(_ period: Int) { self.period = period }

    /// Takes the newest value and answers the one `period` bars before it, null while there is none.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Double {
        let oldest = scratch[slot]
        scratch[slot] = value
        slot &+= 1
        if slot == period { slot = 0 }
        return oldest
    }

    /// Batch form of so many rows: `value` of the newest value and of the one `period` bars before it, which is read
    /// where it is as soon as it lies in the same piece.
    @inline(__always)
    mutating func advance(
        _ source: UnsafePointer<Double>, _ sink: UnsafeMutablePointer<Double>, count: Int, _ scratch: Scratch,
        _ value: (_ newest: Double, _ older: Double) -> Double
    ) {
        let head = min(period, count)
        for row in 0..<head { sink[row] = value(source[row], push(source[row], scratch)) }
        guard count > head else { return }
        for row in head..<count { sink[row] = value(source[row], source[row &- head]) }
        slot = (slot &+ count) % period
        var place = slot
        for row in count &- head..<count {
            scratch[place] = source[row]
            place &+= 1
            if place == period { place = 0 }
        }
    }
}
