import Bus
import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Store
import Testing
import TestKit
import Wire

/// Limits are judged at the newest price of the market, quotes included.
@Suite struct QuoteMarkTests {
    init() { EventLoop.runInBackground() }

    private static let day: Int64 = 86_400

    /// Seconds after a Wednesday's midnight in UTC.
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 20_000 * Self.day + seconds) }

    @LoopActor private func quote(_ fixture: EngineFixture, _ name: String, _ middle: Double, at time: Timestamp)
        async throws {
        try await fixture.publish(Topics.quote, name, Quote(
            symbol: try #require(Symbol(name)), time: time, bid: middle - 1, ask: middle + 1), from: .marketdata)
    }

    /// 10 KO at 50 and 500 in cash, told at `time(0)`.
    @LoopActor private func fixture(_ limits: [String], _ records: EngineRecords = .sqlite) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        for limit in limits { _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits", limit, status: 201) }
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(10), averageCost: FixedPoint(50),
            price: FixedPoint(50), realized: .zero, time: time(0)), from: .portfolio)
        try await fixture.publish(Topics.value, "p", PortfolioValue(
            portfolioID: "p", time: time(0), cash: FixedPoint(500), marketValue: FixedPoint(500), realized: .zero,
            unrealized: .zero, netDeposits: FixedPoint(1000), trades: 1), from: .portfolio)
        return fixture
    }

    @LoopActor private func values(_ fixture: EngineFixture) async throws -> [String: Double] {
        let told = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")
        return Dictionary((told["checks"]?.elements ?? []).compactMap { check in
            check["type"]?.text.flatMap { name in check["value"]?.double.map { (name, $0) } }
        }) { $1 }
    }

    @Test @LoopActor func anOrderIsJudgedAtTheQuoteThatCameBeforeIt() async throws {
        let fixture = try await fixture([#"{"id":"g","type":"gross_exposure","threshold":700}"#])
        try fixture.listen([Topics.decision])
        func decide(_ id: String, _ name: String, _ quantity: Int, side: Side = .buy) async throws -> Bool? {
            try await fixture.publish(Topics.intent, "p", OrderIntent(
                orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol(name)), side: side,
                size: .quantity(FixedPoint(quantity)), expectedQuantity: FixedPoint(quantity),
                referencePrice: FixedPoint(50), time: time(9)), from: .strategy)
            return try fixture.published.compactMap { message in
                try JSONParser().withDocument(message.data) { RiskDecision(json: $0) }
            }.last { $0.orderID == id }?.isApproved
        }
        // At the price of its purchase it would be 550.
        try await quote(fixture, "KO", 100, at: time(1))
        #expect(try await decide("a", "KO", 1) == false)
        try await quote(fixture, "KO", 40, at: time(2))
        #expect(try await decide("b", "KO", 1) == true)
        // Of an instrument that is not held as well: 440 and 2 at 200, which the order says cost 50.
        for (second, price) in [(3, 50.0), (4, 200)] as [(Int64, Double)] {
            try await quote(fixture, "PEP", price, at: time(second))
        }
        #expect(try await decide("c", "PEP", 2) == false)
        try await quote(fixture, "PEP", 100, at: time(5))
        #expect(try await decide("d", "PEP", 2) == true)
        await fixture.stop()
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func everyMeasureFollowsQuotesAndSoDoesTheNextLife(_ records: EngineRecords) async throws {
        let fixture = try await fixture([
            #"{"type":"gross_exposure","threshold":1e6}"#, #"{"type":"leverage","threshold":9}"#,
            #"{"type":"daily_loss","threshold":1e6}"#, #"{"type":"max_drawdown","threshold":0.5}"#,
        ], records)
        // No market has spoken: it counts as unchanged.
        #expect(try await values(fixture) == [
            "gross_exposure": 500, "leverage": 0.5, "daily_loss": 0, "max_drawdown": 0,
        ])
        let store = try #require(fixture.hosts[.risk]).context.records
        try await quote(fixture, "KO", 40, at: time(60))
        #expect(try await values(fixture) == [
            "gross_exposure": 400, "leverage": 4.0 / 9, "daily_loss": 0, "max_drawdown": 0.09999999999999998,
        ])
        // The next day it has fallen by five; an older quote changes nothing.
        try await quote(fixture, "KO", 35, at: time(Self.day + 60))
        try await quote(fixture, "KO", 80, at: time(Self.day + 30))
        let next = try await values(fixture)
        #expect(next["daily_loss"] == 50 && next["gross_exposure"] == 350)
        // Quotes commit nothing, and what is committed next takes their prices along.
        #expect(try await MarkRecords.marks(store).isEmpty)
        try await fixture.publish(Topics.value, "q", PortfolioValue(
            portfolioID: "q", time: time(0), cash: .zero, marketValue: .zero, realized: .zero, unrealized: .zero,
            netDeposits: .zero, trades: 0), from: .portfolio)
        #expect(try await MarkRecords.marks(store).count == 1)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.stop()
        try await engine.start()
        #expect(try await values(fixture) == next)
        try await quote(fixture, "KO", 80, at: time(Self.day + 30))
        #expect(try await values(fixture) == next)
        await fixture.stop()
    }

    /// What an urgent commit takes along: what must be there with it, and each second a few of what waits longest.
    @Test func fewPricesGoWithAnUrgentCommit() throws {
        let symbols = try (0..<40).map { try #require(Symbol("S\($0)")) }
        var moved = MovedPrices()
        for symbol in symbols.dropFirst(2) { moved.insert(symbol) }
        for symbol in symbols.prefix(3) { moved.insert(symbol, pressing: true) }
        func take(_ second: Int64, urgent: Bool = true) -> [Symbol] {
            moved.take(urgent: urgent, at: second * 1_000_000_000)
        }
        let first = take(5)
        // The third had been waiting.
        #expect(first == [symbols[2], symbols[1], symbols[0]] + symbols[3..<16])
        #expect(take(5).isEmpty && take(6) == Array(symbols[16..<32]))
        for place in [0, 33, 33] { moved.insert(symbols[place], pressing: true) }
        moved.insert(symbols[1])
        #expect(take(6) == [symbols[33], symbols[0]])
        #expect(take(6, urgent: false) == [symbols[32]] + symbols[34..<40] + [symbols[1]])
        #expect(take(9).isEmpty && moved.isEmpty)
    }

    /// Prices of any order: the newest counts, and a close before is of a day before.
    @Test func theNewestPriceCountsAndReplaysGoTheirWay() {
        var market = MarketPrice()
        func told() -> [Double?] { [market.mark?.last, market.mark?.previous] }
        func bar(_ price: Double, _ seconds: Int64) -> Bool { market.take(close: price, at: time(seconds)) }
        func quote(_ price: Double, _ seconds: Int64) -> Bool { market.take(quote: price, at: time(seconds)) }
        #expect(bar(50, 0) && told() == [50, nil])
        #expect(quote(51, 3600) && told() == [51, nil])
        // A late bar, and a late quote.
        #expect(!bar(49, 1800) && told() == [51, nil])
        #expect(!quote(48, 3500) && told() == [51, nil])
        #expect(quote(52, Self.day) && told() == [52, 51])
        #expect(bar(53, Self.day + 60) && told() == [53, 51])
        #expect(!quote(54, Self.day + 59) && told() == [53, 51])
        // A replay of a year before begins, and goes on: its days have their own closes before.
        #expect(bar(20, -365 * Self.day) && told() == [20, nil])
        #expect(bar(21, -364 * Self.day) && told() == [21, 20])
        // Live quotes have theirs.
        #expect(quote(55, 2 * Self.day) && told() == [55, 52])
        #expect(bar(22, -363 * Self.day) && told() == [22, 21])
        // The same replay again, from its beginning.
        #expect(bar(20, -365 * Self.day) && told() == [20, nil])
    }
}
