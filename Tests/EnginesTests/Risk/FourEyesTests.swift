import EngineKit
import HTTP
@testable import Risk
import Runtime
import Security
import Store
import TestKit
import Testing

/// What loosens a limit takes two people.
@Suite struct FourEyesTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"
    private static let base = """
        {"id":"g","type":"value_at_risk","threshold":100,"minimum":10,"soft_threshold":80,"approval":"four-eyes"}
        """

    @LoopActor private func limit(_ json: String) throws -> Limit { try LimitRows.decode(Array(json.utf8)) }

    @Test(arguments: [
        (#""threshold":101,"minimum":10,"soft_threshold":80"#, 1), (#""threshold":99,"minimum":10,"soft_threshold":80"#, 0),
        (#""threshold":100,"minimum":9,"soft_threshold":80"#, 1), (#""threshold":100,"minimum":11,"soft_threshold":80"#, 0),
        (#""threshold":100,"soft_threshold":80"#, 1), (#""threshold":100,"minimum":10,"soft_threshold":81"#, 1),
        (#""threshold":100,"minimum":10,"soft_threshold":79"#, 0), (#""threshold":100,"minimum":10"#, 1),
        (#""threshold":100,"minimum":10,"soft_threshold":80,"active":false"#, 1),
        (#""threshold":100,"minimum":10,"soft_threshold":80,"scope":"portfolio:a""#, 1),
        (#""threshold":100,"minimum":10,"soft_threshold":80,"confidence":0.95"#, 1),
        (#""threshold":100,"minimum":10,"soft_threshold":80,"confidence":0.995"#, 0),
        (#""threshold":100,"minimum":10,"soft_threshold":80,"horizon_days":2"#, 0),
        (#""threshold":100,"minimum":10,"soft_threshold":80,"method":"historical""#, 1),
        (#""threshold":100,"minimum":10,"soft_threshold":80,"warn_at":0.9"#, 1),
        (#""threshold":101,"minimum":9"#, 3),
    ])
    @LoopActor func whatLoosensIsTold(_ fields: String, _ count: Int) throws {
        let after = try limit(#"{"id":"g","type":"value_at_risk","approval":"four-eyes",\#(fields)}"#)
        let reasons = LimitLoosening.reasons(from: try limit(Self.base), to: after)
        #expect(reasons.count == count, "\(reasons)")
    }

    @Test @LoopActor func removalAndTheEndOfApprovalLoosenAndAWiderScopeDoesNot() throws {
        let base = try limit(Self.base)
        #expect(LimitLoosening.reasons(from: base, to: nil) == ["it is removed"])
        let alone = try limit(Self.base.replacing("four-eyes", with: "none"))
        #expect(LimitLoosening.reasons(from: base, to: alone) == ["approval is no longer asked for"])
        let narrow = try limit(Self.base.replacing("\"minimum\"", with: "\"portfolio_id\":\"p\",\"minimum\""))
        #expect(LimitLoosening.reasons(from: narrow, to: base).isEmpty)
        let off = try limit(Self.base.replacing("\"minimum\"", with: "\"active\":false,\"minimum\""))
        #expect(LimitLoosening.reasons(from: off, to: base).isEmpty)
    }

    @LoopActor private func ask(
        _ fixture: EngineFixture, _ method: HTTP.Method, _ path: String, _ body: String = "", as name: String?,
        status: Int
    ) async throws -> JSONTree {
        var headers = Headers()
        if let name { headers.add("X-Actor", name) }
        let response = try await fixture.ask(.risk, method, Self.path + path, body, headers: headers)
        #expect(response.status == status, "\(path) \(String(decoding: response.body, as: UTF8.self))")
        return try JSONTree(response.body)
    }

    private static func gross(_ threshold: Int) -> String {
        #"{"id":"g","type":"gross_exposure","threshold":\#(threshold),"approval":"four-eyes"}"#
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func looseningWaitsForAnotherAndTighteningDoesNot(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        _ = try await ask(fixture, .post, "/limits", Self.gross(100), as: "Ann", status: 201)
        _ = try await ask(fixture, .put, "/limits/g", Self.gross(90), as: nil, status: 200)
        _ = try await ask(fixture, .put, "/limits/g", Self.gross(120), as: nil, status: 422)
        let change = try await ask(fixture, .put, "/limits/g", Self.gross(120), as: "Ann", status: 202)
        let id = try #require(change["id"]?.text)
        #expect(change["state"]?.text == "pending" && change["loosens"]?[0]?.text == "threshold rises from 90.0 to 120.0")
        #expect(try await fixture.json(.risk, .get, Self.path + "/limits/g")["threshold"]?.double == 90)
        // The one who proposed it may not, however the name is written.
        let same = try await ask(fixture, .post, "/limit-changes/\(id)/approve", "{}", as: " ANN ", status: 403)
        #expect(same["detail"]?.text == "anonymous ann proposed this change; somebody else has to approve it")
        // It waits over a restart too.
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.stop()
        try await engine.start()
        let approved = try await ask(fixture, .post, "/limit-changes/\(id)/approve", "{}", as: "Bob", status: 200)
        #expect(approved["state"]?.text == "approved" && approved["decided_by"]?.text == "anonymous bob")
        #expect(engine.limits.map(\.threshold) == [120])
        _ = try await ask(fixture, .post, "/limit-changes/\(id)/approve", "{}", as: "Eve", status: 409)
        let versions = try await fixture.json(.risk, .get, Self.path + "/limits/g/versions")
        #expect(versions["items"]?[0]?["proposed_by"]?.text == "anonymous ann")
        #expect(versions["items"]?[0]?["approved_by"]?.text == "anonymous bob")
        let trail = try await fixture.json(.risk, .get, "/audit", query: "action=limit_change.approved")
        let step = try #require(trail["items"]?[0]?["request"]?.text)
        #expect(step.contains("anonymous ann") && step.contains("anonymous bob"))
        let context = try #require(fixture.hosts[.risk]).context
        let log = try await AuditLog.verify(context.records) { Digest.sha256($0) }
        // Created, tightened, proposed, approved with both names.
        #expect(log.fault == nil && log.rows == 5)
        await fixture.stop()
    }

    @Test @LoopActor func whatIsRejectedExpiredOrOvertakenDoesNotTakeEffect() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        _ = try await ask(fixture, .post, "/limits", Self.gross(100), as: "Ann", status: 201)
        func propose() async throws -> String {
            try #require(try await ask(fixture, .delete, "/limits/g", as: "Ann", status: 202)["id"]?.text)
        }
        let dropped = try await propose(), late = try await propose(), overtaken = try await propose()
        let answer = try await ask(fixture, .post, "/limit-changes/\(dropped)/reject", #"{"note":"no"}"#, as: "Ann", status: 200)
        #expect(answer["state"]?.text == "rejected" && answer["note"]?.text == "no")
        _ = try await ask(fixture, .put, "/limits/g", Self.gross(50), as: nil, status: 200)
        _ = try await ask(fixture, .post, "/limit-changes/\(overtaken)/approve", "{}", as: "Bob", status: 409)
        fixture.clock.advance(nanoseconds: 73 * 3_600_000_000_000)
        _ = try await ask(fixture, .post, "/limit-changes/\(late)/approve", "{}", as: "Bob", status: 409)
        func listed(_ state: String) async throws -> [String] {
            try await fixture.json(.risk, .get, Self.path + "/limit-changes", query: "state=\(state)")["items"]?
                .elements.compactMap { $0["id"]?.text } ?? []
        }
        #expect(try await listed("pending").isEmpty)
        #expect(try await listed("expired") == [late])
        #expect(try await listed("superseded") == [overtaken])
        #expect(try await listed("rejected") == [dropped])
        #expect(try await fixture.json(.risk, .get, Self.path + "/limits/g")["threshold"]?.double == 50)
        await fixture.stop()
    }

    @Test @LoopActor func byKeyTwoNamesOfOneKeyAreOnePerson() async throws {
        let scene = try await EngineScene(RiskEngine.self, environment: [
            "NAUTILUS_RISK_APPROVAL": "all", "NAUTILUS_RISK_APPROVAL_BY": "key"])
        await scene.start()
        func ask(_ method: HTTP.Method, _ path: String, _ body: String, key: String?, as name: String) async
            -> (status: Int, text: String) {
            var headers: Headers = ["Content-Type": "application/json", "X-Actor": name]
            if let key { headers.add("X-API-Key", key) }
            return await scene.ask(method, Self.path + path, body, headers: headers)
        }
        let limit = #"{"id":"g","type":"leverage","threshold":2}"#
        #expect(await ask(.post, "/limits", limit, key: nil, as: "ann").status == 201)
        let wider = limit.replacing("2}", with: "3}")
        #expect(await ask(.put, "/limits/g", wider, key: nil, as: "ann").status == 422)
        let change = await ask(.put, "/limits/g", wider, key: "the first key", as: "ann")
        #expect(change.status == 202)
        let id = try #require(try JSONTree(Array(change.text.utf8))["id"]?.text)
        let approve = "/limit-changes/\(id)/approve"
        #expect(await ask(.post, approve, "{}", key: "the first key", as: "bob").status == 403)
        #expect(await ask(.post, approve, "{}", key: "the second key", as: "ann").status == 200)
        await scene.stop()
    }
}
