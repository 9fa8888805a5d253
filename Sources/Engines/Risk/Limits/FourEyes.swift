import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

/// By what one person is told from another.
enum ApprovalIdentity: String, CaseIterable, Sendable {
    /// The name in `X-Actor`: whoever has a key can give any.
    case name
    /// The key: whoever has two can be two.
    case key
}

extension RiskEngine {
    private static let changeExample = """
        {"id":"c1","limit_id":"gross","state":"pending","for_version":1,"loosens":["threshold rises from 250000.0 to \
        300000.0"],"proposed_by":"anonymous ann","proposed":"2026-01-02T03:04:05Z","expires":"2026-01-05T03:04:05Z",\
        "decided_by":"","decided?":"2026-01-03T03:04:05Z","note":"",\
        "limit?":{"id":"gross","type":"gross_exposure","threshold":300000,"portfolio_id?":"sample"}}
        """

    /// Why a change of a limit has to wait for somebody else; empty where it need not.
    func needsApproval(_ before: Limit, _ after: Limit?) -> [String] {
        let isAsked = before.approval == .fourEyes || context.configuration.text("RISK_APPROVAL") == "all"
        return isAsked ? LimitLoosening.reasons(from: before, to: after) : []
    }

    private var identity: ApprovalIdentity {
        ApprovalIdentity(rawValue: context.configuration.text("RISK_APPROVAL_BY")) ?? .name
    }

    /// The one who asks, where they can be told from others.
    private func named(_ request: Request) throws -> RequestActor {
        let actor = RequestActor(request, context)
        switch identity {
        case .name where actor.name == nil:
            throw Problem(422, "this takes two people: name yourself in the header X-Actor, 1 to 100 characters")
        case .key where actor.key == nil:
            throw Problem(422, "this takes two people: show a key of your own in X-API-Key")
        default: return actor
        }
    }

    /// Writes a change that waits, in place of the change itself.
    func propose(
        _ limit: Limit?, of before: Limit, _ reasons: [String], _ request: Request, _ record: Idempotency.Record?
    ) async throws -> JSONBody {
        let actor = try named(request), now = context.clock.now
        let hours = Int64(context.configuration.int("RISK_APPROVAL_HOURS"))
        let change = LimitChange(
            id: context.identifiers.nextText(), limitID: before.id, version: before.version, limit: limit,
            reasons: reasons, proposer: actor.text, proposerKey: actor.key, proposerName: actor.name, proposed: now,
            expires: now.adding(nanoseconds: hours * 3_600_000_000_000), state: .pending)
        let answer = JSONBody(status: 202) { change.write(to: &$0, at: now) }
        AuditScope.current?.object = "limit_change/\(change.id)"
        try await context.commit([LimitChanges.insert(change)] + (record?.statements(answer, context) ?? []))
        return answer
    }

    /// Changes that wait for a second person.
    var limitChangeRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/limit-changes", "Changes that loosen a limit and need two people, newest first.",
                  answer: "{\"items\":[\(Self.changeExample)],\"next_cursor\":null}", errors: [503]) {
                [unowned self] (query: LimitChangeQuery, _: NoBody, _) in
                let now = self.context.clock.now
                let page = try await LimitChanges.page(query, at: now, self.context.records)
                return JSONBody.page(page.rows, next: page.next) { $1.write(to: &$0, at: now) }
            },
            .json(.post, "/api/v1/risk/limit-changes/{change_id}/approve",
                  "Lets a change take effect; whoever proposed it may not.", example: #"{"note":"agreed"}"#,
                  answer: Self.changeExample, errors: [403, 404, 409]) {
                [unowned self] (path: LimitChangePath, body: LimitChangeDecision, request) in
                try await self.changingLimits { try await self.approve(path.id, body.note, request) }
            },
            .json(.post, "/api/v1/risk/limit-changes/{change_id}/reject",
                  "Drops a change; whoever proposed it may too.", example: #"{"note":"not now"}"#,
                  answer: Self.changeExample, errors: [404, 409]) {
                [unowned self] (path: LimitChangePath, body: LimitChangeDecision, request) in
                try await self.changingLimits {
                    let actor = try self.named(request)
                    return try await self.decide(try await self.open(path.id), .rejected, actor, body.note)
                }
            },
        ]
    }

    /// A change that may still be decided.
    private func open(_ id: String) async throws -> LimitChange {
        guard let change = try await LimitChanges.find(id, context.records) else {
            throw Problem.notFound("no change \(id)")
        }
        let state = change.state(at: context.clock.now)
        if state != .pending { throw Problem.conflict("change \(id) is \(state.rawValue)") }
        return change
    }

    private func approve(_ id: String, _ note: String, _ request: Request) async throws -> JSONBody {
        let change = try await open(id), actor = try named(request)
        let isSame = identity == .key ? actor.key == change.proposerKey : actor.name == change.proposerName
        if isSame {
            throw Problem(403, "\(actor.text) proposed this change; somebody else has to approve it")
        }
        guard let before = limits.first(where: { $0.id == change.limitID }), before.version == change.version else {
            _ = try await decide(change, .superseded, actor, "the limit was changed in the meantime")
            throw Problem.conflict("limit \(change.limitID) is no longer at version \(change.version); propose anew")
        }
        guard var limit = change.limit else {
            let answer = try await decide(change, .approved, actor, note, [
                LimitRows.delete(before),
                LimitVersions.insert(before, "removed", at: context.clock.now, proposer: change.proposer,
                                     approver: actor.text)])
            limits.removeAll { $0.id == before.id }
            return answer
        }
        limit.version = before.version + 1
        try refuseConflicts(of: limit)
        let answer = try await decide(change, .approved, actor, note, [
            LimitRows.update(limit, from: before.version),
            LimitVersions.insert(limit, "changed", at: context.clock.now, proposer: change.proposer,
                                 approver: actor.text)])
        put(limit)
        return answer
    }

    private func decide(
        _ change: LimitChange, _ state: LimitChangeState, _ actor: RequestActor, _ note: String,
        _ statements: [Statement] = []
    ) async throws -> JSONBody {
        var change = change
        let now = context.clock.now
        change.state = state
        change.decidedBy = actor.text
        change.decided = now
        change.note = note
        var body = JSONWriter()
        body.object { json in
            json.field("change", change.id)
            json.field("proposed_by", change.proposer)
            json.field("decided_by", actor.text)
            json.strings("loosens", change.reasons)
        }
        let entry = AuditEntry(
            engine: .risk, action: "limit_change.\(state.rawValue)", object: "limit/\(change.limitID)",
            body: body.bytes)
        AuditScope.current?.object = "limit_change/\(change.id)"
        try await context.commit([LimitChanges.decide(change)] + statements, audit: [entry])
        return JSONBody { [change] json in change.write(to: &json, at: now) }
    }
}
