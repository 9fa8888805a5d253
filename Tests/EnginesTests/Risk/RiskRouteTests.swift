import EngineKit
import HTTP
import Market
import Risk
import Runtime
import Testing
import TestKit
import Wire

/// Limits and checks by HTTP and by bus.
@Suite struct RiskRouteTests {
    init() { EventLoop.runInBackground() }

    private static let held = #""positions":[{"symbol":"KO","quantity":10,"price":50}],"cash":500"#

    @Test @LoopActor func limitsAreMadeReadChangedListedAndRemoved() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let path = "/api/v1/risk/limits"
        for id in ["c", "b", "a"] {
            let made = try await fixture.json(
                .risk, .post, path, #"{"id":"\#(id)","type":"gross_exposure","threshold":1000,"portfolio_id":"p"}"#,
                    status: 201)
            #expect(made["id"]?.text == id && made["scope"]?.text == "portfolio:p" && made["warn_at"]?.double == 0.8)
        }
        _ = try await fixture.json(.risk, .post, path, #"{"id":"a","type":"beta","threshold":1}"#, status: 409)
        let bad = try await fixture.json(
            .risk, .post, path, #"{"type":"luck","threshold":-1,"warn_at":2,"confidence":1,"scope":"x"}"#, status: 422)
        #expect(Set(bad.pointers) == ["/type", "/threshold", "/warn_at", "/confidence", "/scope"])
        let changed = try await fixture.json(.risk, .put, path + "/b", #"{"type":"gross_exposure","threshold":400}"#)
        #expect(changed["threshold"]?.double == 400)
        _ = try await fixture.json(.risk, .delete, path + "/c")
        _ = try await fixture.json(.risk, .get, path + "/c", status: 404)
        _ = try await fixture.json(.risk, .delete, path + "/c", status: 404)
        _ = try await fixture.json(.risk, .put, path + "/c", #"{"type":"beta","threshold":1}"#, status: 404)
        _ = try await fixture.json(.risk, .post, path, #"{"id":"0","type":"beta","threshold":1,"benchmark":"SPY"}"#, status: 201)
        // The next life lists them in the order of creation too.
        let list = try await fixture.json(.risk, .get, path)
        #expect(list["items"]?.elements.compactMap { $0["id"]?.text } == ["b", "a", "0"])
        let engine = try #require(fixture.hosts[.risk]?.engine)
        try await engine.start()
        #expect(try await fixture.json(.risk, .get, path) == list)
        let first = try await fixture.json(.risk, .get, path, query: "limit=1&type=gross_exposure")
        #expect(first["next_cursor"]?.text == "b" && first["items"]?.elements.count == 1)
        for (value, verdict) in [(300, "pass"), (320, "warn"), (400, "warn"), (401, "breach")] {
            let check = try await fixture.json(.risk, .post, path + "/b/check", #"{"value":\#(value)}"#)
            #expect(check["verdict"]?.text == verdict)
        }
        await fixture.stop()
    }

    @Test @LoopActor func missingInputsAreNamedAndTheSixthOrderBreaches() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let missing = try await fixture.json(.risk, .post, "/risk/check/p", """
            {\(Self.held),"limits":[{"type":"beta","threshold":1},{"type":"stress_loss","threshold":1},
             {"type":"max_drawdown","threshold":1},{"type":"daily_loss","threshold":1},
             {"type":"liquidity_days","threshold":1},{"type":"value_at_risk","threshold":1}]}
            """, status: 422)
        #expect(Set(missing.pointers) == ["/benchmark_returns", "/scenarios", "/equity_curve", "/returns",
                                          "/positions/0/previous_close", "/positions/0/average_daily_volume"])
        let equal = try await fixture.json(.risk, .post, "/risk/check/p", """
            {\(Self.held),"limits":[{"type":"gross_exposure","threshold":500},{"type":"leverage","threshold":5}]}
            """)
        #expect(equal["verdict"]?.text == "warn" && equal["allowed"] == .bool(true))
        #expect(equal["checks"]?.elements.compactMap { $0["verdict"]?.text } == ["warn", "pass"])
        #expect(equal["reasons"]?.elements.count == 1 && equal["metrics"]?["equity"]?.double == 1000)
        let order = """
            {\(Self.held),"order":{"symbol":"KO","side":"buy","quantity":1,"price":50},
             "limits":[{"type":"order_rate","threshold":5,"warn_at":1}]}
            """
        var verdicts: [String] = []
        for _ in 0..<6 {
            verdicts.append(try await fixture.json(.risk, .post, "/risk/check/rate", order)["verdict"]?.text ?? "")
        }
        #expect(verdicts == ["pass", "pass", "pass", "pass", "warn", "breach"])
        fixture.clock.advance(nanoseconds: 60_000_000_001)
        #expect(try await fixture.json(.risk, .post, "/risk/check/rate", order)["verdict"]?.text == "pass")
        _ = try await fixture.json(.risk, .get, "/api/v1/sprint3/risk/realtime/none", status: 404)
        await fixture.stop()
    }

    @Test @LoopActor func theSameSeedGivesTheSameBits() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        func body(_ seed: Int) -> String {
            """
            {"returns":{"A":[0.01,-0.02,0.005,0.013],"B":[0.004,-0.011,0.002,0.009]},"weights":{"A":0.4,"B":0.6},
             "value":1000,"method":"monte_carlo","simulations":5000,"seed":\(seed)}
            """
        }
        let first = try await fixture.json(.risk, .post, "/risk/var", body(7))
        let second = try await fixture.json(.risk, .post, "/risk/var", body(7))
        let other = try await fixture.json(.risk, .post, "/risk/var", body(8))
        #expect(first == second && first["value_at_risk"] != other["value_at_risk"])
        let value = try #require(first["value_at_risk"]?.double)
        #expect(value > 0 && (first["expected_shortfall"]?.double ?? 0) > value)
        for name in ["standard_error", "expected_shortfall_standard_error"] {
            #expect((first[name]?.double ?? 0) > 0 && (first[name]?.double ?? .infinity) < value, "\(name)")
        }
        let parts = ["A", "B"].compactMap { first["component"]?[$0]?.double }
        let sum: Double = parts.reduce(0, +)
        #expect(abs(sum - value) < 1e-9)
        await fixture.stop()
    }

    /// Sends an intent to risk, the `time`-th time; every answer is the same.
    @LoopActor private func decide(_ fixture: EngineFixture, _ id: String, time: Int = 1) async throws -> RiskDecision {
        let intent = OrderIntent(
            orderID: id, portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: .buy,
            size: .quantity(FixedPoint(2)), expectedQuantity: FixedPoint(2), referencePrice: FixedPoint(50),
            time: fixture.clock.now)
        try await fixture.publish(Topics.intent, "p", intent, from: .strategy)
        let decisions = try fixture.published.compactMap { message in
            try JSONParser().withDocument(message.data) { RiskDecision(json: $0) }
        }.filter { $0.orderID == id }
        let first = try #require(decisions.first)
        #expect(decisions.map(\.jsonBytes) == Array(repeating: first.jsonBytes, count: time))
        return first
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func anIntentIsApprovedOrDeniedWithEveryReasonAndOnce(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        try fixture.listen([Topics.decision])
        #expect(try await decide(fixture, "o1").isApproved)
        let path = "/api/v1/risk/limits"
        _ = try await fixture.json(.risk, .post, path, #"{"type":"order_size","threshold":100}"#, status: 201)
        // Nothing is known of the portfolio: what cannot be judged is denied.
        let unknown = try await decide(fixture, "o2")
        #expect(!unknown.isApproved && unknown.reasons.first?.contains("nothing is known") == true)
        try await fixture.publishCash(1000)
        let warned = try await decide(fixture, "o3")
        #expect(warned.isApproved && warned.reasons.count == 1)
        _ = try await fixture.json(.risk, .post, path, #"{"type":"gross_exposure","threshold":99}"#, status: 201)
        _ = try await fixture.json(.risk, .post, path, #"{"type":"beta","threshold":1,"benchmark":"SPY"}"#, status: 201)
        let denied = try await decide(fixture, "o4")
        #expect(!denied.isApproved && denied.reasons.count == 3)
        // o1 and o3 are open and count beside it.
        #expect(denied.reasons.contains { $0.contains("gross_exposure of 300.0 is above 99.0") })
        #expect(denied.reasons.contains { $0.contains("no daily bars of SPY are stored") })
        // The same intent again is not judged again, but told: who sent it may be an older copy that has not heard.
        _ = try await fixture.json(.risk, .post, path, #"{"type":"leverage","threshold":0.001}"#, status: 201)
        fixture.clock.advance(nanoseconds: 1_000_000_000)
        _ = try await decide(fixture, "o4", time: 2)
        #expect(try await decide(fixture, "o1", time: 2).isApproved)
        // What did not pass is on record: o2 once, o3 a warning, o4 three times.
        let breaches = "/api/v1/risk/breaches"
        let grave = try await fixture.json(.risk, .get, breaches, query: "severity=critical&portfolio_id=p")
        let orders = grave["items"]?.elements.compactMap { $0["order_id"]?.text } ?? []
        #expect(orders.filter { $0 == "o2" }.count == 1 && orders.filter { $0 == "o4" }.count == 2)
        let first = try await fixture.json(.risk, .get, breaches, query: "limit=1")
        let cursor = try #require(first["next_cursor"]?.text)
        let rest = try await fixture.json(.risk, .get, breaches, query: "cursor=\(cursor)")
        #expect((first["items"]?.elements.count ?? 0) + (rest["items"]?.elements.count ?? 0) == 5)
        let id = try #require(grave["items"]?.elements.first?["id"]?.text)
        let changed = try await fixture.json(
            .risk, .patch, breaches, #"{"breach_id":"\#(id)","state":"resolved","note":"seen"}"#)
        #expect(changed["state"]?.text == "resolved" && changed["note"]?.text == "seen")
        let open = try await fixture.json(.risk, .get, breaches, query: "state=open")
        #expect(open["items"]?.elements.count == 4)
        _ = try await fixture.json(.risk, .patch, breaches, #"{"breach_id":"none","state":"open"}"#, status: 404)
        // All that are left of a portfolio, once; of another one there are none.
        for (portfolio, state, count) in [("q", "resolved", 0), ("p", "acknowledged", 4), ("p", "acknowledged", 0),
                                          ("p", "resolved", 4)] {
            let answer = try await fixture.json(
                .risk, .patch, breaches, #"{"portfolio_id":"\#(portfolio)","state":"\#(state)","note":"all"}"#)
            #expect(answer["changed"]?.double == Double(count), "\(portfolio) \(state)")
        }
        let solved = try await fixture.json(.risk, .get, breaches, query: "state=resolved")
        #expect(solved["items"]?.elements.count { $0["note"]?.text == "all" } == 4)
        for body in [#"{"state":"resolved"}"#, #"{"breach_id":"a","portfolio_id":"p","state":"resolved"}"#] {
            let refused = try await fixture.json(.risk, .patch, breaches, body, status: 422)
            #expect(refused.pointers == ["/breach_id"])
        }
        let reopened = try await fixture.json(
            .risk, .patch, breaches, #"{"portfolio_id":"p","state":"open"}"#, status: 422)
        #expect(reopened.pointers == ["/state"])
        // After the retention they are gone.
        let context = try #require(fixture.hosts[.risk]?.context)
        let pruner = RecordsPruner(context, table: "risk_events", column: "recorded", setting: "RISK_EVENTS_DAYS")
        #expect(try await pruner.prune() == 0)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: 731 * 86_400_000_000_000))
        #expect(try await pruner.prune() == 5)
        await fixture.stop()
    }
}
