public import Market

/// What a portfolio was worth over time and what it earned, with the running peak and the deepest fall so far at every
/// point, so that a new value costs the same however long the curve is, and a restated one only what comes after it.
///
/// Returns are time-weighted: money that comes in or goes out is none. With equity E and net deposits D the return
/// of a period is r = (E_t − (D_t − D_{t−1})) / E_{t−1} − 1: a flow counts at the end of its period, after its gains.
/// `adjusted` is the curve of those returns, in the first point's money: equal to the equity while nothing flows.
public struct EquityCurve: Sendable {
    /// When each point was, in nanoseconds, rising.
    public private(set) var times: [Int64] = []
    /// Exact values and net deposits.
    private var money: [Money] = []
    private var deposits: [Money] = []
    /// What equity would be had nothing flowed since the first point, at every time.
    public private(set) var adjusted: [Double] = []
    /// `adjusted` over equity, once flows of the point are booked.
    private var factors: [Double] = []
    private var peaks: [Double] = []
    private var deepest: [Double] = []
    /// Index of the first point after the last one at or below 0: returns begin there.
    private var start = 0

    /// A curve without a point.
    public init() {}

    /// How many points there are.
    public var count: Int { times.count }

    /// Takes a value; one for a known time restates it, one in between is put in its place.
    public mutating func record(_ value: Money, deposits total: Money, at time: Timestamp) {
        let index = place(of: time.nanoseconds)
        if index < times.count && times[index] == time.nanoseconds {
            money[index] = value
            deposits[index] = total
        } else {
            times.insert(time.nanoseconds, at: index)
            money.insert(value, at: index)
            deposits.insert(total, at: index)
            adjusted.insert(0, at: index)
            factors.insert(1, at: index)
            peaks.insert(0, at: index)
            deepest.insert(0, at: index)
        }
        follow(from: index)
    }

    /// Forgets the oldest points beyond so many; the level of those that stay is kept.
    public mutating func keepNewest(_ limit: Int) {
        let extra = count - limit
        if extra <= 0 { return }
        times.removeFirst(extra)
        money.removeFirst(extra)
        deposits.removeFirst(extra)
        adjusted.removeFirst(extra)
        factors.removeFirst(extra)
        peaks.removeFirst(extra)
        deepest.removeFirst(extra)
        start = max(0, start - extra)
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
        var last: Int?
        for index in first..<times.count {
            adjust(index)
            if !isSound(index) { last = index }
            let before = index == 0 ? 0 : peaks[index - 1]
            peaks[index] = max(before, adjusted[index])
            let fall = peaks[index] > 0 ? adjusted[index] / peaks[index] - 1 : 0
            deepest[index] = min(index == 0 ? 0 : deepest[index - 1], fall)
        }
        start = last.map { $0 + 1 } ?? min(start, first)
        while start > 0 && isSound(start - 1) { start -= 1 }
    }

    /// Whether a return may begin at a point.
    private func isSound(_ index: Int) -> Bool { money[index] > .zero && adjusted[index] > 0 }

    private mutating func adjust(_ index: Int) {
        let equity = money[index].double
        adjusted[index] = equity
        factors[index] = 1
        guard index > 0 else { return }
        if money[index - 1] > .zero {
            let flow = deposits[index] - deposits[index - 1], factor = factors[index - 1]
            adjusted[index] = (money[index] - flow).double * factor
            // A flow changes the money, not the level; without one the factor stays to the bit.
            let isCarried = flow.isZero || equity <= 0 || adjusted[index] <= 0
            factors[index] = isCarried ? factor : adjusted[index] / equity
        } else if adjusted[index - 1] > 0 && equity > 0 {
            // All had been taken out: it goes on at the level it had.
            adjusted[index] = adjusted[index - 1]
            factors[index] = adjusted[index] / equity
        }
    }

    /// Fall from the peak now, 0 or negative; nil without a point.
    public var drawdown: Double? {
        guard let last = adjusted.last, let peak = peaks.last else { return nil }
        return peak > 0 ? last / peak - 1 : 0
    }

    /// Deepest fall so far, 0 or negative; nil without a point.
    public var maxDrawdown: Double? { deepest.last }

    /// Of the stretch above 0: the product of its returns, less 1; nil where there is none.
    public var totalReturn: Double? { start < count ? adjusted[count - 1] / adjusted[start] - 1 : nil }

    /// The stretch above 0 at the end, whose returns are defined, net of flows.
    public var usable: (times: [Int64], equity: [Double]) { (Array(times[start...]), Array(adjusted[start...])) }

    /// Every point as it was told, in money, with what came in or went out since the one before; the first point's flow
    /// is part of its value.
    public var moneyAndFlows: (times: [Int64], values: [Double], flows: [Double]) {
        let flows = deposits.indices.map { $0 == 0 ? 0 : (deposits[$0] - deposits[$0 - 1]).double }
        return (times, money.map(\.double), flows)
    }

    /// Change since the last value of a day (UTC) before the newest one's, net of flows; nil on the first day.
    public var daily: Money? {
        guard let last = times.last, let value = money.last else { return nil }
        return change(of: value, at: Timestamp(nanoseconds: last))
    }

    /// Change to a value after the newest point since the last one of a day (UTC) before its own, net of flows.
    public func change(of value: Money, at time: Timestamp) -> Money? {
        guard let total = deposits.last else { return nil }
        let day: Int64 = 86_400_000_000_000, last = time.nanoseconds
        let index = place(of: last - ((last % day) + day) % day)
        return index > 0 ? value - money[index - 1] - (total - deposits[index - 1]) : nil
    }

    /// Where a value after the newest point would stand, were it the next one and no money had flowed: the same work
    /// however long the curve is. Nil without a point.
    public func level(of value: Money) -> (totalReturn: Double?, drawdown: Double, maxDrawdown: Double)? {
        guard let factor = factors.last, let peak = peaks.last, let lowest = deepest.last else { return nil }
        let level = value.double * factor, top = max(peak, level)
        let fall = top > 0 ? level / top - 1 : 0
        return (start < count ? level / adjusted[start] - 1 : nil, fall, min(lowest, fall))
    }

    /// The newest values of `usable`, at most so many.
    public func latest(_ limit: Int) -> [Double] { Array(adjusted[max(start, count - limit)...]) }
}
