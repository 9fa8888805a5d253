public import Market
import Numerics

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
    /// The newest of the points that were forgotten.
    private var forgotten: Point?

    /// A point with the sums up to it.
    private struct Point {
        let time: Int64, money: Money, deposits: Money
        let adjusted: Double, factor: Double, peak: Double, deepest: Double
    }

    /// A curve without a point.
    public init() {}

    /// How many points there are.
    public var count: Int { times.count }

    /// Takes a value; one for a known time restates it, one in between is put in its place, and one of before the points
    /// that are kept is passed over.
    public mutating func record(_ value: Money, deposits total: Money, at time: Timestamp) {
        record([(value, total, time)])
    }

    /// Takes values in any order; the later of one time restates the earlier. What comes after them is followed once.
    public mutating func record(_ values: [(value: Money, deposits: Money, time: Timestamp)]) {
        var first = count
        for one in values where forgotten.map({ one.time.nanoseconds > $0.time }) ?? true {
            first = min(first, put(one.value, one.deposits, at: one.time))
        }
        follow(from: first)
    }

    /// Where it was put.
    private mutating func put(_ value: Money, _ total: Money, at time: Timestamp) -> Int {
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
        return index
    }

    /// Forgets the oldest points beyond so many; the level of those that stay is kept.
    public mutating func keepNewest(_ limit: Int) {
        let extra = count - limit
        if extra <= 0 { return }
        forgotten = before(extra)
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
    private func place(of time: Int64) -> Int { times.firstPlace { $0 >= time } }

    /// The point before one; nil where there was none.
    private func before(_ index: Int) -> Point? {
        guard index > 0 else { return forgotten }
        return Point(
            time: times[index - 1], money: money[index - 1], deposits: deposits[index - 1], adjusted: adjusted[index - 1],
            factor: factors[index - 1], peak: peaks[index - 1], deepest: deepest[index - 1])
    }

    private mutating func follow(from first: Int) {
        var last: Int?
        for index in first..<times.count {
            let before = before(index)
            adjust(index, after: before)
            if !isSound(index) { last = index }
            peaks[index] = max(before?.peak ?? 0, adjusted[index])
            let fall = peaks[index] > 0 ? adjusted[index] / peaks[index] - 1 : 0
            deepest[index] = min(before?.deepest ?? 0, fall)
        }
        start = last.map { $0 + 1 } ?? min(start, first)
        while start > 0 && isSound(start - 1) { start -= 1 }
    }

    /// Whether a return may begin at a point.
    private func isSound(_ index: Int) -> Bool { money[index] > .zero && adjusted[index] > 0 }

    private mutating func adjust(_ index: Int, after before: Point?) {
        let equity = money[index].double
        adjusted[index] = equity
        factors[index] = 1
        guard let before else { return }
        if before.money > .zero {
            let flow = deposits[index] - before.deposits, factor = before.factor
            adjusted[index] = (money[index] - flow).double * factor
            // A flow changes the money, not the level; without one the factor stays to the bit.
            let isCarried = flow.isZero || equity <= 0 || adjusted[index] <= 0
            factors[index] = isCarried ? factor : adjusted[index] / equity
        } else if before.adjusted > 0 && equity > 0 {
            // All had been taken out: it goes on at the level it had.
            adjusted[index] = before.adjusted
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

    /// When the day (UTC) of a time began, both in nanoseconds.
    public static func startOfDay(_ time: Int64) -> Int64 {
        let day: Int64 = 86_400_000_000_000
        return time - ((time % day) + day) % day
    }

    /// The last point of each day (UTC) of `usable`, at most so many of the newest; its first point is the start before
    /// them. Found by halving, so that it costs the days that are asked for and not the points of each.
    private func dayEnds(_ limit: Int) -> [Int] {
        var places: [Int] = [], index = count - 1
        while index >= start, places.count < limit {
            places.append(index)
            index = place(of: Self.startOfDay(times[index])) - 1
        }
        if places.count < limit, let first = places.last, first != start { places.append(start) }
        return places.reversed()
    }

    /// `usable` by days: its first point, then the last one of each day (UTC). What counts periods by days, as a year of
    /// 252 of them, counts these.
    public var days: (times: [Int64], equity: [Double]) {
        let ends = dayEnds(count)
        return (ends.map { times[$0] }, ends.map { adjusted[$0] })
    }

    /// The newest values of `days`, at most so many.
    public func latestDays(_ limit: Int) -> [Double] { dayEnds(limit).map { adjusted[$0] } }

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
        let before = before(place(of: Self.startOfDay(time.nanoseconds)))
        return before.map { value - $0.money - (total - $0.deposits) }
    }

    /// Where a value after the newest point would stand, were it the next one and no money had flowed: the same work
    /// however long the curve is. Nil without a point.
    public func level(of value: Double) -> (totalReturn: Double?, drawdown: Double, maxDrawdown: Double)? {
        guard let factor = factors.last, let peak = peaks.last, let lowest = deepest.last else { return nil }
        let level = value * factor, top = max(peak, level)
        let fall = top > 0 ? level / top - 1 : 0
        return (start < count ? level / adjusted[start] - 1 : nil, fall, min(lowest, fall))
    }
}
