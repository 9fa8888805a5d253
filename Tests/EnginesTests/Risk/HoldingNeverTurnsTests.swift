import Bus
import EngineKit
import HTTP
import Market
import Numerics
import Portfolio
@testable import Risk
import Runtime
import Strategy
import Testing
import TestKit
import Wire

/// Rules that reduce and flatten make a holding smaller and never turn it, however many of them there are and whatever
/// is open beside them.
@Suite struct HoldingNeverTurnsTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    @LoopActor private func limit(
        _ fixture: EngineFixture, _ type: String, _ threshold: Int = 5000
    ) async throws {
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"\#(type)","type":"\#(type)","threshold":\#(threshold),"portfolio_id":"p"}"#, status: 201)
    }

    @LoopActor private func rule(_ fixture: EngineFixture, _ id: String, _ rest: String) async throws {
        _ = try await fixture.json(
            .risk, .post, Self.path + "/response-rules", #"{"id":"\#(id)","title":"Cut",\#(rest)}"#, status: 201)
    }

    /// What the monitor finds, and all that comes of it within a second.
    @LoopActor private func round(_ fixture: EngineFixture) async throws {
        try await fixture.look()
        try await fixture.pass(seconds: 1)
    }

    @Test(arguments: [
        (#""action":"flatten""#, 0.0), (#""action":"reduce","fraction":0.1"#, 5), (#""action":"reduce","fraction":0.8"#, 40),
    ])
    @LoopActor func severalLimitsSellAHoldingOnce(_ rule: String, _ left: Double) async throws {
        let (fixture, _) = try await EngineFixture.invested()
        try await self.rule(fixture, "r", rule)
        for type in ["gross_exposure", "position_size", "net_exposure"] { try await limit(fixture, type) }
        for _ in 0..<3 { try await round(fixture) }
        #expect(try await fixture.held() == left)
        #expect(try await fixture.states() == ["placed", "refused", "refused"])
        let refused = try await fixture.json(.risk, .get, Self.path + "/responses", query: "state=refused")
        #expect(refused["items"]?[0]?["detail"]?.text == "open orders may close all of it already")
        await fixture.stop()
    }

    /// The most that one limit asks for, not the sum.
    @Test @LoopActor func twoRulesThatReduceSellWhatTheLargerOneAsksFor() async throws {
        let (fixture, _) = try await EngineFixture.invested()
        try await rule(fixture, "a", #""action":"reduce","limit_type":"gross_exposure","fraction":0.9"#)
        try await rule(fixture, "b", #""action":"reduce","limit_type":"position_size","fraction":0.5"#)
        for type in ["gross_exposure", "position_size"] { try await limit(fixture, type) }
        for _ in 0..<2 { try await round(fixture) }
        #expect(try await fixture.held() == 25)
        await fixture.stop()
    }

    /// At a price that never comes it would keep the holding, and filled later it would turn it. What leaves the rule
    /// enough rests on.
    @Test(arguments: [
        (#""action":"flatten""#, 70, 0.0, 0.0), (#""action":"reduce","fraction":0.5"#, 70, 25, 25),
        (#""action":"reduce","fraction":0.9"#, 40, 45, 5),
    ])
    @LoopActor func whatRestsGivesWayToARule(
        _ rule: String, _ resting: Int, _ left: Double, _ atLast: Double
    ) async throws {
        let (fixture, _) = try await EngineFixture.invested()
        #expect(try await fixture.order("sell", resting, limit: 105) == "working")
        #expect(try await fixture.order("buy", 10, limit: 50) == "working")
        try await self.rule(fixture, "f", rule)
        try await limit(fixture, "gross_exposure")
        for _ in 0..<2 { try await round(fixture) }
        #expect(try await fixture.held() == left)
        let orders = try await fixture.json(.strategy, .get, "/orders")["items"]?.elements ?? []
        #expect(orders.filter { $0["state"]?.text == "cancelled" }.map { $0["side"]?.text }
            == (left == atLast ? ["sell"] : []))
        try await fixture.quote(106)
        #expect(try await fixture.held() == atLast)
        await fixture.stop()
    }

    /// The way to an engine.
    @LoopActor private final class Link { var isAway = true }

    /// Only the time counts in which the strategy engine could have cancelled what rests.
    @Test(arguments: [true, false])
    @LoopActor func whatRestsGivesWayThoughTheStrategyEngineWasAway(_ cancels: Bool) async throws {
        let (fixture, _) = try await EngineFixture.invested()
        #expect(try await fixture.order("sell", 100, limit: 105) == "working")
        let link = Link()
        let strategy = try #require(fixture.hosts[.strategy]).application
        fixture.stand(in: .strategy) { request in
            if link.isAway { return nil }
            if request.method == .delete, !cancels { return Response(status: 409, body: []) }
            return await strategy.respond(request)
        }
        try await rule(fixture, "f", #""action":"flatten""#)
        try await limit(fixture, "gross_exposure")
        try await round(fixture)
        for seconds in [660, 15] {
            try await fixture.pass(seconds: Int64(seconds))
            #expect(try await fixture.states() == ["waiting"])
            link.isAway = false
        }
        if cancels {
            try await fixture.pass(seconds: 1)
            #expect(try await fixture.states() == ["placed"])
            #expect(try await fixture.held() == 0)
        } else {
            link.isAway = true
            try await fixture.pass(seconds: 660)
            link.isAway = false
            for seconds in [15, 590] {
                try await fixture.pass(seconds: Int64(seconds))
                #expect(try await fixture.states() == ["waiting"])
            }
            try await fixture.pass(seconds: 15)
            #expect(try await fixture.states() == ["refused"])
        }
        await fixture.stop()
    }

    /// A rule that closes all does so beside one that closes some, and whatever rests: what the other sells does not
    /// bring its limit back.
    @Test(arguments: [30, 50, 100]) @LoopActor func oneOfTwoRulesClosesAll(_ resting: Int) async throws {
        let (fixture, _) = try await EngineFixture.invested()
        #expect(try await fixture.order("sell", resting, limit: 105) == "working")
        try await rule(fixture, "a", #""action":"reduce","limit_type":"gross_exposure","fraction":0.8"#)
        try await rule(fixture, "b", #""action":"flatten","limit_type":"position_size""#)
        try await limit(fixture, "gross_exposure")
        try await limit(fixture, "position_size", 1000)
        for _ in 0..<4 { try await round(fixture) }
        #expect(try await fixture.held() == 0)
        #expect(try await fixture.states() == ["placed", "placed"])
        try await fixture.quote(106)
        #expect(try await fixture.held() == 0)
        await fixture.stop()
    }

    /// Orders that are approved between the plan and the decision take their part; what is left is decided then.
    @Test @LoopActor func anOrderOfARuleThatWouldTurnTheHoldingByNowIsDenied() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        try await rule(fixture, "f", #""action":"flatten""#)
        try await limit(fixture, "gross_exposure")
        try await fixture.tellHolding(100, at: 100)
        // There is no strategy engine, so the order waits.
        try await round(fixture)
        let row = try #require(engine.responder.rows.values.first)
        #expect(row.state == .waiting && ResponseOrder(row)?.quantity == FixedPoint(100))
        #expect(try await fixture.decide("hand", 60).isApproved)
        let planned = try #require(ResponseOrder(row)), own = ResponseOrder.name(of: row.id)
        var fresh = row
        fresh.attempts = 0
        #expect(engine.responder.cut(planned, of: fresh)?.quantity == FixedPoint(40))
        let denied = try await fixture.decide(own, 100)
        #expect(!denied.isApproved && denied.reasons == ["open orders may close all of it already"])
        #expect(engine.state.reservations.keys.sorted() == ["hand"])
        await fixture.stop()
    }

    /// Limits, rules and resting orders as they come, of a long and of a short holding.
    @Test(arguments: 0..<12)
    @LoopActor func noLimitsRulesAndOpenOrdersTurnAHolding(_ seed: Int) async throws {
        let random = Philox(seed: UInt64(seed))
        func pick(_ index: Int, _ count: Int) -> Int {
            Int(random.uniforms(UInt64(index), stream: 0).x * Double(count))
        }
        let isLong = seed % 2 == 0, close = isLong ? "sell" : "buy"
        let (fixture, engine) = try await EngineFixture.invested(isLong ? "buy" : "sell")
        for index in 0..<pick(0, 4) {
            let away = 3 + pick(10 + index, 3)
            _ = try await fixture.order(close, 10 + pick(20 + index, 90), limit: isLong ? 100 + away : 100 - away)
        }
        // By hand an order may turn a holding: these are taken for what is wanted.
        let open = engine.state.reservations.values.reduce(0.0) { $0 + abs($1.quantity.double) }
        for index in 0...pick(1, 3) {
            let action = pick(30 + index, 2) == 0
                ? #""action":"flatten""# : #""action":"reduce","fraction":0.\#(1 + pick(40 + index, 9))"#
            try await rule(fixture, "r\(index)", action + #","for_seconds":\#(pick(50 + index, 3))"#)
        }
        let types = ["gross_exposure", "net_exposure", "position_size"].prefix(1 + pick(2, 3))
        for type in types { try await limit(fixture, type) }
        for step in 0..<5 {
            try await round(fixture)
            if step == 2 { try await fixture.quote(isLong ? 104 : 96) }
        }
        try await fixture.quote(isLong ? 110 : 90)
        let left = try await fixture.held() * (isLong ? 1 : -1)
        #expect(left >= min(0, 100 - open), "\(left) of 100 is left, \(open) were open")
        await fixture.stop()
    }
}
