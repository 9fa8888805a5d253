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

/// Open orders count against limits until they end.
@Suite struct ReservationTests {
    init() { EventLoop.runInBackground() }

    /// A portfolio of 1,000 in cash under a limit of 250 gross.
    @LoopActor private func fixture(_ records: EngineRecords = .sqlite) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        try fixture.listen([Topics.decision])
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits",
            #"{"id":"gross","type":"gross_exposure","threshold":250,"warn_at":1}"#, status: 201)
        try await fixture.publish(Topics.value, "p", value(fixture, cash: 1000), from: .portfolio)
        return fixture
    }

    @LoopActor private func value(_ fixture: EngineFixture, cash: Int) -> PortfolioValue {
        PortfolioValue(
            portfolioID: "p", time: fixture.clock.now, cash: FixedPoint(cash), marketValue: .zero, realized: .zero,
            unrealized: .zero, netDeposits: FixedPoint(1000), trades: 0)
    }

    @LoopActor private func intent(_ fixture: EngineFixture, _ id: String, _ quantity: Int = 3, side: Side = .buy)
        throws -> OrderIntent {
        OrderIntent(
            orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: side,
            size: .quantity(FixedPoint(quantity)), expectedQuantity: FixedPoint(quantity),
            referencePrice: FixedPoint(50), time: fixture.clock.now)
    }

    @LoopActor private func decide(_ fixture: EngineFixture, _ id: String, _ quantity: Int = 3, side: Side = .buy)
        async throws -> Bool {
        try await fixture.publish(Topics.intent, "p", try intent(fixture, id, quantity, side: side), from: .strategy)
        let decisions = try fixture.published.compactMap { message in
            try JSONParser().withDocument(message.data) { RiskDecision(json: $0) }
        }
        return try #require(decisions.last { $0.orderID == id }).isApproved
    }

    /// What a batch has changed in memory is written although it failed: the second look changes nothing any more.
    @Test @LoopActor func aFailedBatchLeavesNoRowOfAFillBehind() async throws {
        let fixture = try await fixture(), records = try #require(fixture.hosts[.risk]).context.records
        #expect(try await decide(fixture, "a"))
        let message = try await fill(fixture, "a", 1, 3)
        #expect(try await ReservationRecords.landed(records).count == 1)
        try await settle(fixture, message, held: 3, cash: 850, withUnreadable: true)
        try await fixture.until("its row is gone") { try await ReservationRecords.landed(records).isEmpty }
        await fixture.stop()
    }

    @LoopActor private func end(_ fixture: EngineFixture, _ id: String, _ state: OrderState, fills: String = "")
        async throws {
        let context = try #require(fixture.hosts[.marketdata]).context
        let body = #"{"id":"\#(id)","state":"\#(state.rawValue)","fills":[\#(fills)]}"#
        var message = context.message(Topics.order, "p", time: fixture.clock.now, data: Array(body.utf8))
        message.source = EngineName.strategy.rawValue
        try fixture.bus.publish([message])
        await fixture.settle()
    }

    /// Publishes a fill and returns its message's id.
    @LoopActor @discardableResult private func fill(_ fixture: EngineFixture, _ order: String, _ number: Int,
        _ quantity: Int) async throws -> MessageID {
        let fill = Fill(
            id: "\(order).\(number)", orderID: order, portfolioID: "p", strategyID: "",
            symbol: try #require(Symbol("KO")), side: .buy, quantity: FixedPoint(quantity), price: FixedPoint(50),
            commission: .zero, time: fixture.clock.now)
        let context = try #require(fixture.hosts[.marketdata]).context
        var message = context.message(Topics.fill, "p", time: fill.time, fill)
        message.source = EngineName.strategy.rawValue
        // Told twice, as after a crash: it counts once.
        try fixture.bus.publish([message])
        try fixture.bus.publish([message])
        await fixture.settle()
        return message.id
    }

    /// Tells the position and the cash that a fill led to, where wanted in one batch with what cannot be read.
    @LoopActor private func settle(
        _ fixture: EngineFixture, _ cause: MessageID, held: Int, cash: Int, withUnreadable: Bool = false
    ) async throws {
        let context = try #require(fixture.hosts[.marketdata]).context
        let update = PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(held),
            averageCost: FixedPoint(50), price: FixedPoint(50), realized: .zero, time: fixture.clock.now)
        var messages = [context.message(Topics.position, "p", time: update.time, update),
                        context.message(Topics.value, "p", time: update.time, value(fixture, cash: cash))]
        for index in messages.indices {
            messages[index].source = EngineName.portfolio.rawValue
            messages[index].cause = cause
        }
        if withUnreadable {
            var broken = context.message(Topics.position, "q", time: update.time, data: Array("{}".utf8))
            broken.source = EngineName.portfolio.rawValue
            messages.append(broken)
        }
        try fixture.bus.publish(messages)
        // What cannot be read is tried for long.
        if !withUnreadable { await fixture.settle() }
    }

    @LoopActor private func engine(_ fixture: EngineFixture) throws -> RiskEngine {
        try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
    }

    @Test @LoopActor func ordersInFlightCannotPassTogetherWhatEachAloneMay() async throws {
        let fixture = try await fixture()
        // Ten at once, each of 150: one passes.
        let context = try #require(fixture.hosts[.marketdata]).context
        let messages = try (0..<10).map { index in
            var message = context.message(
                Topics.intent, "p", time: fixture.clock.now, try intent(fixture, "c\(index)"))
            message.source = EngineName.strategy.rawValue
            return message
        }
        try fixture.bus.publish(messages)
        await fixture.settle()
        let decisions = try fixture.published.compactMap { message in
            try JSONParser().withDocument(message.data) { RiskDecision(json: $0) }
        }
        #expect(decisions.count == 10 && decisions.filter(\.isApproved).map(\.orderID) == ["c0"])
        // By HTTP the same; one that makes the holding smaller than it may become is judged at that.
        func check(_ side: String, _ quantity: Int) async throws -> JSONTree {
            try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", """
                {"portfolio_id":"p","order":{"symbol":"KO","side":"\(side)","quantity":\(quantity),"price":50}}
                """)
        }
        #expect(try await check("buy", 2)["allowed"] == .bool(true))
        let denied = try await check("buy", 3)
        #expect(denied["allowed"] == .bool(false) && denied["checks"]?.elements.first?["value"]?.double == 300)
        #expect(try await check("sell", 3)["checks"]?.elements.first?["value"]?.double == 150)
        #expect(try await check("sell", 9)["allowed"] == .bool(false))
        // Cancelled, it frees what it held.
        try await end(fixture, "c0", .cancelled)
        #expect(try await decide(fixture, "d"))
        #expect(try await decide(fixture, "e") == false)
        try await end(fixture, "d", .rejected)
        #expect(try await decide(fixture, "f"))
        // What no engine ever ends a person may free.
        let path = "/api/v1/risk/reservations"
        let open = try await fixture.json(.risk, .get, path, query: "portfolio_id=p")
        #expect(open["items"]?.elements.compactMap { $0["order_id"]?.text } == ["f"])
        _ = try await fixture.json(.risk, .delete, path + "/f")
        _ = try await fixture.json(.risk, .delete, path + "/f", status: 404)
        #expect(try await decide(fixture, "g"))
        await fixture.stop()
    }

    @Test @LoopActor func aFillCountsOnceOnItsWayToThePosition() async throws {
        let fixture = try await fixture()
        #expect(try await decide(fixture, "a", 4))
        let first = try await fill(fixture, "a", 1, 1)
        let state = try engine(fixture)
        #expect(state.state.reservations["a"]?.quantity == FixedPoint(3))
        // One filled, three open: 200 of 250 in use, before and after the position is told.
        #expect(try await decide(fixture, "b", 2) == false)
        #expect(state.state.picture(of: "p", order: nil, rate: 0)?.cash == 950)
        try await settle(fixture, first, held: 1, cash: 950)
        #expect(state.state.landed.isEmpty && state.state.picture(of: "p", order: nil, rate: 0)?.cash == 950)
        #expect(try await decide(fixture, "c", 2) == false)
        // The order is cancelled after one more fill, which comes after the news of the end.
        try await end(fixture, "a", .cancelled, fills: #"{"id":"a.1","quantity":1},{"id":"a.2","quantity":1}"#)
        #expect(state.state.reservations["a"]?.quantity == FixedPoint(1))
        #expect(try await decide(fixture, "d", 4) == false)
        let second = try await fill(fixture, "a", 2, 1)
        #expect(state.state.reservations["a"] == nil)
        #expect(try await decide(fixture, "e", 4) == false)
        try await settle(fixture, second, held: 2, cash: 900)
        #expect(try await decide(fixture, "f", 3))
        await fixture.stop()
    }

    /// A week after the last that was heard of an order: not a moment before, also over a restart, and once.
    @Test(arguments: EngineRecords.here)
    @LoopActor func anOrderThatNothingIsHeardOfExpires(_ records: EngineRecords) async throws {
        let fixture = try await fixture(records), engine = try engine(fixture), minute: Int64 = 60_000_000_000
        let week: Int64 = 7 * 24 * 60 * minute
        try fixture.listen([Topics.riskAlert])
        #expect(try await decide(fixture, "a", 3))
        fixture.clock.advance(nanoseconds: week - 10 * minute)
        #expect(try await decide(fixture, "b", 1))
        try await fill(fixture, "b", 1, 1)
        try await fixture.publishCash(1000)
        #expect(try await decide(fixture, "c", 2) == false)
        await engine.stop()
        try await engine.start()
        #expect(engine.state.reservations.keys.sorted() == ["a", "b"])
        fixture.clock.advance(nanoseconds: 10 * minute - 1)
        await engine.expiry.round()
        #expect(engine.state.reservations["a"] != nil)
        await fixture.until("the order has expired, and it was told") {
            fixture.clock.advance(nanoseconds: minute)
            return !fixture.published.filter { $0.topic.family == Topics.riskAlert.name }.isEmpty
        }
        // One that was filled since is still open, and its room is taken.
        #expect(engine.state.reservations.keys.sorted() == ["b"])
        let told = fixture.published.filter { $0.topic.family == Topics.riskAlert.name }
        #expect(told.count == 1 && told[0].topic.description == "risk.alert.p")
        let alerts = try await fixture.json(.risk, .get, "/api/v1/risk/alerts")
        #expect(alerts["items"]?.elements.count == 1)
        let words = alerts["items"]?[0]?["message"]?.text ?? ""
        #expect(words.hasPrefix("order a counts no more against limits with 3 KO"), "\(words)")
        let log = try await fixture.json(.risk, .get, "/audit", query: "action=reservation.expire")
        #expect(log["items"]?.elements.count == 1 && log["items"]?[0]?["object"]?.text == "reservation/a")
        let metrics = String(decoding: try await fixture.ask(.risk, .get, "/metrics").body, as: UTF8.self)
        #expect(metrics.contains("nautilus_risk_expired_reservations_total 1.0\n"))
        #expect(metrics.contains("nautilus_risk_reservations 1.0\n"))
        #expect(try await decide(fixture, "d", 3))
        // The next life knows it as ended.
        await engine.stop()
        try await engine.start()
        #expect(engine.state.reservations.keys.sorted() == ["b", "d"])
        await fixture.stop()
    }

    /// What is heard of an order's end before its decision, also in an earlier life, is not forgotten.
    @Test(arguments: EngineRecords.here)
    @LoopActor func anOrderThatEndedBeforeItsDecisionReservesNothing(_ records: EngineRecords) async throws {
        let fixture = try await fixture(records), engine = try engine(fixture)
        try await end(fixture, "a", .cancelled)
        #expect(try await decide(fixture, "a") == false)
        let told = try fixture.published.compactMap { message in
            try JSONParser().withDocument(message.data) { RiskDecision(json: $0) }
        }
        #expect(told.last?.reasons == ["the order was cancelled before it was decided"])
        try await end(fixture, "b", .cancelled)
        await engine.stop()
        try await engine.start()
        #expect(try await decide(fixture, "b") == false)
        #expect(engine.state.reservations.isEmpty)
        // Nothing was broken, and the room is free.
        let events = try await fixture.json(.risk, .get, "/api/v1/risk/breaches")
        #expect(events["items"]?.elements.isEmpty == true)
        #expect(try await decide(fixture, "c"))
        try await end(fixture, "c", .cancelled)
        let kept = try await EndedOrders.newest(try #require(fixture.hosts[.risk]).context.records, limit: 10)
        #expect(kept.map(\.id) == [])
        await fixture.stop()
    }

    @Test func whatEndedIsForgottenWhenItIsDecidedAndTheOldestFirst() {
        var orders = DecidedOrders(["old"], ended: [("gone", .rejected)])
        #expect(orders.end(of: "gone") == .rejected && orders.contains("old"))
        let taken = [orders.end("old", .cancelled), orders.end("filled", .filled), orders.end("new", .cancelled)]
        #expect(taken == [false, false, true])
        let decided = [orders.insert("gone"), orders.insert("gone")]
        #expect(decided == [true, false] && orders.end(of: "gone") == nil)
        for number in 0..<2 * DecidedOrders.endedMemory { _ = orders.end("\(number)", .cancelled) }
        #expect(orders.end(of: "new") == nil && orders.end(of: "\(2 * DecidedOrders.endedMemory - 1)") == .cancelled)
    }

    @Test @LoopActor func openOrdersAndFillsSurviveARestart() async throws {
        let fixture = try await fixture()
        #expect(try await decide(fixture, "a", 4))
        let message = try await fill(fixture, "a", 1, 2)
        let engine = try engine(fixture)
        let before = engine.state
        await engine.stop()
        try await engine.start()
        #expect(engine.state.reservations == before.reservations && engine.state.landed == before.landed)
        #expect(engine.state.reservations["a"]?.quantity == FixedPoint(2))
        #expect(try await decide(fixture, "b", 2) == false)
        #expect(try await decide(fixture, "c", 1))
        // The fill comes again, and once more after the position: it counts once.
        try await settle(fixture, message, held: 2, cash: 900)
        try await end(fixture, "a", .filled, fills: #"{"id":"a.1","quantity":2}"#)
        await engine.stop()
        try await engine.start()
        #expect(engine.state.reservations.keys.sorted() == ["c"] && engine.state.landed.isEmpty)
        #expect(try await decide(fixture, "d", 3) == false)
        #expect(try await decide(fixture, "e", 2))
        await fixture.stop()
    }
}
