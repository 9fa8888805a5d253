import EngineKit
import HTTP
import Market
import Portfolio
import Risk
import Runtime
import Store
@testable import Strategy
import Testing
import TestKit
import Wire

/// A deployment that follows one replay after another, through strategy, risk and portfolio.
@Suite struct StreamTests {
    init() { EventLoop.runInBackground() }

    /// Ids of two lives of a process: the counts at their ends are the same.
    private static let lives = ["a1b2c3d4e5f607180000000000000003", "0f1e2d3c4b5a69780000000000000003"]

    static func bars(_ closes: [Double], from first: Int = 0) -> BarColumns {
        var bars = BarColumns.walk(first + closes.count).suffix(closes.count)
        (bars.open, bars.high, bars.low, bars.close) = (closes, closes, closes, closes)
        return bars
    }

    /// A deployment of 1,000 that buys above 105 and sells below 95.
    @LoopActor static func make() async throws -> (EngineFixture, String) {
        let fixture = try await EngineFixture.make([StrategyEngine.self, RiskEngine.self, PortfolioEngine.self])
        try await fixture.fund()
        await fixture.settle()
        _ = try await fixture.json(.strategy, .post, "/api/v1/strategies/versions/s", """
            {"operation":"commit","definition":{"symbol":"KO","entry":"close > 105","exit":"close < 95"}}
            """)
        let deployed = try await fixture.json(
            .strategy, .post, "/api/v1/strategies/deploy",
            #"{"strategy_id":"s","portfolio_id":"p","capital":1000,"warm_up":false}"#)
        return (fixture, "/api/v1/strategies/deployments/" + (try #require(deployed["id"]?.text)))
    }

    @LoopActor static func play(_ fixture: EngineFixture, _ bars: BarColumns, _ replay: String?) async throws {
        for row in 0..<bars.count { try await fixture.publish(bars.bar(row, "KO", replay: replay)) }
        await fixture.settle()
    }

    @LoopActor private func states(_ fixture: EngineFixture) async throws -> [String] {
        try await fixture.json(.strategy, .get, "/orders")["items"]?.elements.compactMap { $0["state"]?.text } ?? []
    }

    /// What a crash left unacknowledged comes once more, of a replay that is over too: it trades nothing again.
    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    @LoopActor func barsOfAnEarlierStreamMayComeAgain(_ isRestarted: Bool) async throws {
        let (fixture, path) = try await Self.make(), bars = Self.bars([100, 110, 110, 90, 90])
        let streams = Self.lives + [nil, "c0ffee"]
        for stream in streams { try await Self.play(fixture, bars, stream) }
        let before = try await fixture.json(.strategy, .get, path)
        let engine = try #require(fixture.hosts[.strategy]?.engine as? StrategyEngine)
        if isRestarted {
            await engine.stop()
            try await engine.start()
        }
        for stream in streams { try await Self.play(fixture, bars, stream) }
        #expect(try await states(fixture) == Array(repeating: "filled", count: 8))
        let after = try await fixture.json(.strategy, .get, path)
        #expect(after["cash"] == before["cash"] && after["last_bar"] == before["last_bar"])
        // Live bars go on.
        try await Self.play(fixture, Self.bars([100, 110, 110], from: 5), nil)
        #expect(try await states(fixture).count == 9)
        await fixture.stop()
    }

    @Test @LoopActor func anotherLifesReplayIsBookedToo() async throws {
        let (fixture, path) = try await Self.make(), bars = Self.bars([100, 110, 110, 90, 90])
        for replay in Self.lives { try await Self.play(fixture, bars, replay) }
        #expect(try await states(fixture) == ["filled", "filled", "filled", "filled"])
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        #expect(held["trades"]?.int == 4)
        let deployment = try await fixture.json(.strategy, .get, path)
        let cash = try #require(deployment["cash"]?.double), ledger = try #require(held["cash"]?.double)
        #expect(abs(ledger - 9_000 - cash) < 1e-8 && cash < 1_000)
        await fixture.stop()
    }

    @Test @LoopActor func theKillSwitchDeniesAnotherLifesReplay() async throws {
        let (fixture, _) = try await Self.make(), bars = Self.bars([100, 110, 110, 90, 90])
        try await Self.play(fixture, bars, Self.lives[0])
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/kill-switch", #"{"state":"on","reason":"drill"}"#)
        try await Self.play(fixture, bars, Self.lives[1])
        let states = try await states(fixture)
        #expect(states.filter { $0 == "filled" }.count == 2 && states.contains("denied"))
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/p")["trades"]?.int == 2)
        await fixture.stop()
    }

    /// An order that is stored is not written over, but where it is the same and waits.
    @Test @LoopActor func anOrderOfAnIdThatIsStoredIsAConflict() async throws {
        let (fixture, _) = try await Self.make(), records = try #require(fixture.hosts[.strategy]).context.records
        func order(_ quantity: Int, _ state: OrderState = .pending) throws -> OrderRecord {
            let intent = OrderIntent(
                orderID: "o", portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: .buy,
                size: .quantity(FixedPoint(quantity)), expectedQuantity: FixedPoint(quantity),
                referencePrice: FixedPoint(50), time: fixture.clock.now)
            return OrderRecord(intent: intent, deploymentID: "", state: state, updated: intent.time,
                               recorded: intent.time)
        }
        try await records.transaction([try order(1).insert])
        try await records.transaction([try order(1).insert])
        await #expect(throws: (any Error).self) { try await records.transaction([try order(2).insert]) }
        try await records.transaction([try order(1, .denied).upsert])
        await #expect(throws: (any Error).self) { try await records.transaction([try order(1).insert]) }
        #expect(try await fixture.json(.strategy, .get, "/orders/o")["state"]?.text == "denied")
        await fixture.stop()
    }

    /// Decided at the last bar of one stream, it has no next open: another stream's is not it, also after a restart.
    @Test(arguments: [false, true]) @LoopActor func anOrderEndsWithItsStream(_ restarts: Bool) async throws {
        let (fixture, path) = try await Self.make()
        try await Self.play(fixture, Self.bars([100, 110], from: 20), "one")
        #expect(try await states(fixture) == ["working"])
        #expect(try await fixture.json(.risk, .get, "/api/v1/risk/reservations")["items"]?.elements.count == 1)
        if restarts {
            let engine = try #require(fixture.hosts[.strategy]?.engine as? StrategyEngine)
            await engine.stop()
            try await engine.start()
        }
        try await Self.play(fixture, Self.bars([20, 20]), "two")
        let order = try await fixture.json(.strategy, .get, "/orders")["items"]?[0]
        #expect(order?["state"]?.text == "cancelled" && order?["fills"] == .array([]))
        #expect(order?["reasons"]?[0]?.text == "its stream of bars ended")
        #expect(try await fixture.json(.risk, .get, "/api/v1/risk/reservations")["items"]?.elements.isEmpty == true)
        let deployment = try await fixture.json(.strategy, .get, path)
        #expect(deployment["open_order"] == .null && deployment["cash"]?.double == 1000)
        await fixture.stop()
    }
}
