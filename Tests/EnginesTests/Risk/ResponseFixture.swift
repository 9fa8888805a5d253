import EngineKit
import HTTP
import Market
import Portfolio
@testable import Risk
import Runtime
import Store
import Strategy
import Testing
import TestKit
import Wire

/// Holdings of KO, what the monitor finds of them, and what comes of it.
extension EngineFixture {
    var risk: RiskEngine { get throws { try #require(hosts[.risk]?.engine as? RiskEngine) } }

    /// A portfolio that holds a hundred of KO at 100, or is short of as many, by the ordinary way of an order.
    static func invested(_ side: String = "buy") async throws -> (EngineFixture, RiskEngine) {
        let fixture = try await make([RiskEngine.self, StrategyEngine.self, PortfolioEngine.self])
        try await fixture.fund(cash: 1_000_000)
        try await fixture.quote(100)
        #expect(try await fixture.order(side, 100) == "filled")
        return (fixture, try fixture.risk)
    }

    /// Quotes KO.
    func quote(_ price: Int) async throws {
        _ = try await json(
            .marketdata, .post, "/market-data/quotes", #"{"symbol":"KO","bid":\#(price),"ask":\#(price)}"#)
        await settle()
    }

    /// Orders KO; the state of the order as it was answered.
    func order(_ side: String, _ quantity: Int, limit: Int? = nil) async throws -> String? {
        let price = limit.map { #","price":\#($0)"# } ?? ""
        let placed = try await json(.strategy, .post, "/orders",
            #"{"portfolio_id":"p","symbol":"KO","side":"\#(side)","quantity":\#(quantity)\#(price)}"#)
        await settle()
        return placed["state"]?.text
    }

    /// How much of KO the ledger has.
    func held() async throws -> Double {
        let positions = try await json(.portfolio, .get, "/portfolios/p")["positions"]?.elements ?? []
        return positions.first { $0["symbol"]?.text == "KO" }?["quantity"]?.double ?? 0
    }

    /// Tells of so many shares, without a ledger.
    func tellHolding(_ quantity: Int, of symbol: String = "KO", at price: Int = 50) async throws {
        try await publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol(symbol)), quantity: FixedPoint(quantity),
            averageCost: FixedPoint(price), price: FixedPoint(price), realized: .zero, time: clock.now),
            from: .portfolio)
    }

    /// Tells of so many shares of KO at 50 and has the monitor look.
    func hold(_ quantity: Int) async throws {
        try await tellHolding(quantity)
        try await look()
    }

    /// What an order of a response is to risk: an intent of the strategy engine. Whether it is approved, and why not.
    func decide(_ id: String, _ quantity: Int, of symbol: String = "KO") async throws -> RiskDecision {
        try await publish(Topics.intent, "p", OrderIntent(
            orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol(symbol)), side: .sell,
            size: .quantity(FixedPoint(quantity)), expectedQuantity: FixedPoint(quantity),
            referencePrice: FixedPoint(100), time: clock.now), from: .strategy)
        let records = try #require(hosts[.risk]).context.records
        let known = try #require(try await RiskRecords.decision(id, records))
        return try #require(try JSONParser().withDocument(known.told) { RiskDecision(json: $0) })
    }

    /// Responses, newest first.
    func responses() async throws -> [JSONTree] {
        try await json(.risk, .get, "/api/v1/risk/responses")["items"]?.elements ?? []
    }

    /// Their states, in the order of the alphabet.
    func states() async throws -> [String] { try await responses().compactMap { $0["state"]?.text }.sorted() }

    /// Risk's records refuse to change rows of a table, and with them whatever stands in the same commit.
    func refuse(_ table: String) async throws {
        try await hosts[.risk]?.context.records.transaction([Statement("""
            CREATE TRIGGER refusal BEFORE UPDATE ON \(table) BEGIN SELECT RAISE(ABORT, 'refused'); END
            """)])
    }

    /// They take all again.
    func accept() async throws {
        try await hosts[.risk]?.context.records.transaction([Statement("DROP TRIGGER refusal")])
    }

    /// What the monitor finds.
    func look() async throws {
        let engine = try risk, checks = try await engine.judge("p")
        try await engine.monitor.note(try #require(checks), of: "p")
    }

    /// Time passes, and all is done that is due then.
    func pass(seconds: Int64) async throws {
        let responder = try risk.responder
        clock.advance(nanoseconds: seconds * 1_000_000_000)
        await responder.round()
        await until("nothing is under way") { responder.isIdle }
        await settle()
    }
}
