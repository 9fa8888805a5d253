import Analytics
import Bus
import EngineKit
import HTTP
import Market
import Quant
import Runtime
import TestKit
import Testing
import Wire

@Suite struct AnalyticsTests {
    init() { EventLoop.runInBackground() }

    private let positions = """
        [{"symbol":"AAPL","quantity":10,"average_cost":100.1,"price":110.2,"previous_close":109,"sector":"Technology",
          "style":"growth"},
         {"symbol":"KO","quantity":-20,"average_cost":40,"price":39.5,"previous_close":40,"sector":"Staples"},
         {"symbol":"MSFT","quantity":3,"average_cost":"200.000000001","price":210,"previous_close":211,\
         "sector":"Technology"}]
        """

    @Test @LoopActor func positionsGiveProfitWeightsAndAttribution() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, "/analytics/calculate/p", """
            {"positions":\(positions),"cash":1000}
            """)
        let pnl = try #require(answer["pnl"])
        #expect(pnl["market_value"]?.double == 942.0)
        #expect(pnl["unrealized"]?.double == 101 + 10 + 29.999999997)
        #expect(pnl["daily"]?.double == 19.0)
        #expect(pnl["realized"] == nil && answer["performance"] == nil && answer["benchmark"] == nil)
        let weights = answer["positions"]?.elements.compactMap { $0["weight"]?.double } ?? []
        #expect(abs(weights.reduce(0, +) - 942.0 / 1942) < 1e-15)
        let attribution = try #require(answer["attribution"])
        #expect(attribution["basis"]?.text == "daily" && attribution["total"]?.double == 19)
        for (list, label, names) in [("by_sector", "sector", ["Staples", "Technology"]),
                                     ("by_style", "style", ["growth", "unclassified"]),
                                     ("by_security", "symbol", ["AAPL", "KO", "MSFT"])] {
            let parts = attribution[list]?.elements ?? []
            #expect(parts.compactMap { $0[label]?.text } == names)
            #expect(parts.compactMap { $0["pnl"]?.double }.reduce(0, +) == 19)
        }
        await fixture.stop()
    }

    @Test @LoopActor func returnsGivePerformanceAndBenchmark() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let returns = [0.01, -0.02, 0.015, 0.003, -0.007, 0.011], other = [0.008, -0.015, 0.01, 0.004, -0.01, 0.009]
        let answer = try await fixture.json(.analytics, .post, "/analytics/calculate/p", """
            {"positions":[],"returns":\(returns),"benchmark_returns":\(other),"risk_free_rate":0.02,
             "periods_per_year":12,"confidence":0.9}
            """)
        let conventions = ReturnConventions(periodsPerYear: 12, riskFreeRate: 0.02, confidence: 0.9)
        let expected = try Performance(returns: returns, conventions: conventions)
        let compared = try BenchmarkComparison(returns: returns, benchmark: other, conventions: conventions)
        #expect(answer["performance"]?["sharpe_ratio"]?.double == expected.sharpeRatio)
        #expect(answer["performance"]?["conditional_value_at_risk"]?.double == expected.conditionalValueAtRisk)
        #expect(answer["performance"]?["max_drawdown_duration"]?.int == expected.maxDrawdownDuration)
        #expect(answer["performance"]?.keys.count == 27)
        #expect(answer["benchmark"]?["beta"]?.double == compared.beta && answer["benchmark"]?.keys.count == 16)
        #expect(answer["pnl"]?["market_value"]?.double == 0 && answer["positions"] == .array([]))
        // A curve alone gives the performance of its returns.
        let curve = try await fixture.json(.analytics, .post, "/api/v1/sprint3/analytics/performance/analyze",
                                           #"{"equity_curve":{"ts":[1704153600000,1704240000000],"value":[100,110]}}"#)
        #expect(abs((curve["performance"]?["total_return"]?.double ?? 0) - 0.1) < 1e-12 && curve["pnl"] == nil)
        #expect(curve["performance"]?["sharpe_ratio"] == .null)
        let empty = try await fixture.json(.analytics, .post, "/analytics/calculate/p", #"{"positions":[]}"#)
        #expect(empty["performance"] == nil && empty["attribution"]?["by_security"] == .array([]))
        await fixture.stop()
    }

    @Test @LoopActor func everyWrongFieldIsNamedAtOnce() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, "/analytics/calculate/p", """
            {"positions":[{"symbol":"AAPL","quantity":1,"average_cost":-1,"price":-5}],"returns":[0.1,null],
             "benchmark_returns":[0.1],"confidence":1,"equity_curve":{"value":[1,0]}}
            """, status: 422)
        #expect(Set(answer.pointers) == [
            "/positions/0/average_cost", "/positions/0/price", "/returns/1", "/confidence", "/equity_curve/value/1",
            "/benchmark_returns",
        ])
        let lengths = try await fixture.json(.analytics, .post, "/analytics/calculate/p",
                                             #"{"positions":[],"returns":[0.1,0.2],"benchmark_returns":[0.1]}"#,
                                                 status: 422)
        #expect(lengths.pointers == ["/benchmark_returns"])
        let none = try await fixture.json(.analytics, .post, "/api/v1/sprint3/analytics/performance/analyze", "{}",
                                          status: 422)
        #expect(none.pointers == [""])
        let huge = try await fixture.json(.analytics, .post, "/analytics/calculate/p", """
            {"positions":[{"symbol":"A","quantity":1e15,"average_cost":1,"price":1e15}]}
            """, status: 422)
        #expect(huge.pointers == ["/positions/0/quantity"])
        await fixture.stop()
    }

    @LoopActor private func tell(_ fixture: EngineFixture, _ day: Int64, _ equity: Double,
        deposits: Int = 1000) async throws {
        let money = try #require(FixedPoint(equity)), half = try #require(FixedPoint(equity / 2))
        try await fixture.publish(Topics.value, "sample", PortfolioValue(
            portfolioID: "sample", time: Timestamp(seconds: day * 86400), cash: money - half, marketValue: half,
            realized: .zero, unrealized: money - FixedPoint(1000), netDeposits: FixedPoint(deposits),
            trades: 2), from: .portfolio)
    }

    @Test @LoopActor func valuesFoldIntoACurveThatIsToldAndKept() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        try fixture.listen([Topics.pnl])
        _ = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/sample", status: 404)
        let path = [1000.0, 1100, 990, 1210]
        for (day, equity) in path.enumerated() {
            try await tell(fixture, Int64(100 + day), equity)
            fixture.clock.advance(nanoseconds: 100_000_000)
        }
        await fixture.until("four figures came") { fixture.published.count == 4 }
        let told = try JSONTree(fixture.published[2].data)
        #expect(abs((told["drawdown"]?.double ?? 0) + 0.1) < 1e-12 && told["daily"]?.double == -110)
        #expect(told["equity"]?.double == 990)
        // The third value is restated: a fill came late.
        try await tell(fixture, 102, 880)
        try await fixture.publish(Topics.position, "sample", PositionUpdate(
            portfolioID: "sample", symbol: #require(Symbol("KO")), quantity: FixedPoint(3), averageCost: FixedPoint(40),
            price: FixedPoint(41), realized: .zero, time: Timestamp(seconds: 102 * 86400)), from: .portfolio)
        let live = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/sample")
        let expected = try Performance(equityCurve: [1000, 1100, 880, 1210])
        #expect(live["performance"]?["max_drawdown"]?.double == expected.maxDrawdown)
        #expect(live["performance"]?["sharpe_ratio"]?.double == expected.sharpeRatio)
        #expect(live["pnl"]?["max_drawdown"]?.double == expected.maxDrawdown)
        #expect(live["pnl"]?["equity"]?.double == 1210 && live["pnl"]?["daily"]?.double == 330)
        #expect(live["positions"]?[0]?["unrealized"]?.double == 3)
        let summary = try await fixture.json(.analytics, .get, "/api/v1/sprint3/analytics/portfolio/sample/summary")
        #expect(summary["metrics"]?["max_drawdown"]?.double == expected.maxDrawdown && summary["points"]?.int == 4)
        let named = try await fixture.json(.analytics, .post, "/api/v1/sprint3/analytics/performance/analyze",
                                           #"{"portfolio_id":"sample"}"#)
        #expect(named["performance"]?["sharpe_ratio"]?.double == expected.sharpeRatio)
        // Another life reads the same.
        let engine = try #require(fixture.hosts[.analytics]?.engine)
        try await engine.start()
        let again = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/sample")
        #expect(again == live)
        let health = try await fixture.json(.analytics, .get, "/api/v1/analytics/health")
        #expect(health["points"]?.int == 4 && health["status"]?.text == "healthy")
        await fixture.stop()
    }

    @Test @LoopActor func aStoredInstrumentIsABenchmark() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let bars = BarColumns.walk(6)
        try await fixture.store(bars, "SPY")
        let first = bars.times[0] / 86_400_000_000_000
        for row in [0, 1, 3, 5] { try await tell(fixture, first + Int64(row), bars.close[row] * 20) }
        let live = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/sample",
            query: "benchmark=SPY")
        // A position told on the first day is priced by the close of the newest value's day.
        try await fixture.publish(Topics.position, "sample", PositionUpdate(
            portfolioID: "sample", symbol: #require(Symbol("SPY")), quantity: FixedPoint(2),
                averageCost: FixedPoint(90),
            price: FixedPoint(91), realized: .zero, time: Timestamp(seconds: first * 86400)), from: .portfolio)
        let held = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/sample")
        #expect(held["positions"]?[0]?["price_ts"]?.text == Timestamp(nanoseconds: bars.times[5]).iso8601)
        #expect(abs((held["positions"]?[0]?["price"]?.double ?? 0) - bars.close[5]) < 1e-8)
        #expect(abs((live["benchmark"]?["beta"]?.double ?? 0) - 1) < 1e-6)
        let none = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/sample",
                                          query: "benchmark=NONE", status: 422)
        #expect(none.pointers == ["?benchmark"])
        await fixture.stop()
    }

    @Test @LoopActor func oneValueHasNoPerformanceAndNoneHasNoFigures() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        try await tell(fixture, 100, 0)
        try await tell(fixture, 101, 1000)
        let live = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/sample")
        #expect(live["performance"] == nil && live["pnl"]?["total_return"]?.double == 0)
        await fixture.stop()
    }
}
