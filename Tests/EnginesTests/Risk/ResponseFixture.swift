import EngineKit
import HTTP
import Market
import Portfolio
@testable import Risk
import Runtime
import Strategy
import Testing
import TestKit

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

    /// Tells of so many shares at 50, without a ledger, and has the monitor look.
    func hold(_ quantity: Int) async throws {
        try await publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(quantity),
            averageCost: FixedPoint(50), price: FixedPoint(50), realized: .zero, time: clock.now), from: .portfolio)
        try await look()
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
