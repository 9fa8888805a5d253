import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Store
import Testing
import TestKit

/// What came of a notice or an order is written before it is forgotten, whenever the records take it.
@Suite struct ResponseOutcomeTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    @LoopActor private func post(_ fixture: EngineFixture, _ what: String, _ json: String) async throws {
        _ = try await fixture.json(.risk, .post, Self.path + "/" + what, json, status: 201)
    }

    /// A limit that is broken once anything is held, and a channel that is told.
    @LoopActor private func telling(
        _ courier: any NoticeCourier, wrap: (any RecordStore) -> any RecordStore = { $0 }
    ) async throws -> (EngineFixture, RiskEngine) {
        let fixture = try await EngineFixture.make([RiskEngine.self], courier: courier, wrap: wrap)
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":100}"#)
        try await post(fixture, "channels", #"{"id":"desk","kind":"webhook","target":"http://127.0.0.1:9/desk"}"#)
        try await post(fixture, "response-rules", #"{"id":"n","title":"t","action":"notify","channels":["desk"]}"#)
        return (fixture, try fixture.risk)
    }

    @Test(arguments: [false, true])
    @LoopActor func aNoticeWhoseOutcomeCannotBeWrittenIsSentOnce(_ restarts: Bool) async throws {
        let courier = RecordingCourier(), (fixture, engine) = try await telling(courier)
        try await fixture.refuse("responses")
        try await fixture.hold(5)
        for _ in 0..<2 { try await fixture.pass(seconds: 1) }
        #expect(courier.sent.count == 1)
        #expect(try await fixture.states() == ["waiting"])
        if restarts {
            await engine.stop()
            try await engine.start()
        }
        try await fixture.accept()
        for _ in 0..<2 { try await fixture.pass(seconds: 1) }
        #expect(courier.sent.count == 1)
        #expect(try await fixture.states() == ["sent"])
        #expect(engine.responder.rows.isEmpty && engine.responder.unwritten.isEmpty)
        await fixture.stop()
    }

    /// It ends while the acknowledgement is being written.
    @Test @LoopActor func aNoticeThatWasSentStaysSentWhereAnAcknowledgementFails() async throws {
        let courier = HangingCourier { _ in true }
        var wrapped: HangingRecords?
        let (fixture, engine) = try await telling(courier) { store in
            let hanging = HangingRecords(store)
            wrapped = hanging
            return hanging
        }
        let records = try #require(wrapped)
        try await fixture.hold(5)
        fixture.clock.advance(nanoseconds: 1_000_000_000)
        await engine.responder.round()
        await fixture.until("a notice hangs") { courier.told.count == 1 }
        let id = try #require(engine.responder.openCase("p", "g")?.id)
        records.hang("breach_cases")
        let asked = spawn { _ = try? await engine.responder.acknowledge(id, by: "ann") }
        await fixture.until("the acknowledgement is being written") { records.hangs }
        courier.release()
        // All are on one loop: the notice ends before this comes back.
        for _ in 0..<100 { await Task.yield() }
        #expect(records.hangs)
        records.refuse()
        await asked.value
        await fixture.until("nothing is under way") { engine.responder.isIdle }
        try await fixture.pass(seconds: 3600)
        #expect(courier.told.count == 1)
        #expect(try await fixture.states() == ["sent"])
        #expect(engine.responder.openCase("p", "g")?.acknowledged == nil)
        await fixture.stop()
    }

    @Test @LoopActor func whatIsMeasuredWhileAChangeIsWrittenStays() async throws {
        let (fixture, engine) = try await telling(RecordingCourier())
        try await fixture.hold(5)
        try await fixture.tellHolding(6)
        let checks = try #require(try await engine.judge("p"))
        try await engine.responder.observing([], of: "p", at: fixture.clock.now) { _, _ in
            engine.responder.measure(checks, of: "p")
        }
        #expect(engine.responder.openCase("p", "g")?.value == 300)
        try await fixture.pass(seconds: 1)
        await fixture.stop()
    }

    /// That the order was dropped and that its rule may plan again are written together, or neither is.
    @Test(arguments: ["responses", "breach_cases"])
    @LoopActor func whatIsDroppedIsPlannedAgainThoughACommitFailed(_ table: String) async throws {
        let (fixture, _) = try await EngineFixture.invested()
        #expect(try await fixture.order("sell", 50, limit: 105) == "working")
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":5000,"portfolio_id":"p"}"#)
        try await post(fixture, "response-rules", #"{"id":"f","title":"t","action":"flatten"}"#)
        try await fixture.look()
        try await fixture.pass(seconds: 0)
        let rule = Self.path + "/response-rules/f"
        _ = try await fixture.json(.risk, .put, rule, #"{"title":"t","action":"flatten","active":false}"#)
        try await fixture.refuse(table)
        for _ in 0..<3 { try await fixture.pass(seconds: 1) }
        #expect(try await fixture.states() == ["waiting"])
        try await fixture.accept()
        _ = try await fixture.json(.risk, .put, rule, #"{"title":"t","action":"flatten"}"#)
        for _ in 0..<4 { try await fixture.pass(seconds: 1) }
        #expect(try await fixture.states() == ["dropped", "placed"])
        #expect(try await fixture.held() == 0)
        await fixture.stop()
    }

    /// The place of a notice that ends is taken at once, by whichever channel waits.
    @Test @LoopActor func moreChannelsThanThereIsRoomForAreToldInOneRound() async throws {
        let courier = HangingCourier { _ in true }
        let fixture = try await EngineFixture.make([RiskEngine.self], courier: courier), engine = try fixture.risk
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":100}"#)
        let names = (0..<20).map { "c\($0)" }
        for name in names {
            try await post(fixture, "channels",
                #"{"id":"\#(name)","kind":"webhook","target":"http://127.0.0.1:9/\#(name)"}"#)
        }
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        try await post(fixture, "response-rules", #"{"id":"n","title":"t","action":"notify","channels":[\#(list)]}"#)
        try await fixture.hold(5)
        fixture.clock.advance(nanoseconds: 1_000_000_000)
        await engine.responder.round()
        await fixture.until("as many hang as there is room for") { courier.told.count == ResponseFlights.noticeLimit }
        courier.release()
        await fixture.until("nothing is under way") { engine.responder.isIdle }
        #expect(courier.told.count == 20)
        await fixture.stop()
    }
}
