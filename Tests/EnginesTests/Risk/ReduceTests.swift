import Bus
import EngineKit
import HTTP
import Market
import Portfolio
@testable import Risk
import Runtime
import Strategy
import Testing
import TestKit
import Wire

/// A breach, the rule that reduces, its orders through risk and the paper venue, fills, the ledger, and the end of the
/// case.
@Suite struct ReduceTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    /// Holds a hundred of each instrument, bought at the last stored close, and follows the portfolio.
    @LoopActor private func fixture(_ records: EngineRecords) async throws -> (EngineFixture, [String: BarColumns]) {
        let fixture = try await EngineFixture.make(
            [RiskEngine.self, StrategyEngine.self, PortfolioEngine.self], records: records)
        let bars = ["KO": BarColumns.walk(6, start: 50), "PEP": BarColumns.walk(6, seed: 2, start: 50)]
        for (symbol, columns) in bars { try await fixture.store(columns.prefix(5), symbol) }
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#, status: 201)
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios/p/transactions", #"{"type":"deposit","amount":100000}"#, status: 201)
        await fixture.settle()
        for symbol in ["KO", "PEP"] {
            let order = try await fixture.json(
                .strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"\#(symbol)","side":"buy","quantity":100}"#)
            #expect(order["state"]?.text == "filled", "\(order.json)")
        }
        await fixture.settle()
        return (fixture, bars)
    }

    /// So many further rounds of the monitor, five seconds apart, with all that comes of each.
    @LoopActor private func rounds(_ fixture: EngineFixture, _ engine: RiskEngine, _ count: Int) async throws {
        for _ in 0..<count {
            let before = engine.monitor.rounds["p"] ?? 0
            fixture.clock.advance(nanoseconds: 5_000_000_000)
            await fixture.until("a round is over") { engine.monitor.rounds["p"] ?? 0 > before }
            await engine.responder.round()
            await fixture.until("nothing is under way") { engine.responder.isIdle }
            await fixture.settle()
        }
    }

    @LoopActor private func held(_ fixture: EngineFixture) async throws -> [String: Double] {
        let items = try await fixture.json(.portfolio, .get, "/portfolios/p")["positions"]?.elements ?? []
        return Dictionary(uniqueKeysWithValues: items.compactMap { item in
            guard let symbol = item["symbol"]?.text, let quantity = item["quantity"]?.double else { return nil }
            return (symbol, quantity)
        })
    }

    /// KO doubles, so that the holdings are worth more than they may be; both are cut by the share that brings them to
    /// three quarters of the limit, and the case is over. Nothing is ever sold for it again, in the next life either.
    @Test(arguments: EngineRecords.here)
    @LoopActor func aBreachIsReducedAwayAndItsCaseCloses(_ records: EngineRecords) async throws {
        let (fixture, bars) = try await fixture(records)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        try fixture.listen([Topics.riskCase])
        let ko = try #require(bars["KO"]), pep = try #require(bars["PEP"])
        let before = 100 * (ko.close[4] + pep.close[4]), threshold = (before * 1.25).rounded()
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"gross","type":"gross_exposure","threshold":\#(threshold),"portfolio_id":"p"}"#, status: 201)
        _ = try await fixture.json(.risk, .post, Self.path + "/response-rules",
            #"{"id":"r","title":"Cut","action":"reduce","limit_type":"gross_exposure","fraction":0.75}"#, status: 201)
        _ = try await fixture.json(.risk, .post, Self.path + "/monitor/start", #"{"portfolio_ids":["p"]}"#)
        await fixture.until("a first round") { engine.monitor.rounds["p"] == 1 }
        try await rounds(fixture, engine, 2)
        #expect(try await held(fixture) == ["KO": 100, "PEP": 100])
        var up = ko.bar(5, "KO")
        (up.open, up.high, up.low, up.close) = (2 * ko.close[4], 2 * ko.close[4], 2 * ko.close[4], 2 * ko.close[4])
        try await fixture.publish(up)
        await fixture.settle()
        let value = 100 * (2 * ko.close[4] + pep.close[4])
        #expect(value > threshold)
        try await rounds(fixture, engine, 3)
        // What is kept of each, in whole units: the share is at most three quarters of the limit over its value.
        let kept = (100 * 0.75 * threshold / value).rounded(.down)
        #expect(try await held(fixture) == ["KO": kept, "PEP": kept])
        let cases = try await fixture.json(.risk, .get, Self.path + "/cases")
        #expect(cases["items"]?.elements.count == 1 && cases["items"]?[0]?["state"]?.text == "closed", "\(cases.json)")
        let responses = try await fixture.json(.risk, .get, Self.path + "/responses")
        #expect(responses["items"]?.elements.compactMap { $0["state"]?.text } == ["placed", "placed"])
        let steps = try fixture.published.map { try JSONTree($0.data)["step"]?.text }
        #expect(steps == ["opened", "planned", "planned", "done", "done", "closed"])
        await engine.stop()
        try await engine.start()
        await fixture.until("the next life's first round") { engine.monitor.rounds["p"] == 7 }
        try await rounds(fixture, engine, 2)
        #expect(try await held(fixture) == ["KO": kept, "PEP": kept])
        let orders = try await fixture.json(.strategy, .get, "/orders")
        #expect(orders["items"]?.elements.count == 4)
        let events = try await fixture.json(.risk, .get, Self.path + "/breaches", query: "severity=critical")
        #expect(events["items"]?.elements.count == 1 && fixture.published.count == 6)
        await fixture.stop()
    }
}
