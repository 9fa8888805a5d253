/// The last `period` values in rising order, the oldest first among equals.
///
/// The values lie in order in memory and all of them are gone through at each bar, four at a time and without a branch:
/// the one that leaves is passed over, the one that comes is clamped in between its neighbours. A search would be fewer
/// steps, but steps that wait for one another and that no processor guesses. A null takes the place of an infinity
/// while it is in the window. Needs `scratchCount` doubles of scratch.
struct SortedWindow: Sendable {
    let period: Int
    /// The period made a multiple of four.
    private let width: Int
    private var slot = 0
    private var isReady = false
    /// Values of the window that are not null.
    private(set) var count = 0

    init(_ period: Int) {
        self.period = period
        width = (period &+ 3) & ~3
    }

    /// The ring, the values in order, and an infinity behind them.
    var scratchCount: Int { period &+ width &+ 1 }

    /// True while no null is in the window and it is full.
    @inline(__always)
    var isFull: Bool { count == period }

    /// Value number `index` of a full window.
    @inline(__always)
    func value(_ index: Int, _ scratch: Scratch) -> Double { scratch[period &+ index] }

    /// Takes the newest value and answers how many of the window are smaller.
    @inline(__always)
    mutating func push(_ value: Double, _ scratch: Scratch) -> Int {
        let sorted = scratch + period
        if !isReady {
            isReady = true
            sorted.update(repeating: .infinity, count: width &+ 1)
        }
        let leaving = scratch[slot]
        scratch[slot] = value
        slot &+= 1
        if slot == period { slot = 0 }
        count = count &+ bit(value == value) &- bit(leaving == leaving)
        let old = SIMD2(repeating: leaving == leaving ? leaving : .infinity)
        let new = SIMD2(repeating: value == value ? value : .infinity)
        var before = -Double.infinity
        var below = SIMD2<Int64>.zero
        /// Two more places, from where the values are that come there if one is passed over.
        func place(_ index: Int) {
            let memory = UnsafeMutableRawPointer(sorted + index)
            let here = memory.loadUnaligned(as: SIMD2<Double>.self)
            let next = (memory + 8).loadUnaligned(as: SIMD2<Double>.self)
            let kept = next.replacing(with: here, where: here .< old)
            let placed = Lanes.larger(SIMD2(before, kept[0]), Lanes.smaller(new, kept))
            before = kept[1]
            memory.storeBytes(of: placed, as: SIMD2<Double>.self)
            below &-= unsafeBitCast(placed .< new, to: SIMD2<Int64>.self)
        }
        var index = 0
        while index < width {
            place(index)
            place(index &+ 2)
            index &+= 4
        }
        return Int(below[0] &+ below[1])
    }

    /// How many values of a full window equal the one that `below` values are smaller than.
    @inline(__always)
    func equals(_ value: Double, below: Int, _ scratch: Scratch) -> Int {
        var end = below
        while end < period, scratch[period &+ end] == value { end &+= 1 }
        return end &- below
    }
}

/// Where a quantile lies between two values of a sorted window: linear interpolation, numpy's default.
struct QuantilePlace: Sendable {
    private let low: Int
    private let high: Int
    private let share: Double

    /// The quantile `fraction` of `count` values.
    init(_ fraction: Double, count: Int) {
        let rank = fraction * Double(count - 1)
        low = Int(rank)
        high = min(low + 1, count - 1)
        share = rank - Double(low)
    }

    /// The quantile of a full window.
    @inline(__always)
    func value(_ window: SortedWindow, _ scratch: Scratch) -> Double {
        let lower = window.value(low, scratch)
        return lower + (window.value(high, scratch) - lower) * share
    }
}
