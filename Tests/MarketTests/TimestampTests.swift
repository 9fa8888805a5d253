import Market
import Testing

struct TimestampTests {
    @Test(arguments: [
        (0, 0), (1, 0), (-1, -1), (999_999_999, 0), (1_000_000_000, 1), (-1_000_000_000, -1), (-1_000_000_001, -2),
        (Int64.max, 9_223_372_036), (.min, -9_223_372_037), (.min + 1, -9_223_372_037),
    ] as [(Int64, Int64)]) func secondsAreRoundedTowardsThePastOverTheWholeRange(_ nanoseconds: Int64, _ seconds: Int64) {
        #expect(Timestamp(nanoseconds: nanoseconds).seconds == seconds)
    }

    @Test func differencesStayWithin64Bits() {
        let first = Timestamp(nanoseconds: .min), last = Timestamp(nanoseconds: .max), zero = Timestamp(nanoseconds: 0)
        #expect(last.nanoseconds(since: first) == .max)
        #expect(first.nanoseconds(since: last) == .min)
        #expect(zero.nanoseconds(since: first) == .max)
        #expect(Timestamp(seconds: 5).nanoseconds(since: Timestamp(seconds: 7)) == -2_000_000_000)
    }
}
