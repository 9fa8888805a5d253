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
        slot += 1
        if slot == period { slot = 0 }
        return oldest
    }
}
