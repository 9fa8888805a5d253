import Market
@testable import Portfolio
import Testing

/// When values are told that are not told at once.
@Suite struct OwedValuesTests {
    private static func day(_ day: Int) -> Timestamp { Timestamp(seconds: Int64(day) * 86_400) }

    @Test func fewAreToldAtOnceOfManyTheFirstAndTheLast() {
        let many = (0...OwedValues.soonLimit).map(Self.day)
        #expect(OwedValues.soon(Array(many.dropLast())) == many.dropLast())
        #expect(OwedValues.soon(many) == [many[0], many[OwedValues.soonLimit]])
    }

    @Test func whatIsQuietIsDueFromItsFirstTimeOn() {
        var owed = OwedValues(["old": Self.day(9)])
        owed.owe("a", from: Self.day(5))
        owed.owe("a", from: Self.day(3))
        owed.owe("a", from: Self.day(4))
        #expect(owed.first(of: "a") == Self.day(3) && owed.has("a", from: Self.day(3)) && !owed.has("a", from: Self.day(2)))
        #expect(owed.due() == ["old"])
        owed.owe("b", from: Self.day(1))
        #expect(owed.due() == ["a", "old"])
        owed.settle("a")
        owed.settle("old")
        #expect(owed.due() == ["b"] && !owed.isEmpty)
        owed.settle("b")
        #expect(owed.isEmpty && owed.first(of: "b") == nil)
    }

    @Test func whatNeverIsQuietIsDueInTheEnd() {
        var owed = OwedValues([:]), due: [[String]] = []
        for _ in 0..<20 {
            owed.owe("a", from: Self.day(1))
            due.append(owed.due())
        }
        #expect(due.dropLast().allSatisfy(\.isEmpty) && due.last == ["a"])
    }
}
