import EngineKit
import Gateway
import HTTP
import Learning
import Market
import Portfolio
import Risk
import Runtime
@testable import Strategy
import Testing
import TestKit

/// What engines tell Prometheus of their work.
@Suite struct EngineMetricsTests {
    init() { EventLoop.runInBackground() }

    /// The value of one sample line; nil where it is not there.
    @LoopActor private func sample(
        _ fixture: EngineFixture, _ engine: EngineName, _ name: String
    ) async throws -> Double? {
        let text = String(decoding: try await fixture.ask(engine, .get, "/metrics").body, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    @LoopActor private func trading() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([StrategyEngine.self, RiskEngine.self, PortfolioEngine.self])
        try await fixture.store(BarColumns.walk(3), "KO")
        try await fixture.fund()
        await fixture.settle()
        return fixture
    }

    @Test @LoopActor func ordersAreTimedFromIntentAndFromTick() async throws {
        let fixture = try await trading()
        let execution = "nautilus_order_execution_seconds", trade = "nautilus_tick_to_trade_seconds"
        _ = try await fixture.json(
            .strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":1}"#)
        #expect(try await sample(fixture, .strategy, execution + "_count") == 1)
        #expect(try await sample(fixture, .strategy, trade + "_count") == 0, "no tick brought it about")
        _ = try await fixture.json(
            .strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":1,"price":2}"#)
        #expect(try await sample(fixture, .strategy, #"nautilus_strategy_open_orders{state="working"}"#) == 1)
        fixture.clock.advance(nanoseconds: 90_000_000_000)
        _ = try await fixture.json(.marketdata, .post, "/market-data/quotes", #"{"symbol":"KO","bid":1,"ask":1.5}"#)
        try await fixture.until("it is filled") {
            try await self.sample(fixture, .strategy, #"nautilus_strategy_open_orders{state="working"}"#) == 0
        }
        #expect(try await sample(fixture, .strategy, execution + "_count") == 2)
        #expect(try await sample(fixture, .strategy, execution + "_sum") == 90)
        #expect(try await sample(fixture, .strategy, trade + "_count") == 1)
        // One that is taken back was not executed, and is not followed any more.
        let rest = #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":1,"price":0.5}"#
        let id = try #require(try await fixture.json(.strategy, .post, "/orders", rest)["id"]?.text)
        let engine = try #require(fixture.hosts[.strategy]?.engine as? StrategyEngine)
        #expect(engine.timings.count == 1)
        _ = try await fixture.json(.strategy, .delete, "/orders/\(id)")
        #expect(engine.timings.count == 0)
        #expect(try await sample(fixture, .strategy, execution + "_count") == 2)
        await fixture.stop()
    }

    @Test @LoopActor func limitsThatWarnBreakOrCannotBeJudgedAreCounted() async throws {
        let fixture = try await trading()
        let verdicts = "nautilus_risk_limit_verdicts_total", use = #"nautilus_risk_limit_use_ratio{type="order_size"}"#
        #expect(try await sample(fixture, .risk, "nautilus_risk_active_limits") == 0)
        #expect(try await sample(fixture, .risk, use) == nil)
        _ = try await fixture.json(
            .risk, .post, "/api/v1/risk/limits", #"{"id":"a","type":"order_size","threshold":100000}"#, status: 201)
        #expect(try await sample(fixture, .risk, "nautilus_risk_active_limits") == 1)
        let order = #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":1}"#
        _ = try await fixture.json(.strategy, .post, "/orders", order)
        let part = try #require(try await sample(fixture, .risk, use))
        #expect(part > 0 && part < 0.01)
        _ = try await fixture.json(.risk, .put, "/api/v1/risk/limits/a", #"{"type":"order_size","threshold":1}"#)
        _ = try await fixture.json(
            .risk, .post, "/api/v1/risk/limits", #"{"id":"b","type":"beta","threshold":1}"#, status: 201)
        _ = try await fixture.json(.strategy, .post, "/orders", order)
        #expect(try await sample(fixture, .risk, verdicts + #"{type="order_size",verdict="breach"}"#) == 1)
        #expect(try await sample(fixture, .risk, verdicts + #"{type="beta",verdict="unjudged"}"#) == 1)
        #expect(try await sample(fixture, .risk, verdicts + #"{type="beta",verdict="breach"}"#) == 0)
        #expect(try #require(try await sample(fixture, .risk, use)) > 1)
        await fixture.stop()
    }

    @Test @LoopActor func quotesGrowStale() async throws {
        let fixture = try await EngineFixture.make([])
        let newest = "nautilus_marketdata_newest_quote_timestamp_seconds"
        #expect(try await sample(fixture, .marketdata, newest) == 0)
        _ = try await fixture.json(.marketdata, .post, "/market-data/quotes", #"{"symbol":"KO","bid":1,"ask":2}"#)
        fixture.clock.advance(nanoseconds: 61_000_000_000)
        _ = try await fixture.json(.marketdata, .post, "/market-data/quotes", #"{"symbol":"PEP","bid":1,"ask":2}"#)
        #expect(try await sample(fixture, .marketdata, "nautilus_marketdata_quoted_instruments") == 2)
        #expect(try await sample(fixture, .marketdata, "nautilus_marketdata_stale_instruments") == 1)
        #expect(try await sample(fixture, .marketdata, newest) == Double(fixture.clock.now.nanoseconds) / 1e9)
        #expect(try await sample(fixture, .marketdata, #"nautilus_store_available_ratio{store="series"}"#) == 1)
        #expect(try await sample(fixture, .marketdata, #"nautilus_store_available_ratio{store="records"}"#) == 1)
        await fixture.stop()
    }

    @Test @LoopActor func fitsAndForecastsAreTimed() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let bars = BarColumns.walk(40)
        try await fixture.store(bars, "KO")
        await fixture.settle()
        #expect(try await sample(fixture, .ml, "nautilus_ml_fit_seconds_count") == 1)
        #expect(try await sample(fixture, .ml, "nautilus_ml_models") == 2)
        for row in 0..<4 { try await fixture.publish(bars.bar(row, "KO", replay: "r")) }
        // A forecast needs two returns: the third bar's is the first.
        #expect(try await sample(fixture, .ml, "nautilus_ml_inference_seconds_count") == 2)
        await fixture.stop()
    }

    @Test @LoopActor func theGatewayTellsHowEachServiceIs() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self, GatewayEngine.self])
        _ = try await fixture.json(.gateway, .get, "/api/v1/system/health")
        #expect(try await sample(fixture, .gateway, #"nautilus_component_health_ratio{component="risk"}"#) == 1)
        #expect(try await sample(fixture, .gateway, #"nautilus_component_health_ratio{component="ml"}"#) == 0)
        #expect(try #require(try await sample(fixture, .gateway, "nautilus_host_cores")) >= 1)
        await fixture.stop()
    }
}
