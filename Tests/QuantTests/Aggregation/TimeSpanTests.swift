@testable import Quant
import Testing

/// Times reach over 583 years, twice what an `Int64` of nanoseconds holds as a difference.
@Suite struct TimeSpanTests {
    private static let early: Int64 = -9_200_000_000_000_000_000, late: Int64 = 9_200_000_000_000_000_000

    @Test func aLongSpanIsToldAndAShortOneIsExact() {
        #expect(TimeSpan.nanoseconds(from: Self.early, to: Self.late) == 18.4e18)
        #expect(TimeSpan.nanoseconds(from: 1_700_000_000_000_000_001, to: 1_700_000_000_000_000_004) == 3)
        #expect(TimeSpan.distance(Self.early, Self.late) == 18_400_000_000_000_000_000)
        #expect(TimeSpan.distance(7, 4) == 3)
        #expect(TimeSpan.time(5, before: 3) == -2)
        #expect(TimeSpan.time(Self.late, before: Self.early) == .min)
    }

    @Test func bucketsHoldEveryLengthAndTime() {
        let times = [Self.early, -1, 0, 5, Self.late]
        #expect(TimeBuckets(times, length: .max).ranges == [0..<2, 2..<5])
        #expect(TimeBuckets(times, length: 9_000_000_000_000_000_000).starts
            == [.min, -9_000_000_000_000_000_000, 0, 9_000_000_000_000_000_000])
        #expect(TimeBuckets([-7, -5, -1, 4, 5], length: 5).starts == [-10, -5, 0, 5])
    }

    @Test func figuresOverCenturies() throws {
        let times = [Self.early, 0, Self.late]
        #expect(Downsampling.largestTriangles(times + [Self.late + 1], [1, 9, 2, 3], limit: 3) == [0, 1, 3])
        let returns = try FlowReturns(times: times, values: [100, 110, 121], flows: [0, 0, 0])
        #expect(abs((returns.timeWeighted ?? 0) - 0.21) < 1e-12)
        let path = try MarketPath(times: times, prices: [1, 2, 3])
        #expect(path.timeWeighted(from: Self.early, to: Self.late) == 1.5)
    }

    @Test func factsOfOtherCenturies() {
        var book = FactBook()
        book.take(Fact(.assets, .annual, periodEnd: Self.early, filedAt: Self.early, value: 1))
        book.take(Fact(.assets, .annual, periodEnd: Self.late, filedAt: Self.late, value: 2))
        book.take(Fact(.revenues, .quarter, periodEnd: Self.early, filedAt: Self.early, value: 1))
        #expect(book.newest(.assets) == 2)
        #expect(book.value(.assets, at: Self.early) == 1)
        #expect(book.newest(.revenues).isNaN)
    }
}
