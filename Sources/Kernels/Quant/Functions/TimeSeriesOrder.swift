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
            for age in 0..<period {
                let candidate = scratch[slot + age < period ? slot + age : slot + age - period]
                if age == 0 || candidate > bestValue {
                    best = oldest + age
                    bestValue = candidate
                }
            }
        } else if signed > bestValue {
            best = time - 1
            bestValue = signed
        }
        return Double(best - oldest + 1)
    }
}

/// `ts_quantile(x,n,q)`: linear quantile of the last n values, kept in order as they come and go.
struct TimeSeriesQuantile: Kernel {
    private let period: Int
    private let fraction: Double
    private var slot = 0
    private var count = 0

    init(period: Int, fraction: Double) {
        self.period = period
        self.fraction = fraction
    }

    var scratchCount: Int { 2 * period }
    var lookBack: Int { period - 1 }

    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double {
        let sorted = scratch + period
        let leaving = scratch[slot]
        scratch[slot] = value
        slot += 1
        if slot == period { slot = 0 }
        if leaving == leaving {
            var index = place(of: leaving, in: sorted)
            count -= 1
            while index < count {
                sorted[index] = sorted[index + 1]
                index += 1
            }
        }
        if value == value {
            var index = count
            while index > 0, sorted[index - 1] > value {
                sorted[index] = sorted[index - 1]
                index -= 1
            }
            sorted[index] = value
            count += 1
        }
        guard count == period else { return .nan }
        let rank = fraction * Double(period - 1)
        let low = Int(rank)
        let high = min(low + 1, period - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
    }

    /// First place that is not below a value.
    @inline(__always)
    private func place(of value: Double, in sorted: Scratch) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
