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

/// Deployments through strategy, risk, portfolio and market data.
@Suite struct DeploymentTests {
    init() { EventLoop.runInBackground() }

    /// Closes that rise by 1 a day.
    private static func rising(_ count: Int) -> BarColumns {
        var bars = BarColumns.walk(count)
        for row in 0..<count {
            let close = Double(100 + row)
            (bars.open[row], bars.high[row], bars.low[row], bars.close[row]) = (close, close, close, close)
        }
        return bars
    }

    @LoopActor private func make(_ entry: String, stored: BarColumns) async throws -> (EngineFixture, String) {
        let fixture = try await EngineFixture.make([StrategyEngine.self, RiskEngine.self, PortfolioEngine.self])
        try await fixture.store(stored, "KO")
        try await fixture.fund()
        await fixture.settle()
        _ = try await fixture.json(.strategy, .post, "/api/v1/strategies/versions/s", """
            {"operation":"commit","definition":{"symbol":"KO","entry":"\(entry)","exit":"close < 0"}}
            """)
        let deployed = try await fixture.json(
            .strategy, .post, "/api/v1/strategies/deploy", #"{"strategy_id":"s","portfolio_id":"p"}"#)
        return (fixture, "/api/v1/strategies/deployments/" + (try #require(deployed["id"]?.text)))
    }

    /// A jump that is there only for rules that have not seen the bars between.
    @Test(arguments: [("close - delay(close,1) > 5", 0), ("close - delay(close,1) > 0.5", 1)])
    @LoopActor func startedAgainItHasSeenWhatCameMeanwhile(_ entry: String, _ orders: Int) async throws {
        let bars = Self.rising(30)
        let (fixture, path) = try await make(entry, stored: bars.prefix(orders == 0 ? 3 : 20))
        if orders == 0 { try await fixture.publish(bars.bar(3, "KO")) }
        _ = try await fixture.json(.strategy, .post, path + "/stop", "")
        try await fixture.store(bars, "KO")
        try await fixture.publish(bars.bar(10, "KO"))
        _ = try await fixture.json(.strategy, .post, path + "/start", "")
        try await fixture.publish(bars.bar(21, "KO"))
        await fixture.settle()
        #expect(try await fixture.json(.strategy, .get, "/orders")["items"]?.elements.count == orders)
        let deployment = try await fixture.json(.strategy, .get, path)
        #expect(deployment["last_bar"]?.text == Timestamp(nanoseconds: bars.times[21]).iso8601)
        #expect(deployment["warming_up"] == .bool(false))
        await fixture.stop()
    }

    /// Killed before it was acknowledged, it comes again to a deployment that has nothing to catch up on before it.
    @Test(.timeLimit(.minutes(1))) @LoopActor func theFirstBarMayComeAgainAfterARestart() async throws {
        let bars = Self.rising(2)
        let (fixture, path) = try await make("close > 1000", stored: bars.prefix(1))
        let engine = try #require(fixture.hosts[.strategy]?.engine as? StrategyEngine)
        await engine.stop()
        try await engine.start()
        for row in 0..<2 { try await fixture.publish(bars.bar(row, "KO")) }
        let deployment = try await fixture.json(.strategy, .get, path)
        #expect(deployment["last_bar"]?.text == Timestamp(nanoseconds: bars.times[1]).iso8601)
        await fixture.stop()
    }

    @Test @LoopActor func oneDefinitionCommittedAtOnceIsOneVersion() async throws {
        let (fixture, _) = try await make("close > 1", stored: Self.rising(2))
        func commit() async throws -> Int {
            try await fixture.ask(.strategy, .post, "/api/v1/strategies/versions/two", """
                {"operation":"commit","definition":{"symbol":"KO","entry":"close > 2","exit":"close < 0"}}
                """).status
        }
        async let first = commit(), second = commit(), third = commit()
        #expect(try await [first, second, third] == [200, 200, 200])
        let versions = try await fixture.json(.strategy, .get, "/api/v1/strategies/versions/two")
        #expect(versions["items"]?.elements.count == 1)
        await fixture.stop()
    }

    @Test @LoopActor func rulesThatHaveSeenTooLittleAreWarmingUp() async throws {
        let bars = Self.rising(8)
        let (fixture, path) = try await make("close > sma(close,5)", stored: bars.prefix(3))
        for row in 3..<5 {
            #expect(try await fixture.json(.strategy, .get, path)["warming_up"] == .bool(true))
            try await fixture.publish(bars.bar(row, "KO"))
        }
        #expect(try await fixture.json(.strategy, .get, path)["warming_up"] == .bool(false))
        await fixture.stop()
    }

    /// A tag cannot be taken for a version, and one of before that looks like one does not stand in its way.
    @Test @LoopActor func aTagIsNoHash() async throws {
        let (fixture, _) = try await make("close > 1", stored: Self.rising(2))
        let path = "/api/v1/strategies/versions/s"
        func commit(_ entry: String) async throws -> String {
            let answer = try await fixture.json(.strategy, .post, path, """
                {"operation":"commit","definition":{"symbol":"KO","entry":"\(entry)","exit":"close < 0"}}
                """)
            return try #require(answer["version"]?.text)
        }
        func tag(_ version: String, _ name: String, status: Int = 200) async throws -> JSONTree {
            try await fixture.json(
                .strategy, .post, path, #"{"operation":"tag","version":"\#(version)","tag":"\#(name)"}"#, status: status)
        }
        func found(_ name: String) async throws -> String? {
            try await fixture.json(
                .strategy, .post, path, #"{"operation":"checkout","version":"\#(name)"}"#)["version"]?.text
        }
        let first = try await commit("close > 2"), second = try await commit("close > 3")
        for name in [second, String(second.prefix(7)), "DEADBEEF"] {
            #expect(try await tag(first, name, status: 422).pointers == ["/tag"])
        }
        for name in ["abc", "release-1", "deadbeefs", "20240102"] {
            _ = try await tag(first, name)
            #expect(try await found(name) == first)
        }
        // Stored by a build before.
        let host = try #require(fixture.hosts[.strategy])
        let engine = try #require(host.engine as? StrategyEngine)
        try await host.context.records.transaction([StrategyRecords.tag("s", second, first)])
        await engine.stop()
        try await engine.start()
        #expect(try await found(second) == second)
        #expect(try await found(String(second.prefix(7))) == second)
        await fixture.stop()
    }
}
