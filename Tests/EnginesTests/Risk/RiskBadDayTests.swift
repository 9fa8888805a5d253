import Bus
import EngineKit
import HTTP
import Market
import Portfolio
@testable import Risk
import Runtime
import Strategy
import Telemetry
import Testing
import TestKit
import Wire

/// Bad input and bad days: what is missing, old, contradictory or away is said, and never passes as nothing.
@Suite struct RiskBadDayTests {
    init() { EventLoop.runInBackground() }

    private static let limits = "/api/v1/risk/limits"

    // MARK: Prices

    @LoopActor private func hold(_ fixture: EngineFixture, _ symbol: String, price: Int, in portfolio: String = "p")
        async throws {
        try await fixture.publish(Topics.position, portfolio, PositionUpdate(
            portfolioID: portfolio, symbol: try #require(Symbol(symbol)), quantity: FixedPoint(2),
            averageCost: FixedPoint(price), price: FixedPoint(price), realized: .zero, time: fixture.clock.now),
            from: .portfolio)
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func oldPricesAreCountedAndFlaggedOverARestartToo(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"type":"gross_exposure","threshold":1000000}"#, status: 201)
        let bars = BarColumns.walk(8, start: 60)
        try await hold(fixture, "KO", price: 50)
        try await hold(fixture, "PEP", price: 70)
        try await fixture.publish(bars.bar(0, "KO"))
        func told() async throws -> (value: Double?, warnings: [String]) {
            let live = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")
            return (live["checks"]?[0]?["value"]?.double, live["warnings"]?.elements.compactMap(\.text) ?? [])
        }
        let untold = "No price of PEP was told: it is valued at what the portfolio last said, or paid."
        let first = try await told()
        #expect(first.warnings == [untold])
        #expect(abs((first.value ?? 0) - 2 * (bars.close[0] + 70)) < 1e-9)
        // Another instrument's bar of six days later makes the price old; its value stays.
        try await hold(fixture, "GOOG", price: 10)
        try await fixture.publish(bars.bar(6, "GOOG"))
        let later = try await told()
        #expect(later.warnings == ["The price of KO is of 2020-01-01: older than five days.", untold])
        #expect(abs((later.value ?? 0) - 2 * (bars.close[0] + 70 + bars.close[6])) < 1e-9)
        // By the check of an order and by the detection as well; a portfolio that is sent has no times.
        let order = #"{"portfolio_id":"p","order":{"symbol":"KO","side":"buy","quantity":1,"price":60}}"#
        let check = try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", order)
        #expect(check["warnings"]?.elements.count == 2)
        let detected = try await fixture.json(.risk, .post, "/api/v1/risk/breaches", #"{"portfolio_id":"p"}"#)
        #expect(detected["warnings"]?.elements.count == 2)
        let sent = try await fixture.json(.risk, .post, "/risk/check/p",
            #"{"positions":[{"symbol":"KO","quantity":1,"price":5}],"limits":[]}"#)
        #expect(sent["warnings"]?.elements.isEmpty == true)
        // The next life values at the same prices and says the same of them.
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let symbols = ["KO", "PEP", "GOOG"].compactMap { Symbol($0) }
        let before = symbols.map { engine.state.price(of: $0) }
        await engine.stop()
        try await engine.start()
        #expect(symbols.map { engine.state.price(of: $0) } == before && before[0] != nil)
        let after = try await told()
        #expect(after.warnings == later.warnings && after.value == later.value)
        await fixture.stop()
    }

    /// However many holdings lack a price, one sentence names the first and counts the rest; the log says it once.
    @Test @LoopActor func manyWithoutAPriceAreOneWarning() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"type":"gross_exposure","threshold":1000000}"#, status: 201)
        for index in 10..<33 { try await hold(fixture, "S\(index)", price: 50) }
        let named = (10..<30).map { "S\($0)" }.joined(separator: ", ")
        let wanted = "No price of \(named) and 3 more was told: each is valued at what the portfolio last said, or paid."
        func told() async throws -> [String] {
            try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")["warnings"]?.elements
                .compactMap(\.text) ?? []
        }
        #expect(try await told() == [wanted])
        let report = try await fixture.json(.risk, .get, "/api/v1/risk/reports/liquidity", query: "portfolio=p")
        #expect(report["warnings"]?.elements.compactMap(\.text) == [
            wanted, "No daily bars of \(named) and 3 more are stored: figures from history leave them out.",
        ])
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        func logged() -> [String] { fixture.log.all.filter { $0.contains("limits rest on") } }
        for _ in 0..<3 { _ = try await engine.judge("p") }
        #expect(logged().count == 1 && logged().first?.contains(wanted) == true, "\(logged())")
        // What changes is said again, and what is well is not.
        try await fixture.publish(BarColumns.walk(1).bar(0, "S10"))
        for _ in 0..<3 { _ = try await engine.judge("p") }
        #expect(logged().count == 2 && logged().last?.contains("S30 and 2 more") == true, "\(logged())")
        for index in 11..<33 { try await fixture.publish(BarColumns.walk(1).bar(0, "S\(index)")) }
        for _ in 0..<3 { _ = try await engine.judge("p") }
        let last = try await told()
        #expect(logged().count == 2 && last.isEmpty)
        await fixture.stop()
    }

    /// Bars within a day move the price and not the close before, so a loss of the day is that of the day.
    @Test func theCloseBeforeIsThatOfAnotherDay() throws {
        let symbol = try #require(Symbol("KO"))
        var state = RiskState()
        for (day, hour, price) in [(0, 22, 50.0), (0, 23, 49), (1, 0, 48), (1, 1, 47), (1, 2, 46)] {
            state.apply(Bar(symbol: symbol, timeframe: .hour1, time: Timestamp(seconds: Int64(day * 24 + hour) * 3600),
                            open: price, high: price, low: price, close: price, volume: 1))
        }
        #expect(state.price(of: symbol)?.last == 46 && state.price(of: symbol)?.previous == 49)
    }

    // MARK: Currencies

    @LoopActor private func tell(_ fixture: EngineFixture, _ portfolio: String, _ currency: String?) async throws {
        try await fixture.publish(Topics.value, portfolio, PortfolioValue(
            portfolioID: portfolio, time: fixture.clock.now, cash: FixedPoint(1000), marketValue: .zero, realized: .zero,
            unrealized: .zero, netDeposits: FixedPoint(1000), trades: 0, currency: currency), from: .portfolio)
    }

    @Test @LoopActor func amountsOfSeveralCurrenciesAreNotAddedUp() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await tell(fixture, "a", "USD")
        try await tell(fixture, "b", nil)
        for scope in ["firm", "trader:ann"] {
            _ = try await fixture.json(.risk, .post, Self.limits,
                #"{"id":"\#(scope)","type":"gross_exposure","threshold":100000,"scope":"\#(scope)"}"#, status: 201)
        }
        try await fixture.publish(Topics.fill, "b", Fill(
            id: "f", orderID: "o", portfolioID: "b", strategyID: "", symbol: try #require(Symbol("KO")), side: .buy,
            quantity: .one, price: FixedPoint(50), commission: .zero, trader: "ann", time: fixture.clock.now),
            from: .strategy)
        func check() async throws -> JSONTree {
            try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", """
                {"portfolio_id":"a","order":{"symbol":"KO","side":"buy","quantity":1,"price":50,"trader":"ann"}}
                """)
        }
        #expect(try await check()["allowed"] == .bool(true))
        try await tell(fixture, "b", "EUR")
        let mixed = try await check()
        #expect(mixed["allowed"] == .bool(false))
        #expect(Set(mixed["reasons"]?.elements.compactMap(\.text) ?? []) == [
            "cannot be judged: firm has portfolios in EUR and USD, which do not add up",
            "cannot be judged: trader:ann has portfolios in EUR and USD, which do not add up",
        ])
        await fixture.stop()
    }

    // MARK: Limits

    @Test @LoopActor func aLimitThatContradictsItselfIsRefused() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        for (more, pointer) in [
            (#","minimum":200"#, "/minimum"), (#","soft_threshold":200"#, "/soft_threshold"),
            (#","minimum":50,"schedule":{"threshold":40}"#, "/schedule/threshold"),
            (#","soft_threshold":50,"schedule":{"threshold":40}"#, "/schedule/threshold"),
            (#","minimum":50,"auto_adjust":{"reference_volatility":0.01,"least":40,"most":200}"#, "/auto_adjust/least"),
            (#","auto_adjust":{"reference_volatility":0.01,"least":40,"most":30}"#, "/auto_adjust/least"),
        ] {
            let body = #"{"id":"x","type":"net_exposure","threshold":100,"portfolio_id":"p"\#(more)}"#
            let refused = try await fixture.json(.risk, .post, Self.limits, body, status: 422)
            #expect(refused.pointers == [pointer], "\(body)")
        }
        // The same by a change.
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"id":"x","type":"net_exposure","threshold":100,"minimum":50}"#, status: 201)
        let changed = try await fixture.json(.risk, .put, Self.limits + "/x",
            #"{"type":"net_exposure","threshold":100,"minimum":50,"schedule":{"threshold":40}}"#, status: 422)
        #expect(changed.pointers == ["/schedule/threshold"])
        await fixture.stop()
    }

    // MARK: Portfolios and series

    /// Nothing held is nothing at risk, also of types that read returns.
    @Test @LoopActor func anEmptyPortfolioPassesEveryLimit() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let types: [LimitType] = [
            .grossExposure, .netExposure, .leverage, .positionSize, .positionWeight, .sectorConcentration, .herfindahl,
            .valueAtRisk, .expectedShortfall, .volatility, .dailyLoss, .turnover, .orderSize, .liquidityDays, .stressLoss,
            .maxDrawdown,
        ]
        let limits = types.map { #"{"type":"\#($0.rawValue)","threshold":0.5}"# }.joined(separator: ",")
        let answer = try await fixture.json(.risk, .post, "/risk/check/p", """
            {"positions":[],"cash":1000,"returns":{"KO":[0.01,0.02]},"scenarios":[{"shocks":{"*":-0.5}}],
             "equity_curve":{"value":[1000]},"limits":[\(limits)]}
            """)
        #expect(answer["allowed"] == .bool(true), "\(answer.json)")
        #expect(answer["checks"]?.elements.compactMap { $0["value"]?.double } == types.map { _ in 0 }, "\(answer.json)")
        await fixture.stop()
    }

    private static let methods = [
        "parametric", "student_t", "historical", "age_weighted", "filtered_historical", "garch_filtered_historical",
        "cornish_fisher", "monte_carlo", "gaussian_copula", "t_copula",
    ]

    @Test(arguments: methods)
    @LoopActor func degenerateSeriesGiveNumbersOrAReason(_ method: String) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let long = (0..<60).map { "\(Double(($0 * 37) % 19 - 9) / 900)" }.joined(separator: ",")
        let flat = (0..<60).map { _ in "0" }.joined(separator: ",")
        func ask(_ returns: String, _ weights: String) async throws -> (status: Int, answer: JSONTree) {
            let response = try await fixture.ask(.risk, .post, "/risk/var", """
                {"returns":{\(returns)},"weights":{\(weights)},"method":"\(method)","simulations":2000}
                """)
            return (response.status, try JSONTree(response.body))
        }
        // A figure, or a refusal that names a field; never a number that is none.
        func holds(_ found: (status: Int, answer: JSONTree), _ value: (Double) -> Bool) -> Bool {
            if found.status == 422 { return !found.answer.pointers.isEmpty }
            guard found.status == 200, let risk = found.answer["value_at_risk"]?.double,
                  let tail = found.answer["expected_shortfall"]?.double else { return false }
            return value(risk) && value(tail)
        }
        let zero = try await ask(#""A":[\#(long)],"B":[\#(long)]"#, #""A":0,"B":0"#)
        #expect(holds(zero) { abs($0) < 1e-12 }, "\(zero.answer.json)")
        let nothing = try await ask(#""A":[\#(flat)]"#, #""A":1"#)
        #expect(holds(nothing) { abs($0) < 1e-12 }, "\(nothing.answer.json)")
        let twins = try await ask(#""A":[\#(long)],"B":[\#(long)]"#, #""A":0.5,"B":0.5"#)
        #expect(twins.status == 200 && holds(twins) { $0.isFinite && $0 > 0 }, "\(twins.answer.json)")
        let few = try await ask(#""A":[0.01,-0.02],"B":[0.02,0.01],"C":[-0.01,0.03]"#, #""A":0.3,"B":0.3,"C":0.4"#)
        #expect(holds(few) { $0.isFinite }, "\(few.answer.json)")
        let one = try await ask(#""A":[0.01]"#, #""A":1"#)
        #expect(one.status == 422 && one.answer.pointers == ["/returns/A"], "\(one.answer.json)")
        await fixture.stop()
    }

    // MARK: Engines

    /// Without an answer from risk nothing is traded.
    @Test @LoopActor func withoutTheRiskEngineNoOrderIsFilled() async throws {
        let fixture = try await EngineFixture.make([StrategyEngine.self, PortfolioEngine.self])
        try await fixture.store(.walk(3), "KO")
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#, status: 201)
        let order = try await fixture.json(
            .strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":1}"#)
        #expect(order["state"]?.text == "pending" && order["fills"] == .array([]))
        let bars = BarColumns.walk(4)
        try await fixture.publish(bars.bar(3, "KO"))
        let id = try #require(order["id"]?.text)
        #expect(try await fixture.json(.strategy, .get, "/orders/\(id)")["state"]?.text == "pending")
        await fixture.stop()
    }

    /// A curve out of order would hide a fall.
    @Test @LoopActor func anEquityCurveHasItsOrder() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        func pointers(_ curve: String) async throws -> [String] {
            try await fixture.json(.risk, .post, "/risk/check/p", """
                {"positions":[],"cash":50,"equity_curve":\(curve),"limits":[{"type":"max_drawdown","threshold":0.3}]}
                """, status: 422).pointers
        }
        let days = #""2024-01-02","2024-01-04","2024-01-03""#
        #expect(try await pointers(#"{"ts":[\#(days)],"value":[100,50,80]}"#) == ["/equity_curve/ts/2"])
        #expect(try await pointers(#"{"ts":["2024-01-02","2024-01-02"],"value":[100,50]}"#) == ["/equity_curve/ts/1"])
        #expect(try await pointers(#"{"value":[-100,-150]}"#) == ["/equity_curve/value/0"])
        await fixture.stop()
    }

}
