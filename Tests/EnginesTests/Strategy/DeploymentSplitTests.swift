import Bus
import EngineKit
import HTTP
import Market
import Portfolio
import Risk
import Runtime
@testable import Strategy
import Testing
import TestKit
import Wire

/// A split that a portfolio books is one of its deployments' shares too.
@Suite struct DeploymentSplitTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private func split(_ fixture: EngineFixture, _ day: Int) async throws {
        let time = Timestamp(nanoseconds: BarColumns.walk(day + 1).times[day]).iso8601
        _ = try await fixture.json(.portfolio, .post, "/portfolios/p/transactions",
            #"{"type":"split","symbol":"KO","ratio":2,"ts":"\#(time)"}"#, status: 201)
        await fixture.settle()
    }

    /// Shares of the portfolio that no deployment bought, on the first day.
    @LoopActor private func buyFive(_ fixture: EngineFixture) async throws {
        let early = Timestamp(nanoseconds: BarColumns.walk(1).times[0]).iso8601
        _ = try await fixture.json(.portfolio, .post, "/portfolios/p/transactions",
            #"{"type":"buy","symbol":"KO","quantity":5,"price":100,"ts":"\#(early)"}"#, status: 201)
    }

    @LoopActor private func number(_ fixture: EngineFixture, _ path: String, _ name: String) async throws -> Double {
        try #require(try await fixture.json(.strategy, .get, path)[name]?.double)
    }

    @Test @LoopActor func itIsTakenOnceAlsoOverARestartAndAllIsSold() async throws {
        let (fixture, path) = try await StreamTests.make()
        try fixture.listen([Topics.position])
        try await StreamTests.play(fixture, StreamTests.bars([100, 125, 125]), "r")
        #expect(try await number(fixture, path, "quantity") == 8)
        try await split(fixture, 3)
        // The stream is not there yet.
        #expect(try await number(fixture, path, "quantity") == 8)
        let told = try #require(fixture.published.last { $0.topic.family == Topics.position.name })
        let engine = try #require(fixture.hosts[.strategy]?.engine as? StrategyEngine)
        for _ in 0..<2 {
            try fixture.bus.publish([told])
            await fixture.settle()
            #expect(try await number(fixture, path, "quantity") == 8)
            await engine.stop()
            try await engine.start()
        }
        try await fixture.store(StreamTests.bars([100, 125, 125, 62.5]), "KO")
        try await StreamTests.play(fixture, StreamTests.bars([100], from: 3), "r")
        #expect(try await number(fixture, path, "quantity") == 16)
        await engine.stop()
        try await engine.start()
        try await fixture.store(StreamTests.bars([100, 125, 125, 100, 62.5]), "KO")
        try await StreamTests.play(fixture, StreamTests.bars([62.5, 62.5], from: 4), "r")
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(held["positions"]?.elements.allSatisfy { $0["quantity"]?.double == 0 } == true)
        #expect(held["trades"]?.int == 2 && held["cash"]?.double == 10_000)
        #expect(try await number(fixture, path, "quantity") == 0)
        #expect(try await number(fixture, path, "cash") == 1000)
        await fixture.stop()
    }

    /// A split of today is none of a replay of the past, which ends before it.
    @Test @LoopActor func oneThatIsDatedLaterLeavesWhatIsSoldBefore() async throws {
        let (fixture, path) = try await StreamTests.make()
        try await StreamTests.play(fixture, StreamTests.bars([100, 125, 125]), "r")
        try await split(fixture, 9)
        try await StreamTests.play(fixture, StreamTests.bars([90, 125], from: 3), "r")
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(held["positions"]?.elements.allSatisfy { $0["quantity"]?.double == 0 } == true)
        #expect(try await number(fixture, path, "quantity") == 0)
        #expect(try await number(fixture, path, "cash") == 1000)
        await fixture.stop()
    }

    /// A replay that comes by a split which is known already.
    @Test @LoopActor func oneThatIsKnownCountsWhenTheStreamIsThere() async throws {
        let (fixture, path) = try await StreamTests.make()
        try await buyFive(fixture)
        try await split(fixture, 4)
        for replay in ["a", "b"] {
            try await StreamTests.play(fixture, StreamTests.bars([100, 125, 125], from: 1), replay)
            #expect(try await number(fixture, path, "quantity") == 8)
            try await StreamTests.play(fixture, StreamTests.bars([100], from: 4), replay)
            #expect(try await number(fixture, path, "quantity") == 16)
            try await StreamTests.play(fixture, StreamTests.bars([62.5, 62.5], from: 5), replay)
            #expect(try await number(fixture, path, "quantity") == 0)
            #expect(try await number(fixture, path, "cash") == 1000)
        }
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(held["positions"]?[0]?["quantity"]?.double == 10)
        await fixture.stop()
    }

    /// What was bought later is of new shares, as in the ledger.
    @Test @LoopActor func oneThatIsDatedBackLeavesWhatWasBoughtSince() async throws {
        let (fixture, path) = try await StreamTests.make()
        try await buyFive(fixture)
        try await StreamTests.play(fixture, StreamTests.bars([100, 125, 125], from: 2), "r")
        try await split(fixture, 1)
        #expect(try await number(fixture, path, "quantity") == 8)
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(held["positions"]?[0]?["quantity"]?.double == 18)
        await fixture.stop()
    }
}
