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

    @LoopActor private func responses(_ fixture: EngineFixture) async throws -> [JSONTree] {
        try await fixture.json(.risk, .get, Self.path + "/responses")["items"]?.elements ?? []
    }

    @LoopActor private func states(_ fixture: EngineFixture) async throws -> [String] {
        try await responses(fixture).compactMap { $0["state"]?.text }
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

    /// Holds so many shares at 50 and has the monitor look.
    @LoopActor private func hold(_ fixture: EngineFixture, _ quantity: Int) async throws {
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(quantity),
            averageCost: FixedPoint(50), price: FixedPoint(50), realized: .zero, time: fixture.clock.now),
            from: .portfolio)
        try await look(fixture)
    }

    @LoopActor private func look(_ fixture: EngineFixture) async throws {
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let checks = try await engine.judge("p")
        try await engine.monitor.note(try #require(checks), of: "p")
    }

    @LoopActor private func pass(_ fixture: EngineFixture, _ engine: RiskEngine, seconds: Int64) async throws {
        fixture.clock.advance(nanoseconds: seconds * 1_000_000_000)
        await engine.responder.round()
        await fixture.until("nothing is under way") { engine.responder.isIdle }
        await fixture.settle()
    }

    /// What cannot be judged counts as broken and denies orders; it is no reason to sell everything.
    @Test @LoopActor func aLimitThatCannotBeJudgedSellsNothingUntilItCan() async throws {
        let (fixture, engine) = try await alone()
        try await post(fixture, "limits", #"{"id":"v","type":"value_at_risk","threshold":1000000,"portfolio_id":"p"}"#)
        try await post(fixture, "response-rules", #"{"id":"f","title":"Sell all","action":"flatten"}"#)
        try await hold(fixture, 5)
        #expect(engine.responder.openCase("p", "v")?.severity == .hard)
        try await pass(fixture, engine, seconds: 5)
        #expect(try await responses(fixture).isEmpty)
        await engine.stop()
        try await engine.start()
        try await look(fixture)
        try await pass(fixture, engine, seconds: 5)
        #expect(try await responses(fixture).isEmpty)
        // With bars it is kept, and the case is over.
        try await fixture.store(.walk(60, start: 50), "KO")
        fixture.clock.advance(nanoseconds: DailyBars.lifeNanoseconds)
        try await look(fixture)
        try await pass(fixture, engine, seconds: 5)
        #expect(engine.responder.openCase("p", "v") == nil)
        #expect(try await responses(fixture).isEmpty)
        // What is known to be broken is sold.
        try await put(fixture, "limits/v", #"{"type":"value_at_risk","threshold":0.001,"portfolio_id":"p"}"#)
        try await look(fixture)
        try await pass(fixture, engine, seconds: 0)
        #expect(try await states(fixture) == ["waiting"])
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
        try await hold(fixture, 5)
        fixture.clock.advance(nanoseconds: 1_000_000_000)
        await engine.responder.round()
        await fixture.until("a notice hangs") { !courier.told.isEmpty }
        try await post(fixture, "response-rules",
            #"{"id":"f","title":"t","action":"flatten","limit_type":"net_exposure"}"#)
        try await post(fixture, "response-rules",
            #"{"id":"o","title":"t","action":"notify","limit_type":"net_exposure","channels":["head"]}"#)
        try await post(fixture, "limits", #"{"id":"n","type":"net_exposure","threshold":100,"portfolio_id":"p"}"#)
        try await look(fixture)
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

    @Test @LoopActor func acknowledgingEndsNoticesThatAreTriedAgain() async throws {
        let courier = RecordingCourier(), (fixture, engine) = try await alone(courier)
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":100}"#)
        try await post(fixture, "response-rules", #"{"id":"n","title":"t","action":"notify","channels":["desk"]}"#)
        courier.answer([.failed("no answer")])
        try await hold(fixture, 5)
        try await pass(fixture, engine, seconds: 1)
        let id = try #require(engine.responder.openCase("p", "g")?.id)
        _ = try await fixture.json(.risk, .post, Self.path + "/cases/\(id)/acknowledge", "{}")
        // Nor does the end of the case bring it back.
        try await hold(fixture, 1)
        try await pass(fixture, engine, seconds: 3600)
        #expect(courier.sent.count == 1)
        #expect(try await states(fixture) == ["dropped"])
        await fixture.stop()
    }

    @Test @LoopActor func aChannelThatIsSwitchedOffIsNotTold() async throws {
        let courier = RecordingCourier(), (fixture, engine) = try await alone(courier)
        try await post(fixture, "limits", #"{"id":"g","type":"gross_exposure","threshold":100}"#)
        try await post(fixture, "response-rules", #"{"id":"n","title":"t","action":"notify","channels":["desk"]}"#)
        courier.answer([.failed("no answer")])
        try await hold(fixture, 5)
        try await pass(fixture, engine, seconds: 1)
        try await put(fixture, "channels/desk",
            #"{"id":"desk","kind":"webhook","target":"http://127.0.0.1:9/desk","active":false}"#)
        try await pass(fixture, engine, seconds: 3600)
        #expect(courier.sent.count == 1)
        let row = try await responses(fixture).first
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
        try await hold(fixture, 5)
        try await pass(fixture, engine, seconds: 1)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: step * 1_000_000_000))
        try await pass(fixture, engine, seconds: 3)
        #expect(courier.sent.count == 1)
        try await pass(fixture, engine, seconds: 2)
        #expect(courier.sent.count == 2)
        try await pass(fixture, engine, seconds: 290)
        #expect(engine.responder.blocks.isEmpty)
        try await pass(fixture, engine, seconds: 5)
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
        try await hold(fixture, 5)
        try await pass(fixture, engine, seconds: 1)
        _ = try await fixture.json(.risk, .delete, Self.path + "/response-rules/n")
        await engine.stop()
        try await engine.start()
        try await post(fixture, "response-rules", rule)
        try await pass(fixture, engine, seconds: 1)
        await engine.stop()
        try await engine.start()
        try await pass(fixture, engine, seconds: 1)
        #expect(courier.sent.count == 2 && Set(courier.sent.map(\.id)).count == 2)
        await fixture.stop()
    }

    // MARK: Through the ordinary way of an order

    /// A portfolio that holds a hundred of KO at 100.
    @LoopActor private func invested() async throws -> (EngineFixture, RiskEngine) {
        let fixture = try await EngineFixture.make([RiskEngine.self, StrategyEngine.self, PortfolioEngine.self])
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#, status: 201)
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios/p/transactions", #"{"type":"deposit","amount":1000000}"#, status: 201)
        try await quote(fixture, 100)
        #expect(try await order(fixture, "buy", 100) == "filled")
        return (fixture, try #require(fixture.hosts[.risk]?.engine as? RiskEngine))
    }

    @LoopActor private func quote(_ fixture: EngineFixture, _ price: Int) async throws {
        _ = try await fixture.json(
            .marketdata, .post, "/market-data/quotes", #"{"symbol":"KO","bid":\#(price),"ask":\#(price)}"#)
        await fixture.settle()
    }

    @LoopActor private func order(
        _ fixture: EngineFixture, _ side: String, _ quantity: Int, limit: Int? = nil
    ) async throws -> String? {
        let price = limit.map { #","price":\#($0)"# } ?? ""
        let placed = try await fixture.json(.strategy, .post, "/orders",
            #"{"portfolio_id":"p","symbol":"KO","side":"\#(side)","quantity":\#(quantity)\#(price)}"#)
        await fixture.settle()
        return placed["state"]?.text
    }

    @LoopActor private func held(_ fixture: EngineFixture) async throws -> Double {
        let positions = try await fixture.json(.portfolio, .get, "/portfolios/p")["positions"]?.elements ?? []
        return positions.first { $0["symbol"]?.text == "KO" }?["quantity"]?.double ?? 0
    }

    private static let limit = #"{"id":"g","type":"gross_exposure","threshold":5000,"portfolio_id":"p"}"#
    private static let wide = #"{"type":"gross_exposure","threshold":50000,"portfolio_id":"p"}"#
    private static let flatten = #"{"id":"f","title":"t","action":"flatten"}"#

    enum Ending: CaseIterable { case caseOver, limitKept, ruleRemoved, ruleOff }

    /// The order waits until what rests is cancelled; meanwhile nobody wants it any more.
    @Test(arguments: Ending.allCases)
    @LoopActor func anOrderThatWaitsIsNotPlacedForWhatIsOver(_ ending: Ending) async throws {
        let (fixture, engine) = try await invested()
        #expect(try await order(fixture, "sell", 50, limit: 105) == "working")
        try await post(fixture, "limits", Self.limit)
        try await post(fixture, "response-rules", Self.flatten)
        try await look(fixture)
        try await pass(fixture, engine, seconds: 0)
        #expect(try await states(fixture) == ["waiting"])
        switch ending {
        case .caseOver:
            try await put(fixture, "limits/g", Self.wide)
            try await look(fixture)
            #expect(engine.responder.openCase("p", "g") == nil)
        case .limitKept: try await put(fixture, "limits/g", Self.wide)
        case .ruleRemoved: _ = try await fixture.json(.risk, .delete, Self.path + "/response-rules/f")
        case .ruleOff: try await put(fixture, "response-rules/f", #"{"title":"t","action":"flatten","active":false}"#)
        }
        for _ in 0..<3 { try await pass(fixture, engine, seconds: 1) }
        #expect(try await held(fixture) == 100)
        #expect(try await states(fixture) == ["dropped"])
        await fixture.stop()
    }

    /// A reason that was gone for a moment only: the case goes on, and so does the rule.
    @Test @LoopActor func whatWasDroppedForAMomentIsPlannedAgain() async throws {
        let (fixture, engine) = try await invested()
        #expect(try await order(fixture, "sell", 50, limit: 105) == "working")
        try await post(fixture, "limits", Self.limit)
        try await post(fixture, "response-rules", Self.flatten)
        try await look(fixture)
        try await pass(fixture, engine, seconds: 0)
        #expect(try await states(fixture) == ["waiting"])
        try await put(fixture, "response-rules/f", #"{"title":"t","action":"flatten","active":false}"#)
        for _ in 0..<3 { try await pass(fixture, engine, seconds: 1) }
        #expect(try await states(fixture) == ["dropped"])
        try await put(fixture, "response-rules/f", #"{"title":"t","action":"flatten"}"#)
        for _ in 0..<4 { try await pass(fixture, engine, seconds: 1) }
        #expect(try await held(fixture) == 0)
        #expect(try await states(fixture).sorted() == ["dropped", "placed"])
        await fixture.stop()
    }

    /// Between the monitor's look and the rule's moment a price falls, or a person sells.
    @Test(arguments: [true, false]) @LoopActor func aReductionIsOfTheValueOfNow(_ isSold: Bool) async throws {
        let (fixture, engine) = try await invested()
        try await post(fixture, "limits", Self.limit)
        try await post(fixture, "response-rules", #"{"id":"r","title":"t","action":"reduce","for_seconds":5}"#)
        try await look(fixture)
        if isSold {
            #expect(try await order(fixture, "sell", 60) == "filled")
        } else {
            try await quote(fixture, 60)
        }
        for _ in 0..<3 { try await pass(fixture, engine, seconds: 5) }
        #expect(try await held(fixture) == (isSold ? 40 : 75))
        #expect(try await states(fixture) == (isSold ? [] : ["placed"]))
        await fixture.stop()
    }
}
