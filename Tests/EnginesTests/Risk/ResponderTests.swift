import Bus
import Couriers
import EngineKit
import HTTP
import Market
import Portfolio
@testable import Risk
import Runtime
import Security
import Store
import Strategy
import Testing
import TestKit
import Wire

/// Rules, cases and what comes of them, in the engine.
@Suite struct ResponderTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    @LoopActor private func fixture(
        _ courier: RecordingCourier, _ records: EngineRecords = .sqlite,
        engines: [any EngineKit.Engine.Type] = [RiskEngine.self]
    ) async throws -> (EngineFixture, RiskEngine) {
        let fixture = try await EngineFixture.make(engines, records: records, courier: courier)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"gross","type":"gross_exposure","threshold":100}"#, status: 201)
        _ = try await fixture.json(.risk, .post, Self.path + "/channels",
            #"{"id":"desk","kind":"webhook","target":"http://127.0.0.1:9/hook"}"#, status: 201)
        _ = try await fixture.json(.risk, .post, Self.path + "/channels",
            #"{"id":"head","kind":"email","target":"head@example.com"}"#, status: 201)
        return (fixture, engine)
    }

    @LoopActor private func rule(_ fixture: EngineFixture, _ json: String) async throws {
        _ = try await fixture.json(.risk, .post, Self.path + "/response-rules", json, status: 201)
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func whatIsToldIsToldOnceOverARestartToo(_ records: EngineRecords) async throws {
        let courier = RecordingCourier(), (fixture, engine) = try await fixture(courier, records)
        try await rule(fixture, #"{"id":"n","title":"Too big","action":"notify","channels":["desk"]}"#)
        try await rule(fixture, """
            {"id":"e","title":"Too big","action":"escalate","steps":[{"after_seconds":900,"channels":["head"]},
             {"after_seconds":1800,"channels":["desk"]}]}
            """)
        try await fixture.hold(1)
        try await fixture.pass(seconds: 5)
        #expect(courier.sent.isEmpty)
        // The first attempt fails, the second is the same notice.
        courier.answer([.failed("no answer")])
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        try await fixture.pass(seconds: 6)
        let first = courier.sent
        #expect(first.count == 2 && first[0] == first[1])
        #expect(first[0].target == "http://127.0.0.1:9/hook")
        #expect(first[0].text.contains("gross_exposure of 250.0 is above 100.0"))
        // The next life tells nothing again, and goes on where this one was.
        await engine.stop()
        try await engine.start()
        try await fixture.hold(6)
        try await fixture.pass(seconds: 60)
        #expect(courier.sent.count == 2)
        try await fixture.pass(seconds: 900)
        #expect(courier.sent.count == 3 && courier.sent[2].target == "head@example.com")
        let cases = try await fixture.json(.risk, .get, Self.path + "/cases", query: "state=open")
        let id = try #require(cases["items"]?[0]?["id"]?.text)
        let headers: Headers = ["X-Actor": "ann"]
        let seen = try await fixture.ask(
            .risk, .post, Self.path + "/cases/\(id)/acknowledge", "{}", headers: headers)
        #expect(seen.status == 200)
        try await fixture.pass(seconds: 3600)
        #expect(courier.sent.count == 3)
        let known = try await fixture.json(.risk, .get, Self.path + "/cases", query: "state=acknowledged")
        #expect(known["items"]?[0]?["acknowledged_by"]?.text == "anonymous ann")
        try await fixture.hold(1)
        let over = try await fixture.json(.risk, .get, Self.path + "/cases", query: "state=closed")
        #expect(over["items"]?.elements.count == 1)
        let told = try await fixture.json(.risk, .get, Self.path + "/responses", query: "state=sent")
        #expect(told["items"]?.elements.count == 2)
        let context = try #require(fixture.hosts[.risk]).context
        let log = try await AuditLog.verify(context.records) { Digest.sha256($0) }
        let actions = try await fixture.json(.risk, .get, "/audit", query: "action=response.sent")
        #expect(log.fault == nil && actions["items"]?.elements.count == 2)
        await fixture.stop()
    }

    @Test @LoopActor func everyStepOfACaseIsToldOnTheBusAndCounted() async throws {
        let courier = RecordingCourier(), (fixture, engine) = try await fixture(courier)
        try fixture.listen([Topics.riskCase])
        try await rule(fixture, #"{"id":"n","title":"Too big","action":"notify","channels":["desk"]}"#)
        func steps() async throws -> [String?] {
            await fixture.settle()
            return try fixture.published.map { try JSONTree($0.data)["step"]?.text }
        }
        func sample(_ name: String) async throws -> Double? {
            let text = String(decoding: try await fixture.ask(.risk, .get, "/metrics").body, as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.hasPrefix("nautilus_risk_\(name) ") }
            return line?.split(separator: " ").last.flatMap { Double($0) }
        }
        #expect(try await sample(#"notices_total{outcome="sent"}"#) == 0)
        // At the limit it warns.
        try await fixture.hold(2)
        #expect(try await steps() == ["opened"])
        #expect(try await sample(#"open_cases{severity="soft"}"#) == 1)
        #expect(try await sample(#"open_cases{severity="hard"}"#) == 0)
        courier.answer([.failed("no answer")])
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        #expect(try await steps() == ["opened", "hardened", "planned", "retried"])
        #expect(try await sample(#"open_cases{severity="hard"}"#) == 1)
        #expect(try await sample(#"waiting_notices{state="waiting"}"#) == 1)
        try await fixture.pass(seconds: 6)
        let id = try #require(engine.responder.openCase("p", "gross")?.id)
        for _ in 0..<2 {
            _ = try await fixture.json(.risk, .post, Self.path + "/cases/\(id)/acknowledge", "{}")
        }
        try await fixture.hold(2)
        try await fixture.hold(1)
        let all = ["opened", "hardened", "planned", "retried", "done", "acknowledged", "eased", "closed"]
        #expect(try await steps() == all)
        let told = try fixture.published.map { try JSONTree($0.data) }
        #expect(fixture.published.allSatisfy { $0.topic.description == "risk.case.p" })
        #expect(told.allSatisfy { $0["case_id"]?.text == id && $0["portfolio_id"]?.text == "p" })
        #expect(told[1]["case"]?["severity"]?.text == "hard" && told[7]["case"]?["state"]?.text == "closed")
        #expect(told[4]["response"]?["state"]?.text == "sent" && told[4]["response"]?["attempts"]?.double == 2)
        for (outcome, count) in [("sent", 1.0), ("retried", 1), ("failed", 0), ("dropped", 0), ("refused", 0)] {
            #expect(try await sample(#"notices_total{outcome="\#(outcome)"}"#) == count, "\(outcome)")
        }
        #expect(try await sample(#"open_cases{severity="soft"}"#) == 0)
        #expect(try await sample(#"waiting_notices{state="waiting"}"#) == 0)
        // The next life tells nothing of it again.
        await engine.stop()
        try await engine.start()
        try await fixture.hold(1)
        #expect(try await steps().count == all.count)
        await fixture.stop()
    }

    @Test @LoopActor func whatIsNotCriticalWaitsForTheEndOfQuietHours() async throws {
        let courier = RecordingCourier(), (fixture, _) = try await fixture(courier)
        // The clock by hand begins at midnight.
        for name in ["night", "late"] {
            _ = try await fixture.json(.risk, .post, Self.path + "/channels", """
                {"id":"\(name)","kind":"webhook","target":"http://127.0.0.1:9/\(name)",
                 "quiet_hours":{"from":"22:00","to":"07:00"}}
                """, status: 201)
        }
        try await rule(fixture, #"{"id":"s","title":"Near","action":"notify","severity":"soft","channels":["night"]}"#)
        try await rule(fixture, #"{"id":"h","title":"Over","action":"notify","channels":["late"]}"#)
        try await fixture.hold(2)
        try await fixture.pass(seconds: 1)
        #expect(courier.sent.isEmpty)
        let held = try await fixture.json(.risk, .get, Self.path + "/responses", query: "state=held")
        #expect(held["items"]?[0]?["detail"]?.text?.hasPrefix("quiet hours until 2024-01-02T07:00:00") == true)
        // What is beyond its limit is told at once, what was held of it too, and as it is now.
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        #expect(courier.sent.map(\.target).sorted() == ["http://127.0.0.1:9/late", "http://127.0.0.1:9/night"])
        #expect(courier.sent.allSatisfy { $0.text.contains(#""severity":"hard""#) && $0.text.contains(#""value":250"#) })
        try await fixture.pass(seconds: 7 * 3600)
        #expect(courier.sent.count == 2)
        await fixture.stop()
    }

    @LoopActor private func intent(_ fixture: EngineFixture, _ id: String) throws -> OrderIntent {
        OrderIntent(
            orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: .sell,
            size: .quantity(FixedPoint(1)), expectedQuantity: FixedPoint(1), referencePrice: FixedPoint(50),
            time: fixture.clock.now)
    }

    @Test @LoopActor func aBlockDeniesOrdersUntilItIsReleasedOverARestartToo() async throws {
        let courier = RecordingCourier(), (fixture, engine) = try await fixture(courier)
        try fixture.listen([Topics.decision])
        func approved(_ id: String) async throws -> Bool? {
            try await fixture.publish(Topics.intent, "p", try intent(fixture, id), from: .strategy)
            return try fixture.published.last.flatMap { message in
                try JSONParser().withDocument(message.data) { RiskDecision(json: $0)?.isApproved }
            }
        }
        try await rule(fixture, #"{"id":"b","title":"Stop","action":"block"}"#)
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        // The limit is kept again; the block holds all the same.
        try await fixture.hold(1)
        #expect(try await approved("one") == false)
        await engine.stop()
        try await engine.start()
        #expect(try await approved("two") == false)
        let blocks = try await fixture.json(.risk, .get, Self.path + "/blocks")
        let id = try #require(blocks["items"]?[0]?["id"]?.text)
        #expect(blocks["items"]?.elements.count == 1)
        _ = try await fixture.json(.risk, .delete, Self.path + "/blocks/\(id)")
        _ = try await fixture.json(.risk, .delete, Self.path + "/blocks/\(id)", status: 404)
        #expect(try await approved("three") == true)
        await fixture.stop()
    }

    @Test @LoopActor func noOrderOfARuleIsPlacedWhileTheKillSwitchIsOn() async throws {
        let courier = RecordingCourier(), (fixture, _) = try await fixture(courier)
        try await rule(fixture, #"{"id":"f","title":"Sell all","action":"flatten"}"#)
        _ = try await fixture.json(.risk, .post, Self.path + "/kill-switch", #"{"state":"on","reason":"drill"}"#)
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        _ = try await fixture.json(.risk, .post, Self.path + "/kill-switch", #"{"state":"off","reason":"over"}"#)
        try await fixture.pass(seconds: 60)
        let done = try await fixture.json(.risk, .get, Self.path + "/responses")
        #expect(done["items"]?.elements.count == 1)
        #expect(done["items"]?[0]?["state"]?.text == "refused")
        #expect(done["items"]?[0]?["detail"]?.text == "the kill switch is on: drill")
        await fixture.stop()
    }

    /// Through the ordinary way of an order: strategy, risk, the paper venue, the ledger. Another limit that stays broken
    /// does not keep it from selling.
    @Test @LoopActor func flatteningSellsAllOnceThroughTheOrdinaryWay() async throws {
        let courier = RecordingCourier()
        let (fixture, engine) = try await fixture(
            courier, engines: [RiskEngine.self, StrategyEngine.self, PortfolioEngine.self])
        try await fixture.store(.walk(5, start: 50), "KO")
        try await fixture.store(.walk(5, seed: 2, start: 50), "PEP")
        engine.limits[0] = try LimitRows.decode(
            Array(#"{"id":"gross","type":"gross_exposure","threshold":1000000,"version":1}"#.utf8))
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#, status: 201)
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios/p/transactions", #"{"type":"deposit","amount":100000}"#, status: 201)
        await fixture.settle()
        for symbol in ["KO", "PEP"] {
            let order = try await fixture.json(
                .strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"\#(symbol)","side":"buy","quantity":100}"#)
            #expect(order["state"]?.text == "filled", "\(order.json)")
        }
        await fixture.settle()
        #expect(engine.state.books["p"]?.reducible.count == 2)
        try await rule(fixture, #"{"id":"f","title":"Sell all","action":"flatten"}"#)
        _ = try await fixture.json(.risk, .put, Self.path + "/limits/gross",
            #"{"type":"gross_exposure","threshold":10}"#)
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"size","type":"order_size","threshold":1}"#, status: 201)
        let checks = try await engine.judge("p")
        try await engine.monitor.note(try #require(checks), of: "p")
        try await fixture.pass(seconds: 1)
        await fixture.settle()
        let done = try await fixture.json(.risk, .get, Self.path + "/responses")
        #expect(done["items"]?.elements.compactMap { $0["state"]?.text } == ["placed", "placed"], "\(done.json)")
        #expect(engine.state.books["p"]?.reducible.isEmpty == true)
        let orders = try await fixture.json(.strategy, .get, "/orders")
        #expect(orders["items"]?.elements.count == 4)
        // An order by hand that is no response's is still denied.
        let other = try await fixture.json(
            .strategy, .post, "/orders", #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":100}"#)
        #expect(other["state"]?.text == "denied")
        await fixture.stop()
    }

    @Test @LoopActor func aRuleOfAnUnknownChannelAndAChannelInUseAreRefused() async throws {
        let (fixture, _) = try await fixture(RecordingCourier())
        let wrong = try await fixture.json(.risk, .post, Self.path + "/response-rules",
            #"{"title":"t","action":"notify","channels":["nobody"]}"#, status: 422)
        #expect(wrong.pointers == ["/channels"])
        let none = try await fixture.json(.risk, .post, Self.path + "/response-rules",
            #"{"title":"t","action":"notify"}"#, status: 422)
        #expect(none.pointers == ["/channels"])
        _ = try await fixture.json(.risk, .post, Self.path + "/response-rules",
            #"{"title":"t","action":"reduce","limit_type":"max_drawdown"}"#, status: 422)
        try await rule(fixture, #"{"id":"n","title":"t","action":"notify","channels":["desk"]}"#)
        _ = try await fixture.json(.risk, .delete, Self.path + "/channels/desk", status: 409)
        _ = try await fixture.json(.risk, .delete, Self.path + "/response-rules/n")
        _ = try await fixture.json(.risk, .delete, Self.path + "/channels/desk")
        for target in ["ftp://x/y", "http://user:secret@host/", "nobody"] {
            _ = try await fixture.json(.risk, .post, Self.path + "/channels",
                #"{"id":"x","kind":"webhook","target":"\#(target)"}"#, status: 422)
        }
        _ = try await fixture.json(.risk, .post, Self.path + "/channels",
            #"{"id":"x","kind":"email","target":"a@b,c@d"}"#, status: 422)
        await fixture.stop()
    }
}
