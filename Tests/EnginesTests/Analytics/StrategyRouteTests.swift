import Analytics
import EngineKit
import HTTP
import Market
import Portfolio
import Quant
import Risk
import Runtime
import Strategy
import Testing
import TestKit

/// A strategy on bars of hours: its year is counted in days all the same.
@Suite struct StrategyRouteTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/analytics/strategy/s"

    /// Bars of hours, day and night.
    private static func hours(_ count: Int, seed: UInt64 = 1) -> BarColumns {
        var bars = BarColumns.walk(count, seed: seed)
        bars.times = bars.times.indices.map { bars.times[0] + Int64($0) * Timeframe.hour1.nanoseconds }
        return bars
    }

    @LoopActor private func deployed() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([
            AnalyticsEngine.self, StrategyEngine.self, RiskEngine.self, PortfolioEngine.self,
        ])
        try await fixture.fund("p", #","watch":["KO"]"#)
        _ = try await fixture.json(.strategy, .post, "/api/v1/strategies/versions/s", """
            {"operation":"commit","message":"one","definition":{"symbol":"KO","timeframe":"1h",\
            "entry":"sma(close,2) > sma(close,4)","exit":"sma(close,2) < sma(close,4)"}}
            """)
        _ = try await fixture.json(
            .strategy, .post, "/api/v1/strategies/deploy",
            #"{"strategy_id":"s","portfolio_id":"p","mode":"direct","trading_mode":"paper","capital":10000}"#)
        return fixture
    }

    @Test @LoopActor func hoursAreNoDays() async throws {
        let fixture = try await deployed()
        let bars = Self.hours(24 * 6)
        try await fixture.store(bars, "KO", timeframe: "1h")
        try await fixture.store(.walk(6, seed: 4), "SPY")
        for row in 0..<20 { try await fixture.publish(bars.bar(row, "KO", timeframe: .hour1)) }
        await fixture.settle()
        // A day is not enough to compare with the instrument that nobody named.
        let first = try await fixture.json(.analytics, .get, Self.path)
        #expect((first["trades"]?["fills"]?.int ?? 0) > 0 && first["benchmark"] == nil)
        #expect(first["conventions"]?["observations"]?.int == 1)
        for row in 20..<bars.count { try await fixture.publish(bars.bar(row, "KO", timeframe: .hour1)) }
        await fixture.settle()
        // The strategy's own bars unless others are asked for.
        let answer = try await fixture.json(.analytics, .get, Self.path)
        let curve = answer["equity_curve"]?["value"]?.doubles ?? []
        let times = answer["equity_curve"]?["ts"]?.elements ?? []
        #expect(curve.count > 100 && answer["conventions"]?["observations"]?.int == 6)
        let hourly = try await fixture.json(.analytics, .get, Self.path, query: "timeframe=1h")
        #expect(hourly["performance"] == answer["performance"] && hourly["equity_curve"] == answer["equity_curve"])
        let days = times.map { $0.text?.prefix(10) }
        let ends = curve.indices.filter { $0 == 0 || $0 + 1 == curve.count || days[$0] != days[$0 + 1] }
        #expect(ends.count == 7)
        let wanted = try Performance(equityCurve: ends.map { curve[$0] })
        #expect(answer["performance"]?["annual_volatility"]?.double == wanted.annualVolatility)
        #expect(answer["performance"]?["max_drawdown"]?.double == wanted.maxDrawdown)
        #expect(answer["benchmark"]?["beta"]?.double != nil)
        // A benchmark of daily bars alone is compared by those.
        let other = try await fixture.json(.analytics, .get, Self.path, query: "benchmark=SPY")
        #expect(other["benchmark"]?["beta"]?.double != nil && other["benchmark"] != answer["benchmark"])
        _ = try await fixture.json(.analytics, .get, Self.path, query: "benchmark=SPY&timeframe=1h", status: 422)
        await fixture.stop()
    }

    /// The same bars twice, in two replays: one trip each, and no fill of the one between those of the other.
    @Test @LoopActor func replaysOfOneTimeFollowEachOther() async throws {
        let fixture = try await EngineFixture.make([
            AnalyticsEngine.self, StrategyEngine.self, RiskEngine.self, PortfolioEngine.self,
        ])
        try await fixture.fund()
        _ = try await fixture.json(.strategy, .post, "/api/v1/strategies/versions/s", """
            {"operation":"commit","definition":{"symbol":"KO","entry":"close > 105","exit":"close < 95"}}
            """)
        _ = try await fixture.json(
            .strategy, .post, "/api/v1/strategies/deploy",
            #"{"strategy_id":"s","portfolio_id":"p","capital":1000,"warm_up":false}"#)
        var bars = BarColumns.walk(6)
        let closes: [Double] = [100, 110, 100, 80, 80, 80]
        (bars.open, bars.high, bars.low, bars.close) = (closes, closes, closes, closes)
        try await fixture.store(bars, "KO")
        for replay in ["one", "two"] {
            for row in 0..<6 { try await fixture.publish(bars.bar(row, "KO", replay: replay)) }
            await fixture.settle()
            fixture.clock.advance(nanoseconds: 1_000_000_000)
        }
        // Ten shares from 100 to 80, then eight.
        let answer = try await fixture.json(.analytics, .get, Self.path)
        #expect(answer["pnl"]?["pnl"]?.double == -360 && answer["pnl"]?["realized"]?.double == -360)
        #expect(answer["trades"]?["round_trips"]?.int == 2 && answer["trades"]?["average_loss"]?.double == -180)
        let curve = answer["equity_curve"]?["value"]?.doubles ?? []
        #expect(curve.first == 800 && curve.last == 640)
        await fixture.stop()
    }
}
