import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Store
import Testing
import TestKit
import Wire

/// An intent that comes again, and another one of its id.
@Suite struct DecisionAgainTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private func intent(_ fixture: EngineFixture) throws -> OrderIntent {
        OrderIntent(
            orderID: "o", portfolioID: "p", strategyID: "s", symbol: try #require(Symbol("KO")), side: .buy,
            size: .cashFraction(.one), expectedQuantity: FixedPoint(3), referencePrice: FixedPoint(50),
            time: fixture.clock.now)
    }

    @LoopActor private func decision(_ fixture: EngineFixture, _ intent: OrderIntent) async throws -> RiskDecision {
        let before = fixture.published.count
        try await fixture.publish(Topics.intent, "p", intent, from: .strategy)
        #expect(fixture.published.count == before + 1)
        let told = try #require(fixture.published.last)
        return try #require(try JSONParser().withDocument(told.data) { RiskDecision(json: $0) })
    }

    /// The same is told what it was told, also with the kill switch on; any other one is denied and was never judged.
    @Test @LoopActor func onlyTheVerySameIsToldAgain() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.decision])
        try await fixture.publishCash(1000)
        let first = try intent(fixture), told = try await decision(fixture, first)
        #expect(told.isApproved)
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/kill-switch", #"{"state":"on","reason":"drill"}"#)
        #expect(try await decision(fixture, first) == told)
        let changes: [(inout OrderIntent) -> Void] = [
            { $0.portfolioID = "q" }, { $0.strategyID = "t" }, { $0.symbol = Symbol("PEP") ?? $0.symbol },
            { $0.side = .sell }, { $0.size = .position }, { $0.size = .quantity(.one) },
            { $0.expectedQuantity = FixedPoint(4) }, { $0.referencePrice = FixedPoint(51) },
            { $0.limitPrice = FixedPoint(50) }, { $0.trader = "ann" },
        ]
        for change in changes {
            var other = first
            change(&other)
            let denied = try await decision(fixture, other)
            #expect(!denied.isApproved && denied.reasons == ["another order of the id o was decided before"])
        }
        // When it is wanted is no other wish.
        var again = first
        again.time = first.time.adding(nanoseconds: 1_000_000_000)
        #expect(try await decision(fixture, again) == told)
        await fixture.stop()
    }

    /// Of what a build before decided only the time is known.
    @Test @LoopActor func whatABuildBeforeDecidedIsKnownByItsTime() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.decision])
        try await fixture.publishCash(1000)
        let first = try intent(fixture)
        let told = try await decision(fixture, first)
        try await #require(fixture.hosts[.risk]).context.records.transaction([
            Statement("UPDATE decisions SET intent = NULL")])
        #expect(try await decision(fixture, first) == told && told.isApproved)
        var later = first
        later.time = first.time.adding(nanoseconds: 1)
        #expect(try await !decision(fixture, later).isApproved)
        await fixture.stop()
    }
}
