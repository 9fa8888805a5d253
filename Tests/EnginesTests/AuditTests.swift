import EngineKit
import Gateway
import HTTP
import Market
import Portfolio
import Risk
import Runtime
import Store
import TestKit
import Testing

@Suite struct AuditTests {
    init() { EventLoop.runInBackground() }

    private static let limit = #"{"id":"gross","type":"gross_exposure","threshold":250000}"#

    @Test @LoopActor func whatChangedSomethingIsInTheTrailAndWhatDidNotIsNot() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let headers: Headers = [
            "X-API-Key": "correct horse", "X-Request-ID": "call-1", "X-Forwarded-For": "192.0.2.7",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Idempotency-Key": "k1",
        ]
        #expect(try await fixture.ask(.risk, .post, "/api/v1/risk/limits", Self.limit, headers: headers).status == 201)
        // The same again, a body that is wrong, and a limit that is not there: nothing was changed.
        #expect(try await fixture.ask(.risk, .post, "/api/v1/risk/limits", Self.limit, headers: headers).status == 201)
        let other = Self.limit.replacing("25", with: "26")
        #expect(try await fixture.ask(.risk, .post, "/api/v1/risk/limits", other, headers: headers).status == 409)
        #expect(try await fixture.ask(.risk, .post, "/api/v1/risk/limits", #"{"type":"none"}"#).status == 422)
        #expect(try await fixture.ask(.risk, .delete, "/api/v1/risk/limits/absent").status == 404)
        let items = try await fixture.json(.risk, .get, "/audit")["items"]?.elements ?? []
        #expect(items.count == 1)
        #expect(items.first?["action"]?.text == "limit.create")
        #expect(items.first?["object"]?.text == "limit/gross")
        #expect(items.first?["engine"]?.text == "risk")
        #expect(items.first?["request"]?.text == Self.limit)
        #expect(items.first?["request_id"]?.text == "call-1")
        #expect(items.first?["trace_id"]?.text == "0af7651916cd43dd8448eb211c80319c")
        #expect(items.first?["origin"]?.text == "192.0.2.7")
        let actor = try #require(items.first?["actor"]?.text)
        #expect(actor.hasPrefix("key:") && !actor.contains("horse"))
        #expect(try await fixture.ask(.risk, .delete, "/api/v1/risk/limits/gross").status == 200)
        let after = try await fixture.json(.risk, .get, "/audit")["items"]?.elements ?? []
        #expect(after.first?["action"]?.text == "limit.delete")
        #expect(after.first?["actor"]?.text == "anonymous")
        #expect(after.first?["object"]?.text == "/api/v1/risk/limits/gross")
        #expect(after.count == 2)
        await fixture.stop()
    }

    @Test @LoopActor func theRowAndTheChangeAreOneTransaction() async throws {
        let scene = try await EngineScene(RiskEngine.self)
        await scene.start()
        // No room for the row: then there is no limit either.
        try await scene.context.records.transaction([Statement("ALTER TABLE audit_events RENAME TO aside")])
        let json: Headers = ["Content-Type": "application/json"]
        #expect(await scene.ask(.post, "/api/v1/risk/limits", Self.limit, headers: json).status == 500)
        let limits = try await scene.context.records.query(Statement("SELECT id FROM limits"))
        #expect(limits.rows.isEmpty)
        await scene.stop()
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func theGatewayTellsTheTrailOfAllInPages(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make(
            [RiskEngine.self, PortfolioEngine.self, GatewayEngine.self], records: records)
        for index in 0..<3 {
            fixture.clock.advance(nanoseconds: 1_000_000_001)
            let limit = Self.limit.replacing("\"gross\"", with: "\"g\(index)\"")
            _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits", limit, status: 201)
            fixture.clock.advance(nanoseconds: 1_000_000_001)
            _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"p\#(index)","name":"P","currency":"USD"}"#, status: 201)
        }
        var objects: [String] = [], cursor = ""
        for _ in 0..<4 {
            let page = try await fixture.json(.gateway, .get, "/api/v1/audit", query: "limit=2" + cursor)
            objects += (page["items"]?.elements ?? []).compactMap { $0["object"]?.text }
            // Strategy does not run here.
            #expect(page["unavailable"]?[0]?.text == "strategy")
            guard let next = page["next_cursor"]?.text else { break }
            cursor = "&cursor=" + next
        }
        #expect(objects == ["portfolio/p2", "limit/g2", "portfolio/p1", "limit/g1", "portfolio/p0", "limit/g0"])
        let only = try await fixture.json(
            .gateway, .get, "/api/v1/audit", query: "action=portfolio.create&object=portfolio/p1")
        #expect(only["items"]?.elements.count == 1)
        let wrong = try await fixture.json(
            .gateway, .get, "/api/v1/audit", query: "cursor=x&from=2024-01-02&to=2024-01-01", status: 422)
        #expect(Set(wrong.pointers) == ["?to", "?cursor"])
        let context = try #require(fixture.hosts[.risk]?.context)
        let pruner = RecordsPruner(context, table: "audit_events", column: "recorded", setting: "AUDIT_DAYS")
        #expect(try await pruner.prune() == 0)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: 4000 * 86_400_000_000_000))
        #expect(try await pruner.prune() == 3)
        await fixture.stop()
    }

    @Test @LoopActor func rowsAreDeletedWhenTheyAreTooOld() async throws {
        let scene = try await EngineScene(RiskEngine.self, environment: ["NAUTILUS_AUDIT_DAYS": "30"])
        await scene.start()
        let json: Headers = ["Content-Type": "application/json"]
        #expect(await scene.ask(.post, "/api/v1/risk/limits", Self.limit, headers: json).status == 201)
        let pruner = RecordsPruner(scene.context, table: "audit_events", column: "recorded", setting: "AUDIT_DAYS")
        #expect(try await pruner.prune() == 0)
        scene.clock.advance(nanoseconds: 31 * 86_400_000_000_000)
        // The engine's own may have been there first.
        try await pruner.prune()
        #expect(try await scene.context.records.query(Statement("SELECT id FROM audit_events")).rows.isEmpty)
        await scene.stop()
    }
}
