import Bus
import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Testing
import TestKit
import Wire

/// Scopes, minimums, soft thresholds, expressions, versions and contradictions.
@Suite struct LimitRuleTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk/limits"
    private static let held = """
        "positions":[{"symbol":"KO","quantity":10,"price":50,"sector":"Food"},\
        {"symbol":"PEP","quantity":-4,"price":100,"sector":"Food"},\
        {"symbol":"GOOG","quantity":1,"price":300,"sector":"Tech"}],"cash":600
        """

    @LoopActor private func check(_ fixture: EngineFixture, _ limits: String, _ more: String = "") async throws
        -> [JSONTree] {
        let body = "{\(Self.held),\"limits\":[\(limits)]\(more)}"
        return try await fixture.json(.risk, .post, "/risk/check/p", body)["checks"]?.elements ?? []
    }

    @Test @LoopActor func aPartOfThePortfolioIsJudgedAlone() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let values = try await check(fixture, """
            {"type":"gross_exposure","threshold":1000,"scope":"sector:Food"},
            {"type":"net_exposure","threshold":1000,"scope":"sector:Food"},
            {"type":"position_weight","threshold":1,"scope":"symbol:GOOG"},
            {"type":"gross_exposure","threshold":1000,"scope":"symbol:NONE"},
            {"type":"gross_exposure","threshold":899,"scope":"sector:Food"}
            """)
        #expect(values.compactMap { $0["value"]?.double } == [900, 100, 0.3, 0, 900])
        #expect(values.last?["reason"]?.text == "gross_exposure of sector:Food of 900.0 is above 899.0")
        let ordered = try await check(fixture, """
            {"type":"gross_exposure","threshold":5000,"scope":"symbol:KO"},{"type":"order_size","threshold":50,"scope":"symbol:PEP"},
            {"type":"order_size","threshold":50,"scope":"symbol:KO"}
            """, #","order":{"symbol":"KO","side":"buy","quantity":2,"price":50}"#)
        #expect(ordered.compactMap { $0["value"]?.double } == [600, 0, 100])
        let bad = try await fixture.json(.risk, .post, Self.path,
            #"{"type":"value_at_risk","threshold":1,"scope":"symbol:KO"}"#, status: 422)
        #expect(bad.pointers == ["/scope"])
        let unknown = try await fixture.json(.risk, .post, Self.path,
            #"{"type":"leverage","threshold":1,"scope":"planet:earth"}"#, status: 422)
        #expect(unknown.pointers == ["/scope"])
        await fixture.stop()
    }

    /// What may belong to the sector does not pass as if it did not.
    @Test @LoopActor func aSectorThatIsNotKnownDoesNotPass() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.decision])
        let limit = #"{"id":"food","type":"gross_exposure","threshold":100000,"scope":"sector:Food"}"#
        _ = try await fixture.json(.risk, .post, Self.path, limit, status: 201)
        let symbol = try #require(Symbol("KO"))
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: symbol, quantity: FixedPoint(1), averageCost: FixedPoint(50), price: FixedPoint(50),
            realized: .zero, time: fixture.clock.now), from: .portfolio)
        let live = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/p")
        #expect(live["checks"]?[0]?["reason"]?.text == "cannot be judged: the sector of KO is not known")
        try await fixture.publish(Topics.intent, "p", OrderIntent(
            orderID: "o", portfolioID: "p", strategyID: "", symbol: symbol, side: .buy, size: .quantity(FixedPoint(1)),
            expectedQuantity: FixedPoint(1), referencePrice: FixedPoint(50), time: fixture.clock.now), from: .strategy)
        let told = try #require(fixture.published.last { $0.topic.family == Topics.decision.name })
        let decision = try #require(try JSONParser().withDocument(told.data) { RiskDecision(json: $0) })
        #expect(!decision.isApproved && decision.reasons == ["cannot be judged: the sector of KO is not known"])
        let sent = try await fixture.json(
            .risk, .post, "/risk/check/p", #"{"positions":[{"symbol":"KO","quantity":1,"price":5}],"limits":[\#(limit)]}"#, status: 422)
        #expect(sent.pointers == ["/positions/0/sector"])
        await fixture.stop()
    }

    @Test @LoopActor func minimumsSoftThresholdsAndExpressions() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let found = try await check(fixture, """
            {"type":"net_exposure","threshold":1000,"minimum":500},
            {"type":"net_exposure","threshold":1000,"minimum":400},
            {"type":"gross_exposure","threshold":10000,"soft_threshold":1000},
            {"type":"expression","threshold":2,"expression":"gross_exposure / equity + 2 * (herfindahl - 0.5)"},
            {"type":"expression","threshold":1000000,"expression":"-max(net_exposure, cash) + abs(-1e3)"},
            {"type":"expression","threshold":1,"expression":"1 / (net_exposure - 400)"}
            """)
        // Equity is 1000: 500 long, 400 short, 300 long and 600 in cash.
        #expect(found.compactMap { $0["verdict"]?.text } == ["breach", "pass", "warn", "pass", "pass", "breach"])
        #expect(found[0]["reason"]?.text == "net_exposure of 400.0 is below 500.0")
        #expect(found[2]["reason"]?.text == "gross_exposure of 1200.0 is above the soft threshold of 1000.0")
        let value = try #require(found[3]["value"]?.double)
        #expect(abs(value - 1.2) < 1e-12 && found[4]["value"]?.double == 400)
        for (body, pointer) in [
            (#"{"type":"expression","threshold":1}"#, "/expression"),
            (#"{"type":"beta","threshold":1,"expression":"equity"}"#, "/expression"),
            (#"{"type":"expression","threshold":1,"expression":"luck + 1"}"#, "/expression"),
            (#"{"type":"expression","threshold":1,"expression":"equity +"}"#, "/expression"),
            (#"{"type":"expression","threshold":1,"expression":"(equity"}"#, "/expression"),
            (#"{"type":"expression","threshold":1,"expression":"1 + 2"}"#, "/expression"),
            (#"{"type":"beta","threshold":1,"minimum":2}"#, "/minimum"),
            (#"{"type":"beta","threshold":1,"soft_threshold":2}"#, "/soft_threshold"),
        ] {
            let bad = try await fixture.json(.risk, .post, Self.path, body, status: 422)
            #expect(bad.pointers == [pointer], "\(body)")
        }
        let deep = String(repeating: "(", count: 400) + "equity" + String(repeating: ")", count: 400)
        #expect(throws: MetricExpression.Fault.self) { try MetricExpression(deep) }
        await fixture.stop()
    }

    @Test @LoopActor func limitsThatContradictAreBothNamed() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        _ = try await fixture.json(.risk, .post, Self.path,
            #"{"id":"floor","type":"net_exposure","threshold":900,"minimum":500}"#, status: 201)
        for body in [#"{"id":"cap","type":"net_exposure","threshold":400}"#,
                     #"{"id":"cap","type":"gross_exposure","threshold":400,"portfolio_id":"p"}"#] {
            let refused = try await fixture.json(.risk, .post, Self.path, body, status: 422)
            let text = refused["detail"]?.text ?? ""
            #expect(text.contains("floor") && text.contains("cap") && refused.pointers == ["/threshold"])
        }
        _ = try await fixture.json(.risk, .post, Self.path,
            #"{"id":"cap","type":"gross_exposure","threshold":600}"#, status: 201)
        let raised = try await fixture.json(.risk, .put, Self.path + "/floor",
            #"{"type":"net_exposure","threshold":900,"minimum":700}"#, status: 422)
        #expect(raised.pointers == ["/minimum"])
        await fixture.stop()
    }

    @Test @LoopActor func everyChangeIsAVersion() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let made = try await fixture.json(.risk, .post, Self.path,
            #"{"id":"g","type":"gross_exposure","threshold":100}"#, status: 201)
        #expect(made["version"]?.double == 1)
        let changed = try await fixture.json(.risk, .put, Self.path + "/g",
            #"{"type":"gross_exposure","threshold":200,"version":1}"#)
        #expect(changed["version"]?.double == 2)
        // Meant for what has changed since: refused.
        _ = try await fixture.json(.risk, .put, Self.path + "/g",
            #"{"type":"gross_exposure","threshold":300,"version":1}"#, status: 409)
        _ = try await fixture.json(.risk, .delete, Self.path + "/g")
        let versions = try await fixture.json(.risk, .get, Self.path + "/g/versions")
        let items = versions["items"]?.elements ?? []
        #expect(items.compactMap { $0["change"]?.text } == ["removed", "changed", "created"])
        #expect(items.compactMap { $0["limit"]?["threshold"]?.double } == [200, 200, 100])
        _ = try await fixture.json(.risk, .get, Self.path + "/none/versions", status: 404)
        // A limit on a strategy judges its orders alone, in the next life too.
        _ = try await fixture.json(.risk, .post, Self.path,
            #"{"id":"s","type":"order_size","threshold":1,"scope":"strategy:x"}"#, status: 201)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        try await engine.start()
        let limit = try #require(engine.limits.first)
        #expect(limit.scope == .strategy("x") && limit.version == 1)
        #expect(limit.applies(toStrategy: "x") && !limit.applies(toStrategy: "y") && limit.applies(to: "p"))
        await fixture.stop()
    }
}
