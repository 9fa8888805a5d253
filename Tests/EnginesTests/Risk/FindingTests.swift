import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Store
import Testing
import TestKit

/// What was found of a limit, and its case, hold for the limit as it is and for the portfolio as it is.
@Suite struct FindingTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"
    private static let gross = #""type":"gross_exposure","threshold":100"#

    /// A portfolio p that holds five shares at 50 and its limit, which the monitor has found broken.
    @LoopActor private final class Scene {
        let fixture: EngineFixture, engine: RiskEngine, courier = RecordingCourier()

        init(_ more: String = "") async throws {
            fixture = try await EngineFixture.make([RiskEngine.self], courier: courier)
            engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
            _ = try await fixture.json(.risk, .post, FindingTests.path + "/limits",
                #"{"id":"gross",\#(FindingTests.gross)\#(more)}"#, status: 201)
            try await fixture.publishCash(1000)
            try await hold(5)
        }

        func hold(_ quantity: Int) async throws {
            try await fixture.tellHolding(quantity)
            try await look()
        }

        /// A round of the monitor and one of the responder, a second later.
        func look() async throws {
            if let checks = try await engine.judge("p") { try await engine.monitor.note(checks, of: "p") }
            fixture.clock.advance(nanoseconds: 1_000_000_000)
            await engine.responder.round()
            await fixture.until("nothing is under way") { engine.responder.isIdle }
        }

        func put(_ body: String) async throws {
            _ = try await fixture.json(.risk, .put, FindingTests.path + "/limits/gross", body)
        }

        func rule(_ json: String) async throws {
            _ = try await fixture.json(.risk, .post, FindingTests.path + "/response-rules", json, status: 201)
        }

        func items(_ path: String, _ query: String = "") async throws -> [JSONTree] {
            try await fixture.json(.risk, .get, FindingTests.path + path, query: query)["items"]?.elements ?? []
        }

        func restart() async throws {
            await engine.stop()
            try await engine.start()
        }

        var open: BreachCase? { engine.responder.openCase("p", "gross") }
    }

    @Test(arguments: [false, true])
    @LoopActor func aLimitThatIsSwitchedOnAgainIsFoundBrokenAnew(_ restarts: Bool) async throws {
        let scene = try await Scene(), first = try #require(scene.open?.id)
        try await scene.put(#"{\#(Self.gross),"active":false}"#)
        try await scene.look()
        #expect(scene.open == nil)
        if restarts { try await scene.restart() }
        try await scene.put("{\(Self.gross)}")
        try await scene.look()
        #expect(scene.open?.severity == .hard && scene.open?.id != first)
        #expect(try await scene.items("/breaches").count == 2)
        // Once, as before.
        if restarts { try await scene.restart() }
        try await scene.look()
        #expect(try await scene.items("/breaches").count == 2)
        #expect(try await scene.items("/cases").count == 2)
        await scene.fixture.stop()
    }

    @Test @LoopActor func aLimitThatIsMadeAgainIsFoundBrokenAnew() async throws {
        let scene = try await Scene()
        _ = try await scene.fixture.json(.risk, .delete, Self.path + "/limits/gross")
        try await scene.look()
        _ = try await scene.fixture.json(
            .risk, .post, Self.path + "/limits", #"{"id":"gross",\#(Self.gross)}"#, status: 201)
        try await scene.look()
        #expect(scene.open != nil)
        #expect(try await scene.items("/breaches").count == 2)
        await scene.fixture.stop()
    }

    /// What was found without a case, by an earlier release, does not hold back the next find.
    @Test @LoopActor func aFindingWithoutACaseIsFoundAnew() async throws {
        let scene = try await Scene()
        let records = try #require(scene.fixture.hosts[.risk]).context.records
        try await records.transaction([Statement("UPDATE breach_cases SET state = 'closed', closed = 1")])
        try await scene.restart()
        try await scene.look()
        #expect(scene.open != nil)
        #expect(try await scene.items("/breaches").count == 2)
        await scene.fixture.stop()
    }

    @Test @LoopActor func aLimitOfAnotherPortfolioSellsNothingOfTheOneBefore() async throws {
        let scene = try await Scene(#","portfolio_id":"p""#)
        try await scene.put(#"{\#(Self.gross),"portfolio_id":"q"}"#)
        try await scene.rule(#"{"id":"f","title":"Sell all","action":"flatten"}"#)
        try await scene.look()
        #expect(scene.open == nil)
        #expect(try await scene.items("/responses").isEmpty)
        // It is p's again, and broken.
        try await scene.put(#"{\#(Self.gross),"portfolio_id":"p"}"#)
        try await scene.look()
        #expect(scene.open != nil)
        await scene.fixture.stop()
    }

    @Test @LoopActor func aLimitOfAnotherTypeHasACaseOfItsOwn() async throws {
        let scene = try await Scene(), first = try #require(scene.open?.id)
        try await scene.rule(#"{"id":"b","title":"Stop","action":"block","limit_type":"gross_exposure","for_seconds":60}"#)
        try await scene.put(#"{"type":"leverage","threshold":0.001}"#)
        try await scene.look()
        try await scene.look()
        #expect(scene.open?.type == .leverage && scene.open?.id != first)
        scene.fixture.clock.advance(nanoseconds: 120_000_000_000)
        try await scene.look()
        #expect(try await scene.items("/responses").isEmpty)
        await scene.fixture.stop()
    }

    /// A threshold that moves leaves the case what it is.
    @Test @LoopActor func anotherThresholdIsTheSameCase() async throws {
        let scene = try await Scene(), first = try #require(scene.open?.id)
        try await scene.put(#"{"type":"gross_exposure","threshold":110}"#)
        try await scene.look()
        #expect(scene.open?.id == first)
        #expect(try await scene.items("/breaches").count == 1)
        await scene.fixture.stop()
    }

    @Test @LoopActor func anOldBreachThatIsResolvedSaysNothingOfThePresentCase() async throws {
        let scene = try await Scene()
        try await scene.hold(1)
        try await scene.hold(5)
        let events = try await scene.items("/breaches").compactMap { $0["id"]?.text }
        try #require(events.count == 2)
        func resolve(_ target: String) async throws {
            _ = try await scene.fixture.json(
                .risk, .patch, Self.path + "/breaches", #"{\#(target),"state":"resolved"}"#)
        }
        try await resolve(#""breach_id":"\#(events[1])""#)
        #expect(scene.open != nil && scene.open?.acknowledged == nil)
        try await resolve(#""breach_id":"\#(events[0])""#)
        #expect(scene.open?.acknowledged != nil)
        await scene.fixture.stop()
    }

    /// What is made up is judged and recorded; it opens no case, closes none, and nothing is done about it.
    @Test @LoopActor func positionsThatAreSentOpenAndCloseNoCase() async throws {
        let scene = try await Scene()
        try await scene.rule(#"{"id":"b","title":"Stop","action":"block"}"#)
        func detect(_ quantity: Int) async throws -> Int? {
            let body = #"{"portfolio_id":"p","positions":[{"symbol":"KO","quantity":\#(quantity),"price":50}],"cash":1}"#
            let answer = try await scene.fixture.json(.risk, .post, Self.path + "/breaches", body)
            return answer["events"]?.elements.count
        }
        let first = scene.open
        #expect(try await detect(1) == 0)
        #expect(scene.open == first)
        try await scene.hold(1)
        #expect(scene.open == nil)
        let blocks = try await scene.items("/blocks").count
        #expect(try await detect(9) == 1)
        try await scene.look()
        #expect(scene.open == nil)
        #expect(try await scene.items("/blocks").count == blocks)
        #expect(try await scene.items("/breaches").count == 2)
        // The same again is nothing new.
        #expect(try await detect(9) == 0)
        // An order, and returns, beside what is held open none either.
        let order = #"{"portfolio_id":"p","order":{"symbol":"KO","side":"buy","quantity":90,"price":50}}"#
        for body in [order, #"{"portfolio_id":"p","returns":{"KO":[0.1,-0.9,0.2]}}"#] {
            _ = try await scene.fixture.json(.risk, .post, Self.path + "/breaches", body)
            #expect(scene.open == nil)
        }
        await scene.fixture.stop()
    }

    @Test(arguments: ["acknowledged", "escalated", "closed"])
    @LoopActor func onlyAClosedRuleRests(_ state: String) async throws {
        let scene = try await Scene()
        let rule = try await scene.fixture.json(
            .risk, .post, Self.path + "/alerts", #"{"kind":"rule","title":"Too big"}"#, status: 201)
        let id = try #require(rule["id"]?.text)
        _ = try await scene.fixture.json(
            .risk, .patch, Self.path + "/alerts", #"{"alert_id":"\#(id)","state":"\#(state)"}"#)
        try await scene.hold(1)
        try await scene.hold(5)
        #expect(try await scene.items("/alerts").count == (state == "closed" ? 0 : 1))
        await scene.fixture.stop()
    }
}
