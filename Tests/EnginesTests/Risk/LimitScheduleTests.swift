import Glibc
import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Security
import Store
import TestKit
import Testing
import Wire

/// Limits in hours of some days, limits that follow volatility, and limits over several portfolios.
@Suite struct LimitScheduleTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    @LoopActor private func limit(_ json: String) throws -> Limit { try LimitRows.decode(Array(json.utf8)) }

    // 2024-01-05 is a Friday.
    @Test(arguments: [
        (#"{"from":"09:30","to":"16:00"}"#, "2024-01-05T09:30:00Z", true),
        (#"{"from":"09:30","to":"16:00"}"#, "2024-01-05T16:00:00Z", false),
        (#"{"from":"09:30","to":"16:00","utc_offset_minutes":-300}"#, "2024-01-05T14:29:59Z", false),
        (#"{"from":"09:30","to":"16:00","utc_offset_minutes":-300}"#, "2024-01-05T14:30:00Z", true),
        (#"{"days":["sat","sun"]}"#, "2024-01-05T23:59:59Z", false),
        (#"{"days":["sat","sun"]}"#, "2024-01-06T00:00:00Z", true),
        (#"{"days":["sat","sun"],"utc_offset_minutes":120}"#, "2024-01-05T22:00:00Z", true),
        (#"{"days":["fri"],"from":"22:00","to":"06:00"}"#, "2024-01-06T05:59:00Z", true),
        (#"{"days":["fri"],"from":"22:00","to":"06:00"}"#, "2024-01-05T05:59:00Z", false),
        (#"{"days":["thu"]}"#, "1969-12-25T12:00:00Z", true),
    ])
    @LoopActor func hoursAndDaysAreThoseOfTheOffset(_ schedule: String, _ time: String, _ holds: Bool) throws {
        let limit = try limit(#"{"id":"x","type":"leverage","threshold":2,"schedule":\#(schedule)}"#)
        let now = try #require(Timestamp(iso8601: time))
        #expect((limit.effective(at: now) != nil) == holds)
        let other = try self.limit(
            #"{"id":"x","type":"leverage","threshold":2,"schedule":\#(schedule.dropLast()),"threshold":1}}"#)
        #expect(other.effective(at: now)?.threshold == (holds ? 1 : 2))
        // What is written is read again.
        var json = JSONWriter()
        other.write(to: &json)
        #expect(try LimitRows.decode(json.bytes).schedule == other.schedule)
    }

    @LoopActor private func tell(_ fixture: EngineFixture, _ portfolio: String, _ quantity: Int, cash: Int) async throws {
        try await fixture.publish(Topics.value, portfolio, PortfolioValue(
            portfolioID: portfolio, time: fixture.clock.now, cash: FixedPoint(cash), marketValue: .zero,
            realized: .zero, unrealized: .zero, netDeposits: FixedPoint(cash), trades: 0), from: .portfolio)
        try await fixture.publish(Topics.position, portfolio, PositionUpdate(
            portfolioID: portfolio, symbol: try #require(Symbol("KO")), quantity: FixedPoint(quantity),
            averageCost: FixedPoint(50), price: FixedPoint(50), realized: .zero, time: fixture.clock.now),
            from: .portfolio)
    }

    @LoopActor private func allowed(_ fixture: EngineFixture, _ portfolio: String, _ quantity: Int) async throws -> Bool {
        let body = """
            {"portfolio_id":"\(portfolio)","order":{"symbol":"KO","side":"buy","quantity":\(quantity),"price":50}}
            """
        return try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", body)["allowed"] == .bool(true)
    }

    @Test @LoopActor func ordersAreJudgedByTheHour() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        // Midnight of a Tuesday.
        try await tell(fixture, "p", 0, cash: 10_000)
        _ = try await fixture.json(.risk, .post, Self.path + "/limits", """
            {"id":"night","type":"gross_exposure","threshold":1000,"schedule":{"from":"22:00","to":"06:00","threshold":100}}
            """, status: 201)
        #expect(try await allowed(fixture, "p", 2))
        #expect(try await !allowed(fixture, "p", 3))
        fixture.clock.advance(nanoseconds: 6 * 3_600_000_000_000)
        #expect(try await allowed(fixture, "p", 20))
        #expect(try await !allowed(fixture, "p", 21))
        fixture.clock.advance(nanoseconds: 16 * 3_600_000_000_000)
        #expect(try await !allowed(fixture, "p", 3))
        await fixture.stop()
    }

    @Test @LoopActor func aScheduleAndAnAdjustmentLoosenOnlyWhereTheyLetMorePass() throws {
        let base = #"{"type":"leverage","threshold":2,"scope":"portfolio:p","approval":"four-eyes""#
        func reasons(_ before: String, _ after: String) throws -> Int {
            LimitLoosening.reasons(from: try limit(base + before + "}"), to: try limit(base + after + "}")).count
        }
        let tighter = #","schedule":{"from":"22:00","to":"06:00","threshold":1}"#
        let looser = #","schedule":{"from":"22:00","to":"06:00","threshold":3}"#
        let only = #","schedule":{"from":"22:00","to":"06:00"}"#
        #expect(try reasons("", tighter) == 0 && reasons("", looser) == 1 && reasons("", only) == 1)
        #expect(try reasons(tighter, "") == 1 && reasons(looser, "") == 0 && reasons(only, "") == 0)
        let adjust = #","auto_adjust":{"reference_volatility":0.01,"least":1,"most":2}"#
        let wider = #","auto_adjust":{"reference_volatility":0.01,"least":1,"most":3}"#
        #expect(try reasons("", adjust) == 0 && reasons("", wider) == 1 && reasons(adjust, wider) == 1)
        #expect(try reasons(wider, adjust) == 0 && reasons(adjust, "") == 1)
    }

    /// Against the definition: weights 0.94^i, newest first, that sum to 1.
    @Test func theVolatilityIsThatOfItsWeights() throws {
        let returns = (0..<100).map { 0.01 * Double(($0 * 37) % 19 - 9) / 9 }
        var sum = 0.0, weights = 0.0
        for (age, value) in returns.reversed().enumerated() {
            let weight = pow(0.94, Double(age))
            sum += weight * value * value
            weights += weight
        }
        let expected = sum / weights
        let found = try #require(LimitAdjustment.volatility(returns))
        #expect(abs(found - expected.squareRoot()) < 1e-15)
        #expect(LimitAdjustment.volatility(Array(returns.prefix(19))) == nil)
        #expect(LimitAdjustment.volatility(returns + [.nan]) == nil)
        let adjust = LimitAdjustment(follows: .volatility(reference: 0.01), symbol: nil, least: 50, most: 120)
        func threshold(_ volatility: Double) -> Double { adjust.threshold(100, volatility: volatility, regime: nil) }
        #expect(threshold(0.0125) == 80)
        #expect(threshold(0.1) == 50 && threshold(0.001) == 120)
        #expect(threshold(0) == 120)
    }

    @Test @LoopActor func aThresholdFollowsStoredVolatilityAndIsLogged() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.store(.walk(300, start: 50), "KO")
        _ = try await fixture.json(.risk, .post, Self.path + "/limits", """
            {"id":"ko","type":"gross_exposure","threshold":1000,"scope":"symbol:KO",
             "auto_adjust":{"reference_volatility":0.001,"least":100,"most":2000}}
            """, status: 201)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.adjuster.round()
        let returns = try #require(await engine.dailyReturns(of: .symbol("KO")))
        let volatility = try #require(LimitAdjustment.volatility(returns))
        let expected = min(2000, max(100, 1000 * 0.001 / volatility))
        #expect(engine.limits[0].adjusted == expected && expected < 1000)
        #expect(engine.limits[0].effective(at: fixture.clock.now)?.threshold == expected)
        // Nothing has moved: nothing is written.
        await engine.adjuster.round()
        let trail = try await fixture.json(.risk, .get, "/audit", query: "action=limit.adjust")
        #expect(trail["items"]?.elements.count == 1 && trail["items"]?[0]?["actor"]?.text == "engine:risk")
        // Its own threshold is as people set it; the one in force is there after a restart.
        #expect(try await fixture.json(.risk, .get, Self.path + "/limits/ko")["threshold"]?.double == 1000)
        await engine.stop()
        try await engine.start()
        #expect(engine.limits[0].adjusted == expected)
        let told = try await fixture.json(.risk, .get, Self.path + "/limit-adjustments")
        #expect(told["items"]?[0]?["threshold"]?.double == expected)
        _ = try await fixture.json(.risk, .post, Self.path + "/limits", """
            {"type":"gross_exposure","threshold":1000,"auto_adjust":{"reference_volatility":0.01,"least":1,"most":2}}
            """, status: 422)
        await fixture.stop()
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func theFirmAndAClientAreJudgedAsOne(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        for name in ["a", "b", "c"] { try await tell(fixture, name, 10, cash: 10_000) }
        _ = try await fixture.json(.risk, .put, Self.path + "/clients/smith", #"{"portfolios":["a","b"]}"#)
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"client","type":"gross_exposure","threshold":1200,"scope":"client:smith","approval":"four-eyes"}"#,
            status: 201)
        #expect(try await allowed(fixture, "a", 4))
        #expect(try await !allowed(fixture, "b", 5))
        #expect(try await allowed(fixture, "c", 50))
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"id":"firm","type":"gross_exposure","threshold":1600,"scope":"firm"}"#, status: 201)
        #expect(try await allowed(fixture, "c", 2))
        #expect(try await !allowed(fixture, "c", 3))
        // Over the bus and in the next life as well.
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.stop()
        try await engine.start()
        try fixture.listen([Topics.decision])
        try await fixture.publish(Topics.intent, "b", OrderIntent(
            orderID: "o", portfolioID: "b", strategyID: "", symbol: try #require(Symbol("KO")), side: .buy,
            size: .quantity(FixedPoint(5)), expectedQuantity: FixedPoint(5), referencePrice: FixedPoint(50),
            time: fixture.clock.now), from: .strategy)
        let decision = try JSONParser().withDocument(try #require(fixture.published.last).data) { RiskDecision(json: $0) }
        #expect(decision?.isApproved == false && decision?.reasons.count == 2)
        // A portfolio does not leave by one alone what two watch over.
        _ = try await fixture.json(.risk, .put, Self.path + "/clients/smith", #"{"portfolios":["a"]}"#, status: 409)
        _ = try await fixture.json(.risk, .put, Self.path + "/clients/smith", #"{"portfolios":["a","b","c"]}"#)
        let clients = try await fixture.json(.risk, .get, Self.path + "/clients")
        #expect(clients["items"]?[0]?["portfolios"]?.elements.count == 3)
        _ = try await fixture.json(.risk, .post, Self.path + "/limits",
            #"{"type":"max_drawdown","threshold":0.1,"scope":"firm"}"#, status: 422)
        await fixture.stop()
    }
}
