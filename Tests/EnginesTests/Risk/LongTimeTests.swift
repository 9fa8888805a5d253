import EngineKit
import Market
@testable import Risk
import Testing
import Wire

/// Times from 1678 to 2261 are taken, so two may be further apart than an integer of nanoseconds holds.
@Suite struct LongTimeTests {
    private let early = Timestamp(iso8601: "1678-01-01")!, late = Timestamp(iso8601: "2261-12-31")!

    @Test func aScheduleThatBeganLongAgoGoesOn() throws {
        let period = try #require(ReportPeriod("1y"))
        func following(_ next: Timestamp, _ now: Timestamp, hours: Int) -> Timestamp {
            ReportSchedule(id: "s", type: .dailyRisk, portfolio: "p", period: period, hours: hours, next: next)
                .following(now)
        }
        let now = try #require(Timestamp(iso8601: "2024-03-01T10:30:00Z"))
        for hours in [1, 24, 744] {
            let next = following(early, now, hours: hours)
            #expect(next > now && next <= now.adding(nanoseconds: Int64(hours) * 3_600_000_000_000))
        }
        #expect(following(now, now, hours: 1) == now.adding(nanoseconds: 3_600_000_000_000))
        #expect(following(late, now, hours: 24) == late.adding(nanoseconds: 86_400_000_000_000))
    }

    @Test func aPeriodBeforeAllTimesBeginsAtTheEarliest() throws {
        let century = try #require(ReportPeriod("100y"))
        #expect(century.start(before: early, earliest: early) == early)
        #expect(century.start(before: late, earliest: early) > early)
    }

    @Test func aPriceOfAnotherCenturyIsOld() {
        #expect(PriceWarnings.texts([("KO", early)], at: late).count == 1)
        #expect(PriceWarnings.texts([("KO", late)], at: late).isEmpty)
    }
}
