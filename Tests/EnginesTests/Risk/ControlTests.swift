import Bus
@testable import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Store
import Testing
import TestKit
import Wire

/// The kill switch, the monitor and alerts.
@Suite struct ControlTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    @LoopActor private func intent(_ fixture: EngineFixture, _ id: String) throws -> OrderIntent {
        OrderIntent(
            orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: .buy,
            size: .quantity(FixedPoint(2)), expectedQuantity: FixedPoint(2), referencePrice: FixedPoint(50),
            time: fixture.clock.now)
    }

    @LoopActor private func decisions(_ fixture: EngineFixture) throws -> [RiskDecision] {
        try fixture.published.filter { $0.topic.family == Topics.decision.name }.compactMap { message in
            try JSONParser().withDocument(message.data) { RiskDecision(json: $0) }
        }
    }

    @LoopActor private func tell(_ fixture: EngineFixture, cash: Int) async throws {
        try await fixture.publishCash(cash)
    }

    /// Orders stand in the queue while the switch is turned: none that is decided after the answer is approved.
    @Test @LoopActor func noOrderIsApprovedAfterTheSwitchHasAnswered() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.decision])
        try await fixture.publish(Topics.intent, "p", try intent(fixture, "first"), from: .strategy)
        #expect(try decisions(fixture).map(\.isApproved) == [true])
        let context = try #require(fixture.hosts[.marketdata]).context
        for index in 0..<200 {
            var message = context.message(Topics.intent, "p", time: fixture.clock.now, try intent(fixture, "o\(index)"))
            message.source = EngineName.strategy.rawValue
            try fixture.bus.publish([message])
        }
        let body = #"{"state":"on","reason":"drill"}"#
        let answer = try await fixture.json(.risk, .post, Self.path + "/kill-switch", body)
        #expect(answer["state"]?.text == "on")
        let rows = try await fixture.hosts[.risk]?.context.records.query(
            Statement("SELECT order_id FROM decisions WHERE approved = 1"))
        let approvedAtAnswer = try #require(rows).rows.count
        await fixture.settle()
        try await fixture.publish(Topics.intent, "p", try intent(fixture, "last"), from: .strategy)
        let all = try decisions(fixture)
        #expect(all.count == 202 && all.filter(\.isApproved).count == approvedAtAnswer)
        let last = try #require(all.last)
        #expect(last.orderID == "last" && !last.isApproved && last.reasons == ["the kill switch is on: drill"])
        // By HTTP too, and in the next life.
        let order = """
            {"portfolio_id":"p","positions":[],"cash":1000,"limits":[],
             "order":{"symbol":"KO","side":"buy","quantity":1,"price":50}}
            """
        let check = "/api/v1/sprint3/risk/pre-trade-check"
        #expect(try await fixture.json(.risk, .post, check, order)["allowed"] == .bool(false))
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        engine.killSwitch = KillSwitch()
        try await engine.start()
        #expect(try await fixture.json(.risk, .get, Self.path + "/kill-switch")["reason"]?.text == "drill")
        try await fixture.publish(Topics.intent, "p", try intent(fixture, "later"), from: .strategy)
        #expect(try decisions(fixture).last?.isApproved == false)
        _ = try await fixture.json(.risk, .post, Self.path + "/kill-switch", #"{"state":"off","reason":"over"}"#)
        try await fixture.publish(Topics.intent, "p", try intent(fixture, "again"), from: .strategy)
        #expect(try decisions(fixture).last?.isApproved == true)
        let bad = try await fixture.json(.risk, .post, Self.path + "/kill-switch", #"{"state":"maybe"}"#, status: 422)
        #expect(Set(bad.pointers) == ["/state", "/reason"])
        await fixture.stop()
    }

    /// Without its records it holds, key or not, and says that a restart would forget it.
    @Test @LoopActor func theSwitchHoldsWithoutTheRecordsAndSaysSo() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        await fixture.hosts[.risk]?.context.records.close()
        for headers in [Headers(), ["Idempotency-Key": "k"]] {
            let answer = try await fixture.ask(
                .risk, .post, Self.path + "/kill-switch", #"{"state":"on","reason":"drill"}"#, headers: headers)
            let told = try JSONTree(answer.body)
            #expect(answer.status == 503 && told["component"]?.text == "records")
            #expect(told["state"]?.text == "on" && told["stored"] == .bool(false))
            #expect(told["detail"]?.text?.contains("is on and no order is approved") == true)
        }
        let held = try await fixture.json(.risk, .get, Self.path + "/kill-switch")
        #expect(held["state"]?.text == "on" && held["stored"] == .bool(false))
        // Off is only what is written.
        _ = try await fixture.json(.risk, .post, Self.path + "/kill-switch", #"{"state":"off","reason":"x"}"#, status: 503)
        #expect(try await fixture.json(.risk, .get, Self.path + "/kill-switch")["state"]?.text == "on")
        await fixture.stop()
    }

    /// A key that was used before says nothing of what the switch is now.
    @Test @LoopActor func theSwitchAnswersWhatItIsWhateverKeyWasUsed() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        func turn(_ state: String, _ key: String) async throws -> String? {
            let answer = try await fixture.ask(
                .risk, .post, Self.path + "/kill-switch", #"{"state":"\#(state)","reason":"drill"}"#,
                headers: ["Idempotency-Key": key])
            #expect(answer.status == 200)
            return try JSONTree(answer.body)["state"]?.text
        }
        func held() async throws -> String? {
            try await fixture.json(.risk, .get, Self.path + "/kill-switch")["state"]?.text
        }
        #expect(try await turn("on", "panic") == "on")
        #expect(try await turn("off", "over") == "off")
        #expect(try await turn("on", "panic") == "on")
        #expect(try await held() == "on")
        // Off that comes again, late, does not undo what came in between.
        #expect(try await turn("off", "over") == "on")
        #expect(try await held() == "on")
        await fixture.stop()
    }

    /// A decision that cannot be written holds up the switch for two seconds; it holds from the first on, and says that it
    /// is not stored.
    @Test @LoopActor func theSwitchDoesNotWaitForDecisionsThatHang() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let body = #"{"state":"on","reason":"drill"}"#
        engine.decisions.began()
        var answer: JSONTree?
        let asked = spawn {
            answer = try? await fixture.json(.risk, .post, Self.path + "/kill-switch", body, status: 503)
        }
        await fixture.until("it holds") { engine.killSwitch.isOn }
        fixture.clock.advance(nanoseconds: 2_000_000_000)
        await fixture.until("it has answered") { answer != nil }
        await asked.value
        #expect(answer?["state"]?.text == "on" && answer?["stored"] == .bool(false))
        #expect(try await fixture.json(.risk, .get, Self.path + "/kill-switch")["stored"] == .bool(false))
        // One that is written in time is waited for.
        var stored: JSONTree?
        let again = spawn { stored = try? await fixture.json(.risk, .post, Self.path + "/kill-switch", body) }
        for _ in 0..<100 { await Task.yield() }
        #expect(stored == nil)
        engine.decisions.ended()
        await again.value
        #expect(stored?["state"]?.text == "on" && stored?["stored"] == .bool(true))
        await fixture.stop()
    }

    /// Where too many messages wait to be acknowledged, what stops orders is taken all the same.
    @Test @LoopActor func theSwitchIsTakenWhileTheOutboxIsFull() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        fixture.hosts[.risk]?.context.outbox.limit = 0
        _ = try await fixture.json(.risk, .post, Self.path + "/alerts", #"{"title":"x"}"#, status: 503)
        let answer = try await fixture.json(
            .risk, .post, Self.path + "/kill-switch", #"{"state":"on","reason":"drill"}"#)
        #expect(answer["state"]?.text == "on" && answer["stored"] == .bool(true))
        await fixture.stop()
    }

    /// Turned on before the engine has found its records, it is on when it has; a key alone is no reason to wait.
    @Test @LoopActor func theSwitchMayBeTurnedOnBeforeTheEngineIsReady() async throws {
        let scene = try await EngineScene(RiskEngine.self)
        let path = Self.path + "/kill-switch", key: Headers = ["Host": "localhost", "Idempotency-Key": "k"]
        let alert = await scene.ask(.post, Self.path + "/alerts", #"{"title":"x"}"#, headers: key)
        #expect(alert.status == 503 && alert.text.contains("cannot know whether this key was used"))
        let early = await scene.ask(.post, path, #"{"state":"on","reason":"drill"}"#, headers: key)
        #expect(early.status == 503 && early.text.contains("is on and no order is approved"))
        await scene.start()
        #expect(await scene.ask(.get, path).text.contains(#""stored":false,"state":"on""#))
        let stored = await scene.ask(.post, path, #"{"state":"on","reason":"drill"}"#, headers: key)
        #expect(stored.status == 200 && stored.text.contains(#""stored":true,"state":"on""#))
        await scene.stop()
    }

    @Test @LoopActor func theMonitorTellsWhatIsNewOnceAndAfterARestartToo() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.breach, Topics.riskAlert])
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"gross","type":"gross_exposure","threshold":100}"#, status: 201)
        _ = try await fixture.json(.risk, .post, Self.path + "/alerts",
            #"{"kind":"rule","title":"Too big","type":"gross_exposure"}"#, status: 201)
        try await tell(fixture, cash: 1000)
        let started = try await fixture.json(.risk, .post, Self.path + "/monitor/start", #"{"portfolio_ids":["p"]}"#)
        #expect(started["status"]?.text == "running" && started["interval_seconds"]?.double == 5)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await fixture.until("a first round") { engine.monitor.rounds["p"] ?? 0 >= 1 }
        #expect(fixture.published.isEmpty)
        func hold(_ quantity: Int) async throws {
            try await fixture.publish(Topics.position, "p", PositionUpdate(
                portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(quantity),
                averageCost: FixedPoint(50), price: FixedPoint(50), realized: .zero, time: fixture.clock.now),
                from: .portfolio)
            let before = engine.monitor.rounds["p"] ?? 0
            await fixture.until("two rounds") {
                fixture.clock.advance(nanoseconds: 5_000_000_000)
                return engine.monitor.rounds["p"] ?? 0 >= before + 2
            }
            await fixture.settle()
        }
        func told(_ family: TopicFamily) -> Int { fixture.published.count { $0.topic.family == family.name } }
        try await hold(3)
        #expect(told(Topics.breach) == 1 && told(Topics.riskAlert) == 1)
        // The next life judges on and tells nothing again.
        await engine.stop()
        try await engine.start()
        try await hold(4)
        #expect(told(Topics.breach) == 1 && told(Topics.riskAlert) == 1)
        try await hold(1)
        try await hold(5)
        #expect(told(Topics.breach) == 2)
        let events = try await fixture.json(.risk, .get, Self.path + "/breaches")
        #expect(events["items"]?.elements.compactMap { $0["limit_id"]?.text } == ["gross", "gross"])
        let alerts = try await fixture.json(.risk, .get, Self.path + "/alerts", query: "state=open")
        let id = try #require(alerts["items"]?.elements.first?["id"]?.text)
        #expect(alerts["items"]?.elements.count == 2)
        let closed = try await fixture.json(
            .risk, .patch, Self.path + "/alerts", #"{"alert_id":"\#(id)","state":"closed","note":"sold"}"#)
        #expect(closed["state"]?.text == "closed" && closed["note"]?.text == "sold")
        _ = try await fixture.json(.risk, .patch, Self.path + "/alerts", #"{"alert_id":"x","state":"closed"}"#, status: 404)
        for count in [1.0, 0] {
            let all = try await fixture.json(
                .risk, .patch, Self.path + "/alerts", #"{"portfolio_id":"p","state":"acknowledged","note":"all"}"#)
            #expect(all["changed"]?.double == count)
        }
        let known = try await fixture.json(.risk, .get, Self.path + "/alerts", query: "state=acknowledged")
        #expect(known["items"]?.elements.map { $0["note"]?.text } == ["all"])
        let wrong = try await fixture.json(
            .risk, .patch, Self.path + "/alerts",
            #"{"portfolio_id":"p","alert_id":"x","state":"escalated"}"#, status: 422)
        #expect(Set(wrong.pointers) == ["/alert_id", "/state"])
        let rules = try await fixture.json(.risk, .get, Self.path + "/alerts", query: "kind=rule")
        #expect(rules["items"]?.elements.count == 1)
        let stopped = try await fixture.json(.risk, .post, Self.path + "/monitor/stop", "{}")
        #expect(stopped["status"]?.text == "stopped" && engine.monitor.watches.isEmpty)
        await fixture.stop()
    }

    @Test @LoopActor func detectionNowRecordsWhatIsNew() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"net","type":"net_exposure","threshold":100}"#, status: 201)
        let body = #"{"portfolio_id":"p","positions":[{"symbol":"KO","quantity":10,"price":50}],"cash":0}"#
        let first = try await fixture.json(.risk, .post, Self.path + "/breaches", body)
        #expect(first["events"]?.elements.count == 1 && first["checks"]?.elements.first?["verdict"]?.text == "breach")
        let second = try await fixture.json(.risk, .post, Self.path + "/breaches", body)
        #expect(second["events"]?.elements.isEmpty == true)
        _ = try await fixture.json(.risk, .post, Self.path + "/breaches", #"{"portfolio_id":"q"}"#, status: 404)
        let bare = try await fixture.json(.risk, .post, Self.path + "/breaches", "{}", status: 422)
        #expect(bare.pointers == ["/portfolio_id"])
        await fixture.stop()
    }
}
