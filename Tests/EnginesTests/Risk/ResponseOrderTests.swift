import Bus
import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Testing
import TestKit

/// Orders of rules and a strategy engine that answers late, wrongly or not at all.
@Suite struct ResponseOrderTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"
    /// After so many seconds an order is looked at again, however often it was.
    private static let wait: Int64 = 15

    /// Risk with a limit g, and what answers in place of the strategy engine.
    @LoopActor private final class Scene {
        let fixture: EngineFixture, engine: RiskEngine
        /// What was asked: a method and an order.
        private(set) var asked: [String] = []
        /// The answer to an order that is placed; nil gets lost.
        var placed: Response?
        /// Instruments whose orders nothing is said of.
        var silent: Set<String> = []
        /// Whether the strategy engine knows the orders that it is asked for.
        var knows = false
        /// What waits for an answer: an order that is asked for (GET) or placed (POST).
        var hanging: Set<HTTP.Method> = []
        private(set) var waiting: [CheckedContinuation<Void, Never>] = []

        init(
            _ type: String = "gross_exposure", threshold: String = "100", records: EngineRecords = .sqlite
        ) async throws {
            fixture = try await EngineFixture.make([RiskEngine.self], records: records)
            engine = try fixture.risk
            try await post("limits", #"{"id":"g","type":"\#(type)","threshold":\#(threshold),"portfolio_id":"p"}"#)
            fixture.stand(in: .strategy) { [unowned self] request in
                asked.append("\(request.method.rawValue) \(request.path)")
                if rows.contains(where: { silent.contains($0.target) && request.path.hasSuffix($0.id) }) { return nil }
                if hanging.contains(request.method) { await withCheckedContinuation { waiting.append($0) } }
                if request.method == .post { return placed }
                return Response(status: knows ? 200 : 404, body: [])
            }
        }

        func post(_ what: String, _ json: String) async throws {
            _ = try await fixture.json(.risk, .post, ResponseOrderTests.path + "/" + what, json, status: 201)
        }

        func limit(_ threshold: Int) async throws {
            _ = try await fixture.json(.risk, .put, ResponseOrderTests.path + "/limits/g",
                #"{"type":"gross_exposure","threshold":\#(threshold),"portfolio_id":"p"}"#)
        }

        /// Answers what was asked last of all that waits.
        func answerLast() { waiting.popLast()?.resume() }

        /// Answers everything, from now on at once.
        func answerAll() {
            hanging = []
            while !waiting.isEmpty { answerLast() }
        }

        func takes() { placed = Response(body: Array(#"{"state":"working"}"#.utf8)) }

        /// Orders that are left to do, or not decided yet.
        var rows: [ResponseRow] { engine.responder.rows.values.filter(\.action.trades) }

        /// Two holdings break the limit, and a rule sells both.
        func flattenTwo() async throws {
            try await fixture.tellHolding(5)
            try await fixture.tellHolding(5, of: "PEP")
            try await fixture.look()
            try await post("response-rules", #"{"id":"f","title":"t","action":"flatten"}"#)
            try await fixture.pass(seconds: 1)
        }

        func restart() async throws {
            await engine.stop()
            try await engine.start()
        }
    }

    /// Half of a step that was given up would be what nobody wanted, and nobody would make it up.
    @Test @LoopActor func theOrdersOfAStepAreGivenUpAndPlannedAgainTogether() async throws {
        let scene = try await Scene()
        scene.silent = ["PEP"]
        try await scene.flattenTwo()
        #expect(try await scene.fixture.states() == ["waiting", "waiting"])
        try await scene.limit(1000)
        // One of them is not to be looked at for a while.
        let other = try #require(scene.rows.first { $0.target == "PEP" }), responder = scene.engine.responder
        responder.flights.wait(other.id, nanoseconds: 60_000_000_000, at: responder.now)
        try await scene.fixture.pass(seconds: Self.wait)
        #expect(try await scene.fixture.states() == ["dropped", "dropped"])
        scene.silent = []
        scene.takes()
        try await scene.limit(100)
        try await scene.fixture.pass(seconds: 1)
        #expect(try await scene.fixture.states() == ["dropped", "dropped", "placed", "placed"])
        await scene.fixture.stop()
    }

    /// What comes late says that an order is there, which risk denies; what was given up could not be written yet.
    @Test(arguments: [.get, .post] as [HTTP.Method])
    @LoopActor func aStepThatWasGivenUpIsPlannedAgainThoughAnAnswerComesLate(_ method: HTTP.Method) async throws {
        let scene = try await Scene(), fixture = scene.fixture, responder = scene.engine.responder
        (scene.silent, scene.hanging) = (["PEP"], [method])
        try await fixture.tellHolding(5)
        try await fixture.tellHolding(5, of: "PEP")
        try await fixture.look()
        try await scene.post("response-rules", #"{"id":"f","title":"t","action":"flatten"}"#)
        await responder.round()
        let (one, other) = (scene.rows.first { $0.target == "KO" }, scene.rows.first { $0.target == "PEP" })
        let (late, id) = (try #require(one).id, try #require(other).id)
        await fixture.until("one got no answer") { responder.rows[id]?.attempts == 1 && !responder.flights.holds(id) }
        await fixture.until("one waits for it") { scene.waiting.count == 1 }
        try await scene.limit(1000)
        try await fixture.refuse("responses")
        fixture.clock.advance(nanoseconds: Self.wait * 1_000_000_000)
        await responder.round()
        await fixture.until("both are given up") { responder.unwritten == [late, id] && !responder.flights.holds(id) }
        scene.takes()
        scene.knows = true
        scene.answerAll()
        await fixture.until("nothing is under way") { responder.isIdle }
        try await fixture.accept()
        (scene.silent, scene.knows) = ([], false)
        try await scene.limit(100)
        try await fixture.pass(seconds: 1)
        #expect(try await fixture.states() == ["dropped", "dropped", "placed", "placed"])
        await fixture.stop()
    }

    /// A request that got no answer is carried out when nobody waits for it any more.
    @Test(arguments: [false, true])
    @LoopActor func whatComesLateOfAnOrderThatWasGivenUpTradesNothing(_ restarts: Bool) async throws {
        let scene = try await Scene()
        try await scene.post("response-rules", #"{"id":"f","title":"t","action":"flatten"}"#)
        try await scene.fixture.hold(5)
        try await scene.fixture.pass(seconds: 1)
        let first = try #require(scene.rows.first)
        #expect(first.state == .waiting && scene.asked.contains("POST /orders"))
        try await scene.limit(1000)
        try await scene.fixture.pass(seconds: Self.wait)
        #expect(try await scene.fixture.states() == ["dropped"])
        try await scene.limit(100)
        try await scene.fixture.pass(seconds: 1)
        if restarts { try await scene.restart() }
        let second = try #require(scene.rows.first)
        #expect(scene.rows.count == 1 && second.id != first.id)
        let late = try await scene.fixture.decide(ResponseOrder.name(of: first.id), 5)
        #expect(!late.isApproved && late.reasons == [ResponseOrder.isOver])
        #expect(try await scene.fixture.decide(ResponseOrder.name(of: second.id), 5).isApproved)
        await scene.fixture.stop()
    }

    /// A caller's order that is named like one of a response is nobody's here.
    @Test(arguments: [("response-1", false), ("response-" + String(repeating: "0a", count: 16), true)])
    @LoopActor func onlyIDsOfResponsesAreTakenForTheirs(_ id: String, _ isOwn: Bool) async throws {
        let scene = try await Scene()
        try await scene.fixture.hold(5)
        #expect(ResponseOrder.isOwn(id) == isOwn)
        #expect(try await scene.fixture.decide(id, 5).isApproved == !isOwn)
        await scene.fixture.stop()
    }

    /// What was approved before the switch was turned on may fill: it is not told as refused.
    @Test @LoopActor func anOrderThatWasDecidedIsAskedForItsOutcomeUnderTheKillSwitch() async throws {
        let scene = try await Scene()
        try await scene.post("response-rules", #"{"id":"f","title":"t","action":"flatten"}"#)
        try await scene.fixture.hold(5)
        try await scene.fixture.pass(seconds: 1)
        let row = try #require(scene.rows.first)
        #expect(try await scene.fixture.decide(ResponseOrder.name(of: row.id), 5).isApproved)
        _ = try await scene.fixture.json(
            .risk, .post, Self.path + "/kill-switch", #"{"state":"on","reason":"drill"}"#)
        scene.placed = Response(status: 409, body: [])
        try await scene.fixture.pass(seconds: Self.wait)
        #expect(try await scene.fixture.states() == ["placed"])
        await scene.fixture.stop()
    }

    /// An order of the rule's earlier plan was placed; that says nothing of this one's reason.
    @Test @LoopActor func anOrderOfAnotherPlanIsNotBegun() async throws {
        let scene = try await Scene(threshold: "400")
        scene.takes()
        try await scene.post("response-rules", #"{"id":"r","title":"t","action":"reduce","fraction":0.5}"#)
        try await scene.fixture.hold(10)
        try await scene.fixture.pass(seconds: 1)
        #expect(try await scene.fixture.states() == ["placed"])
        scene.placed = nil
        _ = try await scene.fixture.json(.risk, .delete, Self.path + "/response-rules/r")
        try await scene.post("response-rules", #"{"id":"r","title":"t","action":"reduce","fraction":0.1}"#)
        try await scene.fixture.pass(seconds: 1)
        #expect(try await scene.fixture.states() == ["placed", "waiting"])
        try await scene.restart()
        try await scene.limit(1000)
        try await scene.fixture.pass(seconds: Self.wait)
        #expect(try await scene.fixture.states() == ["dropped", "placed"])
        await scene.fixture.stop()
    }

    /// What is begun is carried out to its end, in the next life too.
    @Test(arguments: EngineRecords.here)
    @LoopActor func theRestOfAStepIsPlacedThoughTheLimitIsKeptByThen(_ records: EngineRecords) async throws {
        let scene = try await Scene(records: records)
        scene.silent = ["PEP"]
        scene.takes()
        try await scene.flattenTwo()
        #expect(try await scene.fixture.states() == ["placed", "waiting"])
        try await scene.limit(1000)
        try await scene.restart()
        scene.silent = []
        try await scene.fixture.pass(seconds: Self.wait)
        #expect(try await scene.fixture.states() == ["placed", "placed"])
        await scene.fixture.stop()
    }

    /// The place of an order that ends is taken at once, though older ones are still under way.
    @Test @LoopActor func asManyOrdersAsThereIsRoomForAreUnderWay() async throws {
        let scene = try await Scene(), responder = scene.engine.responder, limit = ResponseFlights.orderLimit
        for number in 0..<limit + 20 { try await scene.fixture.tellHolding(5, of: "S\(number)") }
        try await scene.fixture.look()
        try await scene.post("response-rules", #"{"id":"f","title":"t","action":"flatten"}"#)
        scene.hanging = [.get]
        await responder.round()
        await scene.fixture.until("the room is full") { scene.asked.count == limit }
        for more in 1...5 {
            scene.answerLast()
            // Its own order is sent, and gets no answer.
            await scene.fixture.until("another is asked for") { scene.asked.count == limit + 2 * more }
        }
        scene.answerAll()
        await scene.fixture.until("nothing is under way") { responder.isIdle }
        #expect(scene.rows.count == limit + 20 && scene.rows.allSatisfy { $0.attempts == 1 })
        await scene.fixture.stop()
    }

    @Test @LoopActor func anOrderThatWaitsForAValueSaysSoAndAsksNobody() async throws {
        let scene = try await Scene("value_at_risk", threshold: "0.001"), fixture = scene.fixture
        try fixture.listen([Topics.riskCase])
        try await fixture.store(.walk(60, start: 50), "KO")
        try await scene.post("response-rules", #"{"id":"f","title":"t","action":"flatten"}"#)
        try await fixture.hold(5)
        try await fixture.pass(seconds: 1)
        let attempts = try #require(scene.rows.first?.attempts), asked = scene.asked.count
        #expect(attempts > 0 && asked == 2 * attempts)
        // There are no bars of it.
        try await fixture.tellHolding(3, of: "PEP")
        for _ in 0..<10 { try await fixture.pass(seconds: 2) }
        let row = try #require(try await fixture.responses().first)
        #expect(row["state"]?.text == "waiting" && row["detail"]?.text == "the limit has no value now")
        #expect(row["attempts"]?.double == Double(attempts) && scene.asked.count == asked)
        // It is told once.
        let steps = try fixture.published.map { try JSONTree($0.data)["step"]?.text }
        #expect(steps.count { $0 == "retried" } == attempts + 1)
        try await fixture.tellHolding(0, of: "PEP")
        try await fixture.look()
        scene.takes()
        try await fixture.pass(seconds: Self.wait)
        #expect(try await fixture.states() == ["placed"])
        await fixture.stop()
    }
}
