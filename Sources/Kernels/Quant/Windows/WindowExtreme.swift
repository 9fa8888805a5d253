/// Largest value of the last `period` in constant time: suffix maxima of the block before, prefix maximum of this one.
/// Needs `period` doubles of scratch. Blind to nulls: a caller counts them with `ValidRun`.
struct WindowMaximum: Sendable {
    let period: Int
    private var slot = 0
    private var prefix = -Double.infinity

    init(_ period: Int) { self.period = period }

    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Double {
        scratch[slot] = value
        slot &+= 1
        if slot == period {
            slot = 0
            prefix = -.infinity
            var top = -Double.infinity
            var index = period &- 1
            while index >= 0 {
                let candidate = scratch[index]
                top = candidate > top ? candidate : top
                scratch[index] = top
                index &-= 1
            }
            return top
        }
        prefix = value > prefix ? value : prefix
        let tail = scratch[slot]
        return tail > prefix ? tail : prefix
    }
}

/// Smallest value of the last `period`: the mirror of `WindowMaximum`.
struct WindowMinimum: Sendable {
    private var mirrored: WindowMaximum

    init(_ period: Int) { mirrored = WindowMaximum(period) }

    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Double { -mirrored.push(-value, scratch) }
}

/// Counts the bars since the last null.
struct ValidRun: Sendable {
    private var length = 0

    /// Takes a value that is NaN when the bar has a null; true when at least `period` bars in a row had none.
    @inline(__always)
    mutating func push(_ witness: Double, atLeast period: Int) -> Bool {
        length = witness == witness ? length + 1 : 0
        return length >= period
    }
}
