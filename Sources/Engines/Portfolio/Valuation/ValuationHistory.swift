import Market
import Numerics

/// A close and its time.
struct PriceMark: Sendable, Equatable {
    let time: Timestamp, price: Price
    /// Whether it was looked up because none had been told: a newer one that is stored is as good.
    var isLookedUp = false
}

/// The closes one portfolio was marked at and the times its value was told for, both by time and not by arrival: whatever
/// comes late (a bar of an older replay, a transaction that is dated back) is put in its place, and tells anew exactly
/// the values that it changes. So the curve is the same in whichever order things came.
struct ValuationHistory: Sendable, Equatable {
    /// Times kept: how far back a transaction restates the curve. Sometimes up to `slack` more.
    static let depth = 2048
    static let slack = 256

    /// Times of values, rising: those of marks and of transactions.
    private(set) var points: [Timestamp] = []
    private var marks: [Symbol: [PriceMark]] = [:]

    // MARK: Reading

    /// The newest mark of an instrument at a time.
    func mark(of symbol: Symbol, at time: Timestamp) -> PriceMark? {
        guard let list = marks[symbol], let last = list.last else { return nil }
        if last.time <= time { return last }
        let place = list.firstPlace { $0.time > time }
        return place > 0 ? list[place - 1] : nil
    }

    /// The newest mark of an instrument.
    func newestMark(of symbol: Symbol) -> PriceMark? { marks[symbol]?.last }

    /// Whether a time lies before those that are kept: nothing is told for it any more.
    private func isForgotten(_ time: Timestamp) -> Bool { points.count >= Self.depth && time < points[0] }

    /// The values that something at a time changes: its own, and all after it.
    func points(from time: Timestamp) -> [Timestamp] { points(from: time, before: nil) }

    /// The values that a mark changes: its own, and those after it up to the instrument's next mark.
    func points(markedBy symbol: Symbol, at time: Timestamp) -> [Timestamp] {
        let list = marks[symbol] ?? []
        let next = list.firstPlace { $0.time > time }
        return points(from: time, before: next < list.count ? list[next].time : nil)
    }

    private func points(from time: Timestamp, before end: Timestamp?) -> [Timestamp] {
        let first = points.firstPlace { $0 > time }
        let last = end.map { end in points.firstPlace { $0 >= end } } ?? points.count
        return (isForgotten(time) ? [] : [time]) + points[first..<max(first, last)]
    }

    /// Times that were told from `time` on.
    func told(from time: Timestamp) -> ArraySlice<Timestamp> { points[points.firstPlace { $0 >= time }...] }

    // MARK: Changing

    /// A value was told for this time.
    mutating func tell(at time: Timestamp) {
        if isForgotten(time) { return }
        let place = points.firstPlace { $0 >= time }
        if place < points.count && points[place] == time { return }
        points.insert(time, at: place)
    }

    /// Takes a close; one of a known time takes its place.
    mutating func take(_ mark: PriceMark, of symbol: Symbol) {
        if isForgotten(mark.time) { return }
        var list = marks.removeValue(forKey: symbol) ?? []
        let place = list.firstPlace { $0.time >= mark.time }
        if place < list.count && list[place].time == mark.time {
            list[place] = mark
        } else {
            list.insert(mark, at: place)
        }
        marks[symbol] = list
        tell(at: mark.time)
    }

    /// What is no longer kept: times before `time`, and of each instrument the marks before the one in force then.
    struct Forgotten: Equatable {
        let time: Timestamp
        let marks: [Symbol: Timestamp]
    }

    /// Forgets the oldest times where there are too many; nil where there are not.
    mutating func forget() -> Forgotten? {
        guard points.count > Self.depth + Self.slack else { return nil }
        points.removeFirst(points.count - Self.depth)
        let time = points[0]
        var kept: [Symbol: Timestamp] = [:]
        for (symbol, list) in marks {
            let place = max(1, list.firstPlace { $0.time > time }) - 1
            kept[symbol] = list[place].time
            marks[symbol] = Array(list[place...])
        }
        return Forgotten(time: time, marks: kept)
    }
}
