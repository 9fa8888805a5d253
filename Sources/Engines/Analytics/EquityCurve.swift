import Market

/// What a portfolio was worth over time, with the running peak and the deepest fall so far at every point, so that a
/// new value costs the same however long the curve is, and a restated one only what comes after it.
struct EquityCurve: Sendable {
    private(set) var times: [Int64] = []
    /// Exact values, and the same as numbers for statistics.
    private(set) var money: [Money] = []
    private(set) var equity: [Double] = []
    private var peaks: [Double] = []
    private var deepest: [Double] = []
    /// Index of the first point after the last value at or below 0: returns begin there.
    private var start = 0

    var count: Int { times.count }

    /// Takes a value; one for a known time restates it, one in between is put in its place.
    mutating func record(_ value: Money, at time: Timestamp) {
        let index = place(of: time.nanoseconds)
        if index < times.count && times[index] == time.nanoseconds {
            money[index] = value
            equity[index] = value.double
        } else {
            times.insert(time.nanoseconds, at: index)
            money.insert(value, at: index)
            equity.insert(value.double, at: index)
            peaks.insert(0, at: index)
            deepest.insert(0, at: index)
            if index < start { start += 1 }
        }
        if value <= .zero { start = max(start, index + 1) }
        while start > 0 && equity[start - 1] > 0 { start -= 1 }
        follow(from: index)
    }

    /// The first index whose time is not before `time`.
    private func place(of time: Int64) -> Int {
        if let last = times.last, last < time { return times.count }
        var low = 0, high = times.count
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func follow(from first: Int) {
        for index in first..<times.count {
            let before = index == 0 ? 0 : peaks[index - 1]
            peaks[index] = max(before, equity[index])
            let fall = peaks[index] > 0 ? equity[index] / peaks[index] - 1 : 0
            deepest[index] = min(index == 0 ? 0 : deepest[index - 1], fall)
        }
    }

    /// Fall from the peak now, 0 or negative; nil without a point.
    var drawdown: Double? {
        guard let last = equity.last, let peak = peaks.last else { return nil }
        return peak > 0 ? last / peak - 1 : 0
    }

    /// Deepest fall so far, 0 or negative; nil without a point.
    var maxDrawdown: Double? { deepest.last }

    /// Of the stretch above 0: the newest value over the first, less 1; nil where there is none.
    var totalReturn: Double? { start < count ? equity[count - 1] / equity[start] - 1 : nil }

    /// The stretch above 0 at the end, whose returns are defined.
    var usable: (times: [Int64], equity: [Double]) { (Array(times[start...]), Array(equity[start...])) }

    /// Change since the last value of a day (UTC) before the newest one's; nil on the first day.
    var daily: Money? {
        guard let last = times.last, let value = money.last else { return nil }
        let day: Int64 = 86_400_000_000_000
        let index = place(of: last - ((last % day) + day) % day)
        return index > 0 ? value - money[index - 1] : nil
    }
}
