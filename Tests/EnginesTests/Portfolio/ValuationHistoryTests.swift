import Market
@testable import Portfolio
import Testing

/// Marks and the times that values were told for.
@Suite struct ValuationHistoryTests {
    private static let symbols = ["AAPL", "KO"].compactMap { Symbol($0) }

    private static func day(_ day: Int) -> Timestamp { Timestamp(seconds: Int64(day) * 86_400) }
    private static func mark(_ day: Int, _ price: Int) -> PriceMark {
        PriceMark(time: Self.day(day), price: FixedPoint(price))
    }

    @Test func aMarkChangesValuesUpToTheNextOne() {
        var history = ValuationHistory()
        let a = Self.symbols[0], b = Self.symbols[1]
        for day in [2, 4, 6] { history.take(Self.mark(day, 10 * day), of: a) }
        history.tell(at: Self.day(5))
        #expect(history.points == [2, 4, 5, 6].map(Self.day))
        #expect(history.mark(of: a, at: Self.day(1)) == nil && history.mark(of: b, at: Self.day(9)) == nil)
        #expect(history.mark(of: a, at: Self.day(5)) == Self.mark(4, 40))
        #expect(history.mark(of: a, at: Self.day(9)) == Self.mark(6, 60))
        // A late one of the same instrument: its own time alone, or what came before the next one.
        #expect(history.points(markedBy: a, at: Self.day(3)) == [Self.day(3)])
        #expect(history.points(markedBy: a, at: Self.day(4)) == [4, 5].map(Self.day))
        // One of another instrument, and a transaction: everything behind it.
        #expect(history.points(markedBy: b, at: Self.day(3)) == [3, 4, 5, 6].map(Self.day))
        #expect(history.points(from: Self.day(5)) == [5, 6].map(Self.day))
        #expect(history.points(from: Self.day(7)) == [Self.day(7)])
        history.take(Self.mark(4, 41), of: a)
        #expect(history.mark(of: a, at: Self.day(5)) == Self.mark(4, 41) && history.points.count == 4)
    }

    @Test func theOrderOfArrivalDoesNotMatter() {
        let marks = (0..<60).map { ($0 % 3 == 0 ? Self.symbols[0] : Self.symbols[1], Self.mark($0 * 7 % 31, $0 % 31 + 1)) }
        var inOrder = ValuationHistory(), other = ValuationHistory()
        let sorted = marks.sorted { $0.1.time < $1.1.time }.filter { $0.0 == Self.symbols[0] }
        for (symbol, mark) in sorted { inOrder.take(mark, of: symbol) }
        var last: [Timestamp: PriceMark] = [:]
        for (_, mark) in sorted { last[mark.time] = mark }
        for mark in last.values { other.take(mark, of: Self.symbols[0]) }
        #expect(other == inOrder && inOrder.points.count == last.count)
    }

    @Test func theOldestAreForgottenAndTheMarkInForceIsKept() {
        var history = ValuationHistory()
        let a = Self.symbols[0], b = Self.symbols[1]
        history.take(Self.mark(0, 7), of: b)
        let count = ValuationHistory.depth + ValuationHistory.slack
        for day in 1..<count { history.take(Self.mark(day, day), of: a) }
        #expect(history.forget() == nil)
        history.take(Self.mark(count, count), of: a)
        let cut = Self.day(count + 1 - ValuationHistory.depth)
        let forgotten = history.forget()
        #expect(forgotten == ValuationHistory.Forgotten(time: cut, marks: [a: cut, b: Self.day(0)]))
        #expect(history.points.count == ValuationHistory.depth && history.points.first == cut)
        #expect(history.mark(of: b, at: cut) == Self.mark(0, 7))
        #expect(history.mark(of: a, at: Self.day(count - ValuationHistory.depth)) == nil)
        // What lies before is not told any more; what it changes behind is.
        #expect(history.points(from: Self.day(3)) == history.points)
        let before = history
        history.tell(at: Self.day(3))
        history.take(Self.mark(4, 4), of: a)
        #expect(history == before)
    }
}
