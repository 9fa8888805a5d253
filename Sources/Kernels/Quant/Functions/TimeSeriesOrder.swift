/// `ts_argmax(x,n)` and `ts_argmin(x,n)`: position of the extreme among the last n values, 1 the oldest; the oldest
/// among equals. The window is read again only when its extreme has left it.
struct TimeSeriesPosition: Kernel {
    private let period: Int
    private let sign: Double
    private var slot = 0
    private var time = 0
    private var best = -1
    private var bestValue = 0.0
    private var run = ValidRun()

    init(period: Int, ofLargest: Bool) {
        self.period = period
        sign = ofLargest ? 1 : -1
    }

    var scratchCount: Int { period }
    var lookBack: Int { period - 1 }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let signed = value * sign
        scratch[slot] = signed
        slot += 1
        if slot == period { slot = 0 }
        time += 1
        guard run.push(value, atLeast: period) else {
            best = -1
            return .nan
        }
        let oldest = time - period
        if best < oldest {
            let age = ageOfLargest(scratch)
            best = oldest + age
            bestValue = scratch[slot + age < period ? slot + age : slot + age - period]
        } else if signed > bestValue {
            best = time - 1
            bestValue = signed
        }
        return Double(best - oldest + 1)
    }

    /// How many values of the full window are older than its largest, the oldest of them where several are equal.
    @inline(__always)
    private func ageOfLargest(_ scratch: Scratch) -> Int {
        var pair = SIMD2(repeating: scratch[0])
        var index = 0
        while index &+ 2 <= period {
            pair = Lanes.larger(UnsafeRawPointer(scratch + index).loadUnaligned(as: SIMD2<Double>.self), pair)
            index &+= 2
        }
        var largest = larger(pair[0], pair[1])
        if index < period { largest = larger(scratch[index], largest) }
        var age = 0
        while age < period &- slot, scratch[slot &+ age] != largest { age &+= 1 }
        if slot &+ age < period { return age }
        while scratch[slot &+ age &- period] != largest { age &+= 1 }
        return age
    }
}

/// `ts_quantile(x,n,q)`: linear quantile of the last n values, kept in order as they come and go.
struct TimeSeriesQuantile: Kernel {
    private var window: SortedWindow
    private let place: QuantilePlace

    init(period: Int, fraction: Double) {
        window = SortedWindow(period)
        place = QuantilePlace(fraction, count: period)
    }

    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        _ = window.push(value, scratch)
        return window.isFull ? place.value(window, scratch) : .nan
    }
}

/// `ts_rank(x,n)`: rank of the newest of the last n values among them, ties averaged, scaled to (0,1].
struct TimeSeriesRank: Kernel {
    private var window: SortedWindow
    init(period: Int) { window = SortedWindow(period) }
    var scratchCount: Int { window.scratchCount }
    var lookBack: Int { window.period - 1 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let below = window.push(value, scratch)
        return window.isFull ? Self.rank(value, below: below, window, scratch) : .nan
    }

    /// Rank of the newest value of a full window, of whose values `below` are smaller.
    @inline(__always)
    static func rank(_ value: Double, below: Int, _ window: SortedWindow, _ scratch: Scratch) -> Double {
        let equal = window.equals(value, below: below, scratch)
        return (Double(below) + Double(equal + 1) / 2) / Double(window.period)
    }
}
