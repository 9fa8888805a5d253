import Analytics
import EngineKit
import HTTP
import Market
import Portfolio
import Quant
import Runtime
import Testing
import Wire

/// Dialects, rolling figures, flows, currencies and attribution of the two routes that take a body.
@Suite struct AnalysisTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/analytics/calculate/p"
    private static let analyze = "/api/v1/sprint3/analytics/performance/analyze"
    private let returns = [0.01, -0.02, 0.015, 0.003, -0.007, 0.011, -0.001, 0.004]
    private let other = [0.008, -0.015, 0.01, 0.004, -0.01, 0.009, 0.001, -0.002]

    @Test(arguments: ReturnDialect.allCases)
    @LoopActor func aDialectTellsItsNumbersAndSaysSo(_ dialect: ReturnDialect) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {"positions":[],"returns":\(returns),"benchmark_returns":\(other),"dialect":"\(dialect.rawValue)"}
            """)
        let conventions = ReturnConventions(periodsPerYear: dialect.periodsPerYear)
        let told = try Performance(returns: returns, conventions: conventions)
            .told(as: dialect, returns: returns, conventions: conventions)
        #expect(answer["performance"]?["sharpe_ratio"]?.double == told.sharpeRatio)
        #expect(answer["performance"]?["max_drawdown"]?.double == told.maxDrawdown)
        #expect(answer["performance"]?["value_at_risk"]?.double == (told.valueAtRisk.isNaN ? nil : told.valueAtRisk))
        #expect(answer["conventions"]?["dialect"]?.text == dialect.rawValue)
        #expect(answer["conventions"]?["periods_per_year"]?.double == dialect.periodsPerYear)
        #expect(answer["conventions"]?["ddof"]?.int == 1 && answer["tail_risk"]?.keys.count == 4)
        await fixture.stop()
    }

    /// Without a dialect every figure of `performance` that the returns define is told.
    @Test @LoopActor func thePathIsToldByDefault() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, #"{"positions":[],"returns":\#(returns)}"#)
        let told = try #require(answer["performance"]), path = try PathFigures(returns: returns)
        for (name, value) in [
            ("ulcer_index", path.ulcerIndex), ("pain_index", path.painIndex), ("martin_ratio", path.martinRatio),
            ("gain_to_pain_ratio", path.gainToPainRatio), ("recovery_factor", path.recoveryFactor),
            ("win_rate", 5.0 / 8), ("payoff_ratio", path.payoffRatio), ("profit_factor", path.profitFactor),
            ("best_return", 0.015), ("worst_return", -0.02),
        ] {
            #expect(told[name]?.double == value && value != nil, "\(name)")
        }
        #expect(!told.keys.contains { told[$0] == .null })
        await fixture.stop()
    }

    @Test @LoopActor func rollingFiguresAndTheSharpesSignificance() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {"positions":[],"returns":\(returns),"benchmark_returns":\(other),"rolling_window":5,"trials":10,\
            "target_sharpe":0.5,"weights":{"A":0.6,"B":0.4},"benchmark_weights":{"B":0.5,"C":0.5}}
            """)
        let rolling = try RollingFigures(returns: returns, benchmark: other, window: 5)
        #expect(answer["rolling"]?["sharpe_ratio"]?.doubles == rolling.sharpeRatio)
        #expect(answer["rolling"]?["beta"]?.doubles == rolling.beta && rolling.beta.count == 4)
        let sharpe = try #require(SharpeSignificance(returns: returns)), target = 0.5 / 252.0.squareRoot()
        #expect(answer["sharpe_significance"]?["probabilistic"]?.double == sharpe.probability(above: target))
        #expect(answer["sharpe_significance"]?["deflated"]?.double == sharpe.deflated(trials: 10))
        #expect(answer["performance"]?["probabilistic_sharpe_ratio"]?.double == sharpe.probability(above: target))
        #expect(abs((answer["active_share"]?.double ?? 0) - 0.6) < 1e-12)
        // A window that is longer than the series leaves nothing; one return has no ratios.
        let short = try await fixture.json(.analytics, .post, Self.path,
                                           #"{"positions":[],"returns":[0.01],"rolling_window":5}"#)
        #expect(short["rolling"]?["sharpe_ratio"] == .array([]) && short["performance"]?["sharpe_ratio"] == .null)
        #expect(short["tail_risk"]?["gaussian"]?["value_at_risk"] == .null && short["sharpe_significance"] == nil)
        await fixture.stop()
    }

    @Test @LoopActor func flowsGiveMoneyAndTimeWeightedReturns() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let curve = #""equity_curve":{"ts":["2023-01-01","2023-07-01","2024-01-01"],"value":[1000,1600,1430]}"#
        let answer = try await fixture.json(.analytics, .post, Self.analyze, """
            {\(curve),"flows":{"ts":["2023-07-01","2023-12-31"],"amount":[500,-200]}}
            """)
        let told = try #require(answer["flow_returns"])
        #expect(told["gain"]?.double == 130 && told["net_flow"]?.double == 300)
        let chain: Double = 1100.0 / 1000 * 1630 / 1600 - 1
        #expect(abs((told["time_weighted"]?.double ?? 0) - chain) < 1e-12)
        #expect(answer["performance"]?["total_return"]?.double.map { abs($0 - chain) < 1e-12 } == true)
        #expect((told["money_weighted"]?.double ?? 0) > 0.08 && told["money_weighted_note"] == nil)
        // A day after the start it was there for all but a day.
        let early = try await fixture.json(.analytics, .post, Self.analyze, """
            {"equity_curve":{"ts":["2023-01-01","2024-01-01"],"value":[1000,1600]},
             "flows":{"ts":["2023-01-02"],"amount":[500]}}
            """)["flow_returns"]
        for name in ["money_weighted", "modified_dietz"] {
            #expect(abs((early?[name]?.double ?? 0) - 0.0667) < 1e-4, "\(name)")
        }
        #expect(abs((early?["time_weighted"]?.double ?? 0) - 0.1) < 1e-12)
        let ambiguous = try await fixture.json(.analytics, .post, Self.analyze, """
            {"equity_curve":{"ts":["2021-01-01","2022-01-01","2023-01-01"],"value":[1000,100,1]
            },"flows":{"ts":["2022-01-01","2023-01-01"],"amount":[-2300,1321]}}
            """)
        #expect(ambiguous["flow_returns"]?["money_weighted"] == .null)
        #expect(ambiguous["flow_returns"]?["money_weighted_note"]?.text?.contains("several") == true)
        #expect(ambiguous["flow_returns"]?["money_weighted_candidates"]?.elements.count == 2)
        // What came in was lost before the next value: no return compounds that, and none is told.
        let lost = """
            "equity_curve":{"ts":["2023-01-01","2023-12-31","2024-12-30"],"value":[1000,1600,1700]},\
            "flows":{"ts":["2023-06-01"],"amount":[2600]}
            """
        let below = try await fixture.json(.analytics, .post, Self.analyze, "{\(lost)}")
        #expect(below["flow_returns"]?["time_weighted"] == .null && below["performance"] == nil)
        #expect(below["flow_returns"]?["time_weighted_note"]?.text?.contains("less than nothing") == true)
        #expect(below["flow_returns"]?["gain"]?.double == -1900)
        for (body, pointer) in [
            (#"{\#(lost),"benchmark_returns":[0.1,0.1]}"#, "/flows"),
            (#"{"returns":[0.1],"flows":{"ts":["2023-01-01"],"amount":[1]}}"#, "/flows"),
            (#"{\#(curve),"flows":{"ts":["2025-01-01"],"amount":[1]}}"#, "/flows/ts"),
            (#"{\#(curve),"flows":{"ts":["2023-01-01"],"amount":[]}}"#, "/flows/amount"),
            (#"{"returns":[0.1,-1.66]}"#, "/returns/1"),
            (#"{"returns":[0.1,-1],"benchmark_returns":[-2,0]}"#, "/benchmark_returns/0"),
        ] {
            let problem = try await fixture.json(.analytics, .post, Self.analyze, body, status: 422)
            #expect(problem.pointers.contains(pointer), "\(body) \(problem.pointers)")
        }
        await fixture.stop()
    }

    @Test @LoopActor func currenciesAreConvertedOrRefused() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let positions = """
            [{"symbol":"KO","quantity":10,"average_cost":40,"price":41,"currency":"USD"},
             {"symbol":"SAP","quantity":5,"average_cost":100,"price":120,"currency":"EUR"}]
            """
        let problem = try await fixture.json(.analytics, .post, Self.path, #"{"positions":\#(positions)}"#, status: 422)
        #expect(problem.pointers == ["/positions/1/currency"])
        let answer = try await fixture.json(.analytics, .post, Self.path,
                                            #"{"positions":\#(positions),"fx_rates":{"EUR":1.1}}"#)
        #expect(answer["currency"]?.text == "USD" && answer["pnl"]?["market_value"]?.double == 1070.0)
        #expect(answer["pnl"]?["unrealized"]?.double == 120.0)
        let inEuro = try await fixture.json(
            .analytics, .post, Self.path, #"{"positions":\#(positions),"currency":"EUR","fx_rates":{"USD":0.5}}"#)
        #expect(inEuro["pnl"]?["market_value"]?.double == 805.0)
        await fixture.stop()
    }

    @Test @LoopActor func holdingsByPeriodAreAttributed() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let periods = """
            [{"holdings":[
              {"symbol":"A","sector":"Tech","style":"growth","weight":0.6,"benchmark_weight":0.4,"return":0.05,
               "exposures":{"size":1.2,"value":-0.5}},
              {"symbol":"B","sector":"Tech","weight":0.1,"benchmark_weight":0.3,"return":-0.02,
               "exposures":{"size":0.4,"value":0.3}},
              {"symbol":"C","sector":"Staples","weight":0.3,"benchmark_weight":0.3,"return":0.01,
               "exposures":{"size":-0.2,"value":0.9}}]},
             {"holdings":[
              {"symbol":"A","sector":"Tech","weight":0.5,"benchmark_weight":0.4,"return":-0.03,"exposures":{"size":1.1}},
              {"symbol":"B","sector":"Tech","weight":0.2,"benchmark_weight":0.3,"return":0.04,"exposures":{"value":0.2}},
              {"symbol":"C","sector":"Staples","weight":0.3,"benchmark_weight":0.3,"return":0.02,
               "exposures":{"value":1}}],"factor_returns":{"size":-0.02,"value":0.01}}]
            """
        let body = #"{"attribution":{"periods":\#(periods)}}"#
        let answer = try await fixture.json(.analytics, .post, Self.analyze, body)
        let told = try #require(answer["active_attribution"]), whole = try #require(told["active_return"]?.double)
        #expect(told["linking"]?.text == "Cariño" && abs(whole) > 1e-4)
        for (list, count) in [("by_sector", 2), ("by_style", 2), ("by_security", 3)] {
            let parts = told[list]?.elements.compactMap { $0["total"]?.double } ?? []
            #expect(parts.count == count && abs(parts.reduce(0, +) - whole) < 1e-12)
        }
        let factors = try #require(told["factors"])
        let parts = factors["by_factor"]?.elements.compactMap { $0["contribution"]?.double } ?? []
        #expect(parts.count == 2 && abs(parts.reduce(factors["specific"]?.double ?? .nan, +) - whole) < 1e-12)
        let wrong = try await fixture.json(.analytics, .post, Self.analyze, """
            {"attribution":{"periods":[{"holdings":[{"symbol":"A","weight":0.9,"benchmark_weight":1,"return":0.1}]}]}}
            """, status: 422)
        #expect(wrong.pointers == ["/attribution/periods/0/holdings"] && wrong.messages[0].contains("cash"))
        let none = try await fixture.json(.analytics, .post, Self.analyze,
                                          #"{"attribution":{"periods":[{"holdings":[]}]}}"#, status: 422)
        #expect(none.pointers == ["/attribution/periods/0/holdings"])
        await fixture.stop()
    }

    /// What is told of a followed portfolio is the ledger's money: the parts and the ways of telling it agree.
    @Test @LoopActor func returnsReconcileToTheLedger() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self, PortfolioEngine.self])
        _ = try await fixture.json(.portfolio, .post, "/portfolios",
                                   #"{"id":"p","name":"P","currency":"USD","watch":["KO"]}"#, status: 201)
        let bars = BarColumns.walk(40)
        try await fixture.store(bars, "KO")
        func book(_ body: String) async throws {
            _ = try await fixture.json(.portfolio, .post, "/portfolios/p/transactions", body, status: 201)
            await fixture.settle()
        }
        func stamp(_ row: Int) -> String { Timestamp(nanoseconds: bars.times[row]).iso8601 }
        try await book(#"{"type":"deposit","amount":10000,"ts":"\#(stamp(0))"}"#)
        for row in 0..<40 {
            try await fixture.publish(bars.bar(row, "KO"))
            switch row {
            case 3: try await book(
                #"{"type":"buy","symbol":"KO","quantity":50,"price":100.5,"commission":1.25,"ts":"\#(stamp(row))"}"#)
            case 9: try await book(#"{"type":"deposit","amount":2500.5,"ts":"\#(stamp(row))"}"#)
            case 14: try await book(#"{"type":"dividend","symbol":"KO","amount":20,"ts":"\#(stamp(row))"}"#)
            case 20: try await book(
                #"{"type":"sell","symbol":"KO","quantity":20,"price":101.25,"commission":0.5,"ts":"\#(stamp(row))"}"#)
            case 26: try await book(#"{"type":"withdrawal","amount":700,"ts":"\#(stamp(row))"}"#)
            case 30: try await book(#"{"type":"fee","amount":3.75,"ts":"\#(stamp(row))"}"#)
            default: break
            }
        }
        await fixture.settle()
        let held = try await fixture.json(.portfolio, .get, "/portfolios/p")
        let live = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/p")
        func money(_ tree: JSONTree?, _ name: String) -> Double { tree?[name]?.double ?? .nan }
        let ledger = live["ledger"], gain = money(ledger, "gain")
        #expect(money(ledger, "net_deposits") == 11_800.5)
        #expect(abs(gain - (money(held, "equity") - 11_800.5)) < 1e-9)
        #expect(money(ledger, "realized") == (money(held, "realized")))
        #expect(abs(money(ledger, "unrealized") - (money(held, "unrealized"))) < 1e-9)
        let income = money(held, "dividends") - (money(held, "fees"))
        #expect(abs(money(ledger, "income_less_fees") - income) < 1e-9 && income == 20 - 1.25 - 0.5 - 3.75)
        // The first value holds the first deposit, so all of the gain is since then.
        let told = live["flow_returns"]
        #expect(abs(money(told, "gain") - gain) < 1e-6 && (money(told, "net_flow")) == 1800.5)
        #expect(abs(money(told, "time_weighted") - (money(live["pnl"], "total_return"))) < 1e-12)
        #expect(abs(money(told, "return_on_investment") - gain / 12_500.5) < 1e-9)
        #expect(told?["money_weighted"]?.double != nil)
        await fixture.stop()
    }
}
