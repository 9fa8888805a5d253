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

/// Orders that say who decided them, and limits of those traders.
@Suite struct TraderTests {
    init() { EventLoop.runInBackground() }

    private static let limits = "/api/v1/risk/limits"

    // MARK: A day's gain by hand

    private func fill(_ side: Side, _ quantity: Int, _ price: Int) throws -> Fill {
        Fill(id: "f", orderID: "o", portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: side,
             quantity: FixedPoint(quantity), price: FixedPoint(price), commission: FixedPoint(1), trader: "ann",
             time: Timestamp(seconds: 0))
    }

    private func mark(_ last: Double, _ previous: Double?, day: Int64, second: Int64 = 0) -> PriceMark {
        PriceMark(last: last, previous: previous, time: Timestamp(seconds: day * 86_400 + second))
    }

    /// Anybody may name traders in a check: names that were not heard of for a minute are not kept for ever.
    @Test func namesThatComeOnceAreForgotten() {
        var books = TraderBooks()
        for number in 0..<TraderBooks.memory { _ = books.countCheck("t\(number)", at: 1_000_000_000) }
        #expect(books.checks.count == TraderBooks.memory)
        let late: Int64 = 62_000_000_000
        #expect(books.countCheck("ann", at: late) == 1)
        #expect(books.countCheck("ann", at: late) == 2)
        #expect(books.checks.count == 1)
    }

    @Test func aDayIsFillsAndWhatWasHeldBefore() throws {
        var line = TraderLine(try fill(.buy, 10, 50), nil, on: 0)
        // Ten bought at 50 for a commission of 1; then the market is at 48.
        #expect(line.profit(nil, on: 0) == -1)
        #expect(line.profit(mark(48, nil, day: 0), on: 0) == -21)
        // The next day nothing was traded yet: the change from close to close.
        let next = mark(47, 48, day: 1)
        #expect(line.profit(next, on: 1) == -10)
        // Four sold at 46, two below the close before; the six left are worth that as well.
        try line.take(fill(.sell, 4, 46), next, on: 1)
        // Eight and the commission are lost, and twelve of what is left.
        #expect(line.profit(next, on: 1) == -21)
        // A newer price counts for what is left.
        #expect(line.profit(mark(49, 48, day: 1, second: 60), on: 1) == -3)
        // All sold, it stays lost for the day, and is no loss of the next.
        try line.take(fill(.sell, 6, 45), next, on: 1)
        #expect(line.quantity.isZero)
        #expect(line.profit(mark(60, 48, day: 1, second: 60), on: 1) == -28)
        #expect(line.profit(mark(60, 48, day: 2), on: 2) == 0)
    }

    // MARK: Through strategy, venue and ledger

    @LoopActor private func place(
        _ fixture: EngineFixture, _ portfolio: String, _ trader: String?, _ side: String, _ quantity: Int,
        _ more: String = "", status: Int = 200
    ) async throws -> JSONTree {
        let by = trader.map { #","trader":"\#($0)""# } ?? ""
        let order = try await fixture.json(.strategy, .post, "/orders", """
            {"portfolio_id":"\(portfolio)","symbol":"KO","side":"\(side)","quantity":\(quantity)\(by)\(more)}
            """, status: status)
        await fixture.settle()
        return order
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func aLimitOfATraderHoldsOverAllPortfoliosAndARestart(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make(
            [StrategyEngine.self, RiskEngine.self, PortfolioEngine.self], records: records)
        try fixture.listen([Topics.intent, Topics.fill, Topics.order])
        let bars = BarColumns.walk(3), price = bars.close[2]
        try await fixture.store(bars, "KO")
        for name in ["a", "b"] {
            _ = try await fixture.json(
                .portfolio, .post, "/portfolios", #"{"id":"\#(name)","name":"P","currency":"USD"}"#, status: 201)
            _ = try await fixture.json(.portfolio, .post, "/portfolios/\(name)/transactions",
                #"{"type":"deposit","amount":10000,"ts":"2019-12-01"}"#, status: 201)
        }
        await fixture.settle()
        _ = try await fixture.json(.risk, .post, Self.limits, """
            {"id":"ann","type":"gross_exposure","threshold":\(5.5 * price),"scope":"trader:ann","warn_at":1}
            """, status: 201)
        let first = try await place(fixture, "a", "ann", "buy", 3)
        #expect(first["state"]?.text == "filled" && first["trader"]?.text == "ann")
        // Every message of the order names her.
        #expect(fixture.published.count >= 3)
        for message in fixture.published {
            #expect(String(decoding: message.data, as: UTF8.self).contains(#""trader":"ann""#), "\(message.topic)")
        }
        let denied = try await place(fixture, "b", "ann", "buy", 3)
        #expect(denied["state"]?.text == "denied")
        #expect(denied["reasons"]?[0]?.text?.hasPrefix("gross_exposure of") == true, "\(denied.json)")
        // Others, and orders of nobody, are not hers.
        #expect(try await place(fixture, "b", "bob", "buy", 3)["state"]?.text == "filled")
        let nobody = try await place(fixture, "b", nil, "buy", 3)
        #expect(nobody["state"]?.text == "filled" && nobody["trader"] == nil)
        // An open order counts until it ends.
        let resting = try await place(fixture, "b", "ann", "buy", 2, #","price":1"#)
        #expect(resting["state"]?.text == "working")
        let open = try await fixture.json(.risk, .get, "/api/v1/risk/reservations")
        #expect(open["items"]?[0]?["trader"]?.text == "ann")
        #expect(try await place(fixture, "a", "ann", "buy", 1)["state"]?.text == "denied")
        _ = try await fixture.json(.strategy, .delete, "/orders/\(try #require(resting["id"]?.text))")
        await fixture.settle()
        #expect(try await place(fixture, "a", "ann", "buy", 2)["state"]?.text == "filled")
        // Sold in another portfolio, it nets.
        #expect(try await place(fixture, "b", "ann", "sell", 4)["state"]?.text == "filled")
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let before = engine.state.traders.books
        await engine.stop()
        try await engine.start()
        #expect(engine.state.traders.books == before)
        #expect(try await place(fixture, "a", "ann", "buy", 5)["state"]?.text == "denied")
        #expect(try await place(fixture, "a", "ann", "buy", 4)["state"]?.text == "filled")
        func check(_ trader: String) async throws -> JSONTree? {
            try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", """
                {"portfolio_id":"a","order":{"symbol":"KO","side":"buy","quantity":1,"price":\(price)\(trader)}}
                """)["allowed"]
        }
        #expect(try await check(#","trader":"ann""#) == .bool(false))
        #expect(try await check(#","trader":"bob""#) == .bool(true))
        #expect(try await check("") == .bool(true))
        let traders = try await fixture.json(.risk, .get, "/api/v1/risk/traders")
        #expect(traders["items"]?.elements.compactMap { $0["trader"]?.text } == ["ann", "bob"])
        #expect(traders["items"]?[0]?["positions"]?[0]?["quantity"]?.double == 5)
        #expect(traders["items"]?[0]?["portfolios"]?.elements.compactMap(\.text) == ["a", "b"])
        let ofA = try await fixture.json(.risk, .get, "/api/v1/risk/traders", query: "portfolio_id=a")
        #expect(ofA["items"]?.elements.count == 1)
        for name in [" ann", "", "a\\u0007b", String(repeating: "x", count: 65)] {
            let wrong = try await place(fixture, "a", name, "buy", 1, status: 422)
            #expect(wrong.pointers == ["/trader"], "\(name)")
        }
        await fixture.stop()
    }

    // MARK: What is judged

    @LoopActor private func approved(_ fixture: EngineFixture, _ id: String, _ trader: String?) async throws
        -> RiskDecision {
        try await fixture.publish(Topics.intent, "p", OrderIntent(
            orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: .buy,
            size: .quantity(.one), expectedQuantity: .one, referencePrice: FixedPoint(45), trader: trader,
            time: fixture.clock.now), from: .strategy)
        let message = try #require(fixture.published.last { $0.topic.family == Topics.decision.name })
        return try #require(try JSONParser().withDocument(message.data) { RiskDecision(json: $0) })
    }

    @Test @LoopActor func aLossOfTheDayAndTooManyOrdersStopTheirTraderAlone() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.decision])
        try await fixture.publishCash(1000)
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"id":"loss","type":"daily_loss","threshold":40,"scope":"trader:ann"}"#, status: 201)
        for (number, side, price) in [(1, Side.buy, 50), (2, .sell, 45), (2, .sell, 45)] {
            try await fixture.publish(Topics.fill, "p", Fill(
                id: "f\(number)", orderID: "x", portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")),
                side: side, quantity: FixedPoint(10), price: FixedPoint(price), commission: .zero, trader: "ann",
                time: fixture.clock.now), from: .strategy)
        }
        // She holds nothing and has lost fifty.
        let stopped = try await approved(fixture, "o1", "ann")
        #expect(!stopped.isApproved && stopped.reasons == ["daily_loss of 50.0 is above 40.0"])
        #expect(try await approved(fixture, "o2", "bob").isApproved)
        #expect(try await approved(fixture, "o3", nil).isApproved)
        // The same to the monitor, under the trader's name.
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let found = await engine.judgeGroups(around: "p")
        #expect(found.map(\.name) == ["trader:ann"] && found[0].checks.map(\.value) == [50])
        #expect(await engine.judgeGroups(around: "q").isEmpty)
        fixture.clock.advance(nanoseconds: 86_400_000_000_000)
        #expect(try await approved(fixture, "o4", "ann").isApproved)
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"id":"rate","type":"order_rate","threshold":2,"scope":"trader:ann","warn_at":1}"#, status: 201)
        #expect(try await approved(fixture, "o5", "ann").isApproved)
        #expect(try await approved(fixture, "o6", "bob").isApproved)
        let fast = try await approved(fixture, "o7", "ann")
        #expect(!fast.isApproved && fast.reasons == ["order_rate of 3.0 is above 2.0"])
        fixture.clock.advance(nanoseconds: 61_000_000_000)
        #expect(try await approved(fixture, "o8", "ann").isApproved)
        await fixture.stop()
    }

    @Test @LoopActor func whatATraderHasNotIsRefusedWithTheReason() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let judged: Set<LimitType> = [
            .grossExposure, .netExposure, .positionSize, .valueAtRisk, .expectedShortfall, .dailyLoss, .orderSize,
            .orderRate, .liquidityDays, .stressLoss,
        ]
        for type in LimitType.allCases where type != .expression {
            let body = #"{"id":"\#(type.rawValue)","type":"\#(type.rawValue)","threshold":1,"scope":"trader:ann"}"#
            let answer = try await fixture.json(
                .risk, .post, Self.limits, body, status: judged.contains(type) ? 201 : 422)
            if judged.contains(type) { continue }
            #expect(answer.pointers == ["/scope"])
            #expect(answer.json.contains("trader"), "\(answer.json)")
        }
        func expression(_ text: String, _ status: Int) async throws {
            _ = try await fixture.json(.risk, .post, Self.limits,
                #"{"type":"expression","threshold":1,"expression":"\#(text)","scope":"trader:ann"}"#, status: status)
        }
        try await expression("gross_exposure + 2 * daily_loss", 201)
        try await expression("gross_exposure / equity", 422)
        try await expression("gross_exposure * leverage", 422)
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"type":"order_size","threshold":1,"scope":"trader: ann"}"#, status: 422)
        await fixture.stop()
    }

    @Test @LoopActor func aBlockOfATraderStopsNobodyElse() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.decision])
        try await fixture.publishCash(1000)
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"id":"net","type":"net_exposure","threshold":400,"scope":"trader:ann"}"#, status: 201)
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/response-rules",
            #"{"id":"b","title":"Stop","action":"block","scope":"trader:ann"}"#, status: 201)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        func trade(_ id: String, _ side: Side) async throws {
            try await fixture.publish(Topics.fill, "p", Fill(
                id: id, orderID: "x", portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: side,
                quantity: FixedPoint(10), price: FixedPoint(50), commission: .zero, trader: "ann",
                time: fixture.clock.now), from: .strategy)
            for group in await engine.judgeGroups(around: "p") {
                try await engine.monitor.note(group.checks, of: group.name)
            }
            await engine.responder.round()
        }
        try await trade("f1", .buy)
        try await trade("f2", .sell)
        // The limit is kept again; the block holds until a person ends it.
        let held = try await approved(fixture, "o1", "ann")
        #expect(!held.isApproved && held.reasons[0].hasPrefix("a response blocks new orders"))
        #expect(try await approved(fixture, "o2", "bob").isApproved)
        let blocks = try await fixture.json(.risk, .get, "/api/v1/risk/blocks")
        #expect(blocks["items"]?[0]?["portfolio_id"]?.text == "trader:ann")
        let id = try #require(blocks["items"]?[0]?["id"]?.text)
        _ = try await fixture.json(.risk, .delete, "/api/v1/risk/blocks/\(id)")
        #expect(try await approved(fixture, "o3", "ann").isApproved)
        await fixture.stop()
    }
}
