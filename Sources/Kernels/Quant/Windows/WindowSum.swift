/// Sum over the last `period` values in constant time, without ever subtracting.
///
/// Time is cut into blocks of `period`. Inside a block the window is the tail of the block before (its suffix sums,
/// made when that block was full) plus the head of this one (a running prefix). Nothing is taken off a running total,
/// so a huge value leaves no trace once it is out of the window, and a null spoils exactly the windows it is in.
/// Needs `period` doubles of scratch, NaN at first: that makes the first `period` − 1 sums null.
struct WindowSum: Sendable {
    let period: Int
    private var slot = 0
    private var prefix = 0.0

    init(_ period: Int) { self.period = period }

    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Double {
        scratch[slot] = value
        slot &+= 1
        if slot == period {
            slot = 0
            prefix = 0
            var total = 0.0
            var index = period &- 1
            while index >= 0 {
                total += scratch[index]
                scratch[index] = total
                index &-= 1
            }
            return total
        }
        prefix += value
        return scratch[slot] + prefix
    }
}
