import Analytics
import EngineKit
import HTTP
import Portfolio
import Risk
import Runtime
import Strategy
import Testing

@Suite struct ExecutionRouteTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/sprint3/analytics/execution/analyze"

    @Test @LoopActor func executionsOfABodyAreMeasured() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {"executions":[
              {"id":"a","symbol":"KO","side":"buy","quantity":100,"decision_price":40,"ts":1704205800000,"currency":"USD",
               "fills":[{"quantity":60,"price":40.2,"commission":1,"ts":1704205830000},
                        {"quantity":20,"price":40.4,"commission":0.5,"ts":1704205890000}]},
              {"symbol":"SAP","side":"sell","quantity":10,"price":100,"commission":2,"currency":"EUR"}],
             "benchmark_prices":{"KO":{"ts":[1704205800000,1704205860000,1704205890000,1704206400000],
               "price":[40.1,40.3,40.35,41],"volume":[100,200,100,50]}},"markouts":["30s","1d"]}
            """)
        let first = try #require(answer["executions"]?[0]), shortfall = try #require(first["implementation_shortfall"])
        #expect(first["fill_ratio"]?.double == 0.8 && first["missing"] == .array([]))
        #expect(first["slippage"]?["arrival"]?["price"]?.double == 40.1)
        #expect(abs((first["slippage"]?["vwap"]?["price"]?.double ?? 0) - 40.2625) < 1e-9)
        let parts = ["delay", "impact", "timing", "opportunity", "fees"].compactMap { shortfall[$0]?.double }
        let total = try #require(shortfall["total"]?.double)
        #expect(parts.count == 5 && abs(parts.reduce(0, +) - total) < 1e-9 && total == first["cost"]?.double)
        #expect(shortfall["opportunity"]?.double == 20 && shortfall["market_prices"]?.text == "vwap")
        #expect(first["markouts"]?["1d"] == .null)
        let markOut = try #require(first["markouts"]?["30s"]?.double)
        let moved: Double = 60 * (40.3 / 40.2 - 1) + 20 * (41 / 40.4 - 1)
        #expect(abs(markOut - moved / 80 * 1e4) < 1e-9)
        // Nothing to measure the second against: said, not guessed.
        let second = try #require(answer["executions"]?[1])
        #expect(second["missing"]?.elements.compactMap(\.text) == ["arrival", "decision", "vwap", "twap", "close"])
        #expect(second["cost"] == .null && second["slippage_bps"] == .null)
        // Currencies are not added up.
        #expect(answer["totals"]?.elements.compactMap { $0["currency"]?.text } == ["EUR", "USD"])
        #expect(answer["totals"]?[1]?["implementation_shortfall"]?["total"]?.double == total)
        await fixture.stop()
    }

    @Test(arguments: [
        (#"{"executions":[{"symbol":"KO","side":"buy","quantity":1}]}"#, ["/executions/0/fills"]),
        (#"{"executions":[{"symbol":"KO","side":"up","quantity":0,"price":-1}]}"#,
         ["/executions/0/side", "/executions/0/quantity", "/executions/0/price", "/executions/0/fills"]),
        (#"{"executions":[{"symbol":"KO","side":"buy","quantity":1,"fills":[{"quantity":2,"price":1}]}]}"#,
         ["/executions/0/fills"]),
        (#"{"executions":[],"benchmark_prices":{"KO":{"ts":[2,1],"price":[1,1]}},"markouts":["x"]}"#,
         ["/benchmark_prices/KO/price", "/markouts/0"]),
        (#"{"executions":[],"markouts":["1d","3654d","15000w","1d"]}"#, ["/markouts/1", "/markouts/2", "/markouts/3"]),
        (#"{"executions":[{"symbol":"KO","side":"buy","quantity":1,"price":1,"commission":1,"fills":[]}]}"#,
         ["/executions/0/price", "/executions/0/commission"]),
        (#"{"executions":[],"benchmark_prices":{"KO":{"ts":[1,2],"price":[1,1],"volume":[3,-5]}}}"#,
         ["/benchmark_prices/KO/volume/1"]),
    ])
    @LoopActor func wrongFieldsAreNamed(body: String, pointers: [String]) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let problem = try await fixture.json(.analytics, .post, Self.path, body, status: 422)
        #expect(problem.pointers.sorted() == pointers.sorted())
        await fixture.stop()
    }

    /// Ends after the last time that 64 bits of nanoseconds hold.
    @Test @LoopActor func aMarkOutAfterAllTimesIsNotKnown() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {"executions":[{"symbol":"A","side":"buy","quantity":100,"price":10,"ts":"2261-12-01"}],
             "benchmark_prices":{"A":{"ts":["2024-01-01","2024-01-03"],"price":[10,11],"volume":[1,1]}},
             "markouts":["150d","3653d"]}
            """)
        let markOuts = answer["executions"]?[0]?["markouts"]
        #expect(markOuts?["150d"] == .null && markOuts?["3653d"] == .null)
        await fixture.stop()
    }

    @Test(arguments: [("", nil), (#""benchmark_prices":{"B":{"close":20}},"#, 1000.0 / 21_000),
                      (#""benchmark_prices":{"B":{"vwap":10,"close":20}},"#, 1000.0 / 11_000)] as [(String, Double?)])
    @LoopActor func anUnfilledOrderCountsAtAnyPriceOfIt(prices: String, ratio: Double?) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {\(prices)"executions":[{"symbol":"A","side":"buy","quantity":100,"price":10},
             {"symbol":"B","side":"buy","quantity":1000,"fills":[]}]}
            """)
        #expect(answer["totals"]?[0]?["fill_ratio"]?.double == ratio)
        await fixture.stop()
    }

    /// The last price closes an order that ended by then, and no later one.
    @Test(arguments: [("2024-01-02T15:00:00Z", 11.0), ("2024-01-03T00:00:00Z", 11), ("2024-01-03T00:00:01Z", nil)]
        as [(String, Double?)])
    @LoopActor func aPriceBeforeTheEndIsNoClose(end: String, close: Double?) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {"executions":[{"symbol":"A","side":"buy","quantity":100,"ts":"2024-01-02T14:00:00Z","end_ts":"\(end)",
              "fills":[{"quantity":50,"price":10,"ts":"2024-01-02T14:30:00Z"}]}],
             "benchmark_prices":{"A":{"ts":["2024-01-01","2024-01-03"],"price":[10,11]}}}
            """)
        let told = try #require(answer["executions"]?[0])
        #expect(told["slippage"]?["close"]?["price"]?.double == close)
        #expect((told["implementation_shortfall"] == .null) == (close == nil))
        await fixture.stop()
    }

    /// The strategy trades on bars; its orders and its whole are measured, and the money is the ledger's.
    @Test @LoopActor func ordersAndStrategiesThatRan() async throws {
        let fixture = try await EngineFixture.make([
            AnalyticsEngine.self, StrategyEngine.self, RiskEngine.self, PortfolioEngine.self,
        ])
        let bars = BarColumns.walk(80)
        try await fixture.fund("p", #","watch":["KO"]"#)
        _ = try await fixture.json(.strategy, .post, "/api/v1/strategies/versions/s", """
            {"operation":"commit","message":"one","definition":{"symbol":"KO","timeframe":"1d",\
            "entry":"sma(close,3) > sma(close,6)","exit":"sma(close,3) < sma(close,6)","commission_bps":5,"slippage_bps":1}}
            """)
        let idle = try await fixture.json(.analytics, .get, "/api/v1/analytics/strategy/s")
        #expect(idle["deployments"]?.int == 0 && idle["performance"] == nil && idle["pnl"]?["pnl"]?.double == 0)
        let deployed = try await fixture.json(
            .strategy, .post, "/api/v1/strategies/deploy",
            #"{"strategy_id":"s","portfolio_id":"p","mode":"direct","trading_mode":"paper","capital":10000}"#)
        // Bars that are stored before a deployment warm it up and are not traded.
        try await fixture.store(bars, "KO")
        for row in 0..<80 { try await fixture.publish(bars.bar(row, "KO")) }
        await fixture.settle()
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        let strategy = try await fixture.json(.analytics, .get, "/api/v1/analytics/strategy/s")
        let trades = try #require(held["trades"]?.int), equity = try #require(held["equity"]?.double)
        #expect(trades > 2 && strategy["trades"]?["fills"]?.int == trades)
        #expect(abs((strategy["pnl"]?["equity"]?.double ?? 0) - equity) < 1e-6)
        #expect(abs((strategy["equity_curve"]?["value"]?.doubles.last ?? 0) - equity) < 1e-6)
        let whole = try #require(strategy["attribution"]?["total"]?.double)
        for list in ["by_symbol", "by_deployment"] {
            let parts = strategy["attribution"]?[list]?.elements.compactMap { $0["pnl"]?.double } ?? []
            #expect(parts.count == 1 && abs(parts.reduce(0, +) - whole) < 1e-9)
        }
        #expect(strategy["benchmark_symbol"]?.text == "KO" && strategy["benchmark"]?["beta"]?.double != nil)
        #expect(strategy["attribution"]?["by_deployment"]?[0]?["deployment_id"]?.text == deployed["id"]?.text)
        let orders = try await fixture.json(.strategy, .get, "/orders",
                                            query: "deployment_id=\(deployed["id"]?.text ?? "")")
        #expect(orders["items"]?.elements.count == trades)
        let none = try await fixture.json(.strategy, .get, "/orders", query: "deployment_id=other")
        #expect(none["items"] == .array([]))
        let order = try #require(orders["items"]?[trades - 1]), id = try #require(order["id"]?.text)
        let execution = try await fixture.json(.analytics, .get, "/api/v1/analytics/execution/\(id)")
        // An order of a bar is decided at its close, which is when it arrives too.
        #expect(execution["fill_ratio"]?.double == 1 && execution["timeframe"]?.text == "1d")
        #expect(execution["missing"] == .array([]))
        #expect(abs((execution["implementation_shortfall"]?["delay"]?.double ?? 1)) < 1e-6)
        #expect(execution["slippage"]?["decision"]?["price"]?.double == order["reference_price"]?.double)
        let fill = try await fixture.json(.analytics, .get, "/api/v1/analytics/execution/\(id).1")
        #expect(fill["notional"] == execution["notional"])
        for unknown in ["/api/v1/analytics/execution/none", "/api/v1/analytics/execution/\(id).7",
                        "/api/v1/analytics/execution/a%2Fb", "/api/v1/analytics/strategy/none"] {
            let problem = try await fixture.json(.analytics, .get, unknown, status: 404)
            #expect(problem["detail"]?.text?.isEmpty == false)
        }
        await fixture.stop()
    }

    @Test @LoopActor func noRouteIsLeftForLater() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let host = try #require(fixture.hosts[.analytics])
        #expect(Contract.later(.analytics, besides: host.engine.routes).isEmpty)
        // Without the strategy engine there is nothing to ask.
        _ = try await fixture.json(.analytics, .get, "/api/v1/analytics/execution/o1", status: 503)
        await fixture.stop()
    }
}
