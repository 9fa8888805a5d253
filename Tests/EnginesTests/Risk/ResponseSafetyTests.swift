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

/// Nothing is sold, blocked or told for what is not known, is over, or is another thing by now.
@Suite struct ResponseSafetyTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    @LoopActor private func post(_ fixture: EngineFixture, _ what: String, _ json: String) async throws {
        _ = try await fixture.json(.risk, .post, Self.path + "/" + what, json, status: 201)
    }

    @LoopActor private func put(_ fixture: EngineFixture, _ what: String, _ json: String) async throws {
        _ = try await fixture.json(.risk, .put, Self.path + "/" + what, json)
    }

    // MARK: Risk alone

    @LoopActor private func alone(_ courier: any NoticeCourier = RecordingCourier()) async throws
        -> (EngineFixture, RiskEngine) {
        let fixture = try await EngineFixture.make([RiskEngine.self], courier: courier)
        for id in ["desk", "head", "lead"] {
            try await post(fixture, "channels",
                #"{"id":"\#(id)","kind":"webhook","target":"http://127.0.0.1:9/\#(id)"}"#)
        }
        return (fixture, try #require(fixture.hosts[.risk]?.engine as? RiskEngine))
    }

    /// What cannot be judged counts as broken and denies orders; it is no reason to sell everything.
    @Test @LoopActor func aLimitThatCannotBeJudgedSellsNothingUntilItCan() async throws {
        let (fixture, engine) = try await alone()
        try await post(fixture, "limits", #"{"id":"v","type":"value_at_risk","threshold":1000000,"portfolio_id":"p"}"#)
        try await post(fixture, "response-rules", #"{"id":"f","title":"Sell all","action":"flatten"}"#)
        try await fixture.hold(5)
        #expect(engine.responder.openCase("p", "v")?.severity == .hard)
        try await fixture.pass(seconds: 5)
        #expect(try await fixture.responses().isEmpty)
        await engine.stop()
        try await engine.start()
        try await fixture.look()
        try await fixture.pass(seconds: 5)
        #expect(try await fixture.responses().isEmpty)
        // With bars it is kept, and the case is over.
        try await fixture.store(.walk(60, start: 50), "KO")
        fixture.clock.advance(nanoseconds: DailyBars.lifeNanoseconds)
        try await fixture.look()
        try await fixture.pass(seconds: 5)
        #expect(engine.responder.openCase("p", "v") == nil)
        #expect(try await fixture.responses().isEmpty)
        // What is known to be broken is sold.
        try await put(fixture, "limits/v", #"{"type":"value_at_risk","threshold":0.001,"portfolio_id":"p"}"#)
        try await fixture.look()
        try await fixture.pass(seconds: 0)
        #expect(try await fixture.states() == ["waiting"])
        await fixture.stop()
    }

    /// Orders have room of their own, and a channel that hangs holds up itself alone.
    @Test @LoopActor func aReceiverThatHangsHoldsUpNeitherOrdersNorOthers() async throws {
        let courier = HangingCourier { $0.hasSuffix("/desk") }, (fixture, engine) = try await alone(courier)
        try await post(fixture, "response-rules",
            #"{"id":"n","title":"t","action":"notify","limit_type":"gross_exposure","channels":["desk"]}"#)
        for number in 0..<20 {
            try await post(fixture, "limits",
                #"{"id":"g\#(number)","type":"gross_exposure","threshold":\#(100 + number),"portfolio_id":"p"}"#)
        }
        try await fixture.hold(5)
        fixture.clock.advance(nanoseconds: 1_000_000_000)
        await engine.responder.round()
        await fixture.until("a notice hangs") { !courier.told.isEmpty }
        try await post(fixture, "response-rules",
            #"{"id":"f","title":"t","action":"flatten","limit_type":"net_exposure"}"#)
        try await post(fixture, "response-rules",
            #"{"id":"o","title":"t","action":"notify","limit_type":"net_exposure","channels":["head"]}"#)
        try await post(fixture, "limits", #"{"id":"n","type":"net_exposure","threshold":100,"portfolio_id":"p"}"#)
        try await fixture.look()
        fixture.clock.advance(nanoseconds: 1_000_000_000)
        await engine.responder.round()
        // There is no strategy engine, so the attempt fails.
        await fixture.until("the order was tried") {
            engine.responder.rows.values.contains { $0.action.trades && $0.attempts > 0 }
        }
        await fixture.until("the other receiver was told") { courier.told.contains { $0.hasSuffix("/head") } }
        #expect(courier.told.count { $0.hasSuffix("/desk") } == 1)
        courier.release()
        await fixture.until("all are told") { courier.told.count == 21 && engine.responder.isIdle }
        await fixture.stop()
    }

    /// A notice that was not taken and is tried again.
    @LoopActor private func failing() async throws -> (RecordingCourier, EngineFixture, RiskEngine) {
        let courier = RecordingCourier(), (fixture, engine) = try await alone(courier)
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":100}"#)
        try await post(fixture, "response-rules", #"{"id":"n","title":"t","action":"notify","channels":["desk"]}"#)
        courier.answer([.failed("no answer")])
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        return (courier, fixture, engine)
    }

    @Test @LoopActor func acknowledgingEndsNoticesThatAreTriedAgain() async throws {
        let (courier, fixture, engine) = try await failing()
        let id = try #require(engine.responder.openCase("p", "g")?.id)
        _ = try await fixture.json(.risk, .post, Self.path + "/cases/\(id)/acknowledge", "{}")
        // Nor does the end of the case bring it back.
        try await fixture.hold(1)
        try await fixture.pass(seconds: 3600)
        #expect(courier.sent.count == 1)
        #expect(try await fixture.states() == ["dropped"])
        await fixture.stop()
    }

    @Test @LoopActor func aChannelThatIsSwitchedOffIsNotTold() async throws {
        let (courier, fixture, _) = try await failing()
        try await put(fixture, "channels/desk",
            #"{"id":"desk","kind":"webhook","target":"http://127.0.0.1:9/desk","active":false}"#)
        try await fixture.pass(seconds: 3600)
        #expect(courier.sent.count == 1)
        let row = try await fixture.responses().first
        #expect(row?["state"]?.text == "dropped" && row?["detail"]?.text == "channel desk is switched off")
        await fixture.stop()
    }

    /// Waits are counted by a clock that does not step.
    @Test(arguments: [-3_600, 90_000] as [Int64])
    @LoopActor func aStepOfTheWallClockMovesNothing(_ step: Int64) async throws {
        let courier = RecordingCourier(), (fixture, engine) = try await alone(courier)
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":100}"#)
        try await post(fixture, "response-rules", #"{"id":"b","title":"t","action":"block","for_seconds":300}"#)
        try await post(fixture, "response-rules", #"{"id":"n","title":"t","action":"notify","channels":["desk"]}"#)
        courier.answer([.failed("no answer")])
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: step * 1_000_000_000))
        try await fixture.pass(seconds: 3)
        #expect(courier.sent.count == 1)
        try await fixture.pass(seconds: 2)
        #expect(courier.sent.count == 2)
        try await fixture.pass(seconds: 290)
        #expect(engine.responder.blocks.isEmpty)
        try await fixture.pass(seconds: 5)
        #expect(engine.responder.blocks.count == 1)
        await fixture.stop()
    }

    @Test @LoopActor func anIDWithAControlCharacterIsRefused() async throws {
        let (fixture, _) = try await alone()
        let rule = try await fixture.json(.risk, .post, Self.path + "/response-rules",
            #"{"id":"a\nb","title":"t","action":"block"}"#, status: 422)
        let channel = try await fixture.json(.risk, .post, Self.path + "/channels",
            #"{"id":"a\u0000","kind":"email","target":"a@b.example"}"#, status: 422)
        #expect(rule.pointers == ["/id"] && channel.pointers == ["/id"])
        await fixture.stop()
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func aRuleThatIsMadeAgainActsOnOpenCasesOverARestartToo(_ records: EngineRecords) async throws {
        let courier = RecordingCourier()
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records, courier: courier)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        try await post(fixture, "channels", #"{"id":"desk","kind":"webhook","target":"http://127.0.0.1:9/desk"}"#)
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":100}"#)
        let rule = #"{"id":"n","title":"t","action":"notify","channels":["desk"]}"#
        try await post(fixture, "response-rules", rule)
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        _ = try await fixture.json(.risk, .delete, Self.path + "/response-rules/n")
        await engine.stop()
        try await engine.start()
        try await post(fixture, "response-rules", rule)
        try await fixture.pass(seconds: 1)
        await engine.stop()
        try await engine.start()
        try await fixture.pass(seconds: 1)
        #expect(courier.sent.count == 2 && Set(courier.sent.map(\.id)).count == 2)
        await fixture.stop()
    }

    // MARK: Through the ordinary way of an order

    private static let limit = #"{"id":"g","type":"gross_exposure","threshold":5000,"portfolio_id":"p"}"#
    private static let wide = #"{"type":"gross_exposure","threshold":50000,"portfolio_id":"p"}"#
    private static let flatten = #"{"id":"f","title":"t","action":"flatten"}"#

    /// An order of a rule that waits until what rests is cancelled.
    @LoopActor private func waiting() async throws -> (EngineFixture, RiskEngine) {
        let (fixture, engine) = try await EngineFixture.invested()
        #expect(try await fixture.order("sell", 50, limit: 105) == "working")
        try await post(fixture, "limits", Self.limit)
        try await post(fixture, "response-rules", Self.flatten)
        try await fixture.look()
        try await fixture.pass(seconds: 0)
        #expect(try await fixture.states() == ["waiting"])
        return (fixture, engine)
    }

    enum Ending: CaseIterable { case caseOver, limitKept, ruleRemoved, ruleOff }

    /// The order waits until what rests is cancelled; meanwhile nobody wants it any more.
    @Test(arguments: Ending.allCases)
    @LoopActor func anOrderThatWaitsIsNotPlacedForWhatIsOver(_ ending: Ending) async throws {
        let (fixture, engine) = try await waiting()
        switch ending {
        case .caseOver:
            try await put(fixture, "limits/g", Self.wide)
            try await fixture.look()
            #expect(engine.responder.openCase("p", "g") == nil)
        case .limitKept: try await put(fixture, "limits/g", Self.wide)
        case .ruleRemoved: _ = try await fixture.json(.risk, .delete, Self.path + "/response-rules/f")
        case .ruleOff: try await put(fixture, "response-rules/f", #"{"title":"t","action":"flatten","active":false}"#)
        }
        for _ in 0..<3 { try await fixture.pass(seconds: 1) }
        #expect(try await fixture.held() == 100)
        #expect(try await fixture.states() == ["dropped"])
        await fixture.stop()
    }

    enum Pause: CaseIterable { case ruleOff, limitKept }

    /// A reason that was gone for a moment only: the case goes on, and so does the rule.
    @Test(arguments: Pause.allCases)
    @LoopActor func whatWasDroppedForAMomentIsPlannedAgain(_ pause: Pause) async throws {
        let (fixture, engine) = try await waiting()
        switch pause {
        case .ruleOff: try await put(fixture, "response-rules/f", #"{"title":"t","action":"flatten","active":false}"#)
        case .limitKept: try await put(fixture, "limits/g", Self.wide)
        }
        for _ in 0..<3 { try await fixture.pass(seconds: 1) }
        #expect(try await fixture.states() == ["dropped"])
        #expect(engine.responder.openCase("p", "g") != nil)
        switch pause {
        case .ruleOff: try await put(fixture, "response-rules/f", #"{"title":"t","action":"flatten"}"#)
        case .limitKept:
            try await put(fixture, "limits/g", #"{"type":"gross_exposure","threshold":5000,"portfolio_id":"p"}"#)
        }
        for _ in 0..<4 { try await fixture.pass(seconds: 1) }
        #expect(try await fixture.held() == 0)
        #expect(try await fixture.states() == ["dropped", "placed"])
        await fixture.stop()
    }

    /// Between the monitor's look and the rule's moment a price falls, or a person sells.
    @Test(arguments: [true, false]) @LoopActor func aReductionIsOfTheValueOfNow(_ isSold: Bool) async throws {
        let (fixture, _) = try await EngineFixture.invested()
        try await post(fixture, "limits", Self.limit)
        try await post(fixture, "response-rules", #"{"id":"r","title":"t","action":"reduce","for_seconds":5}"#)
        try await fixture.look()
        if isSold {
            #expect(try await fixture.order("sell", 60) == "filled")
        } else {
            try await fixture.quote(60)
        }
        for _ in 0..<3 { try await fixture.pass(seconds: 5) }
        #expect(try await fixture.held() == (isSold ? 40 : 75))
        #expect(try await fixture.states() == (isSold ? [] : ["placed"]))
        await fixture.stop()
    }
}
