import Analytics
import Bus
import EngineKit
import Market
import Portfolio
import Risk
import Runtime
import Strategy
import TestKit
import Testing

/// Messages that are JSON, but not what their topics say.
@Suite struct UnreadableMessageTests {
    init() { EventLoop.runInBackground() }

    /// The clock stands still: whatever were to be tried again would wait for ever.
    @Test(.timeLimit(.minutes(1)), arguments: [
        Topics.order, Topics.fill, Topics.bar, Topics.decision, Topics.value, Topics.intent,
    ])
    @LoopActor func theyAreParkedAtOnceAndHoldNothingUp(_ family: TopicFamily) async throws {
        let fixture = try await EngineFixture.make(
            [RiskEngine.self, StrategyEngine.self, PortfolioEngine.self, AnalyticsEngine.self])
        let context = try #require(fixture.hosts[.marketdata]).context
        try fixture.bus.publish((0..<20).map { _ in
            context.message(family, "k", time: fixture.clock.now, data: Array(#"{"bad":1}"#.utf8))
        })
        await fixture.settle()
        let letters = try await fixture.bus.deadLetters(limit: 1000)
        #expect(!letters.isEmpty && letters.count % 20 == 0)
        #expect(letters.allSatisfy {
            $0.reason == "unreadable: a message of \(family.name).k cannot be read" && $0.attempts == 1
        })
        await fixture.stop()
    }
}
