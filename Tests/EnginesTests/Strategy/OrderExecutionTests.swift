import EngineKit
import HTTP
import Market
import Portfolio
import Runtime
import Store
import Strategy
import Testing
import TestKit

/// Orders by hand whose decision comes when nobody waits for it any more; the test decides in risk's place.
@Suite struct OrderExecutionTests {
    init() { EventLoop.runInBackground() }

    /// A portfolio and three bars of KO, the last close known.
    @LoopActor private func make() async throws -> (EngineFixture, BarColumns) {
        let fixture = try await EngineFixture.make([StrategyEngine.self, PortfolioEngine.self])
        try fixture.listen([Topics.fill])
        let bars = BarColumns.walk(6)
        try await fixture.store(bars.prefix(3), "KO")
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#,
            status: 201)
        await fixture.settle()
        return (fixture, bars)
    }

    @LoopActor private func approve(_ fixture: EngineFixture, _ order: String) async throws {
        let decision = RiskDecision(orderID: order, isApproved: true, reasons: [], time: fixture.clock.now)
        try await fixture.publish(Topics.decision, "p", decision, from: .risk)
    }

    @LoopActor private func order(_ fixture: EngineFixture, _ id: String) async throws -> JSONTree {
        try await fixture.json(.strategy, .get, "/orders/\(id)")
    }

    /// The answer was pending, as risk stood still; then it decides.
    @Test @LoopActor func aLateDecisionExecutesAMarketOrderOnceAtTheLatestPrice() async throws {
        let (fixture, bars) = try await make()
        var answers: [JSONTree] = []
        let tasks = [#""id":"m","quantity":3"#, #""id":"l","quantity":2,"price":100000"#, #""id":"r","quantity":1,"price":1"#].map { more in
            spawn {
                let answer = try? await fixture.json(
                    .strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"KO","side":"buy",\#(more)}"#)
                if let answer { answers.append(answer) }
            }
        }
        for task in tasks { await task.value }
        #expect(answers.count == 3 && answers.allSatisfy { $0["state"]?.text == "pending" })
        for id in ["m", "l", "r"] { try await approve(fixture, id) }
        try await fixture.until("both are filled") {
            let states = [try await order(fixture, "m"), try await order(fixture, "l")].map { $0["state"]?.text }
            return states == ["filled", "filled"]
        }
        // The one whose limit is not met rests.
        #expect(try await order(fixture, "r")["state"]?.text == "working")
        let price = try #require(try await order(fixture, "m")["fills"]?[0]?["price"]?.double)
        #expect(abs(price - bars.close[2]) < 1e-8)
        // Neither a decision that comes again nor another price fills them again.
        for id in ["m", "l"] { try await approve(fixture, id) }
        var next = bars.bar(3, "KO")
        next.time = fixture.clock.now
        try await fixture.publish(next)
        await fixture.settle()
        #expect(Set(fixture.published.map(\.id)).count == 2)
        await fixture.stop()
    }

    /// The price came while the engine was away: the order meets it when the engine is back.
    @Test @LoopActor func afterARestartARestingOrderMeetsTheLatestPrice() async throws {
        let (fixture, bars) = try await make()
        let limit = bars.close[2] * 0.9
        let asked = spawn {
            _ = try? await fixture.json(
                .strategy, .post, "/orders",
                #"{"id":"o","portfolio_id":"p","symbol":"KO","side":"buy","quantity":1,"price":\#(limit)}"#)
        }
        await fixture.until("it is placed") {
            (try? await fixture.ask(.strategy, .get, "/orders/o"))?.status == 200
        }
        try await approve(fixture, "o")
        await asked.value
        #expect(try await order(fixture, "o")["state"]?.text == "working")
        var low = bars.prefix(4).suffix(1)
        (low.open, low.high, low.low, low.close) = ([limit], [limit], [limit / 2], [limit / 2])
        try await fixture.write(low, "KO")
        let engine = try #require(fixture.hosts[.strategy]?.engine as? StrategyEngine)
        await engine.stop()
        try await engine.start()
        try await fixture.until("it is filled") { try await order(fixture, "o")["state"]?.text == "filled" }
        let fill = try await order(fixture, "o")["fills"]?[0]?["price"]?.double
        #expect(abs(try #require(fill) - limit / 2) < 1e-8)
        await fixture.stop()
    }

    /// A store that is away does not know whether there is a price: that is no answer about the instrument.
    @Test @LoopActor func anOutageIsNoMissingPrice() async throws {
        let (fixture, _) = try await make()
        try await (#require(fixture.hosts[.marketdata]?.context.series)).close()
        let quote = try await fixture.json(.marketdata, .get, "/market-data/quote/KO", status: 503)
        #expect(quote["component"]?.text == "series")
        let body = #"{"id":"o","portfolio_id":"p","symbol":"KO","side":"buy","quantity":1}"#
        let placed = try await fixture.json(.strategy, .post, "/orders", body, status: 503)
        #expect(placed["component"]?.text == "marketdata")
        _ = try await fixture.json(.strategy, .get, "/orders/o", status: 404)
        await fixture.stop()
    }

    /// Nobody can say whether a keyed request was carried out while the records are away.
    @Test @LoopActor func aKeyedOrderWaitsForTheRecords() async throws {
        let (fixture, _) = try await make()
        let body = #"{"id":"o","portfolio_id":"p","symbol":"KO","side":"buy","quantity":1}"#
        func place() async throws -> Response {
            try await fixture.ask(.strategy, .post, "/orders", body, headers: ["Idempotency-Key": "k"])
        }
        let first = try await place()
        #expect(first.status == 200)
        await fixture.hosts[.strategy]?.context.records.close()
        let again = try await place()
        #expect(again.status == 503)
        #expect(try JSONTree(again.body)["component"]?.text == "records")
        await fixture.stop()
    }
}
