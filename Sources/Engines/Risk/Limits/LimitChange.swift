import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

/// How far a change that waits for a second person has come.
enum LimitChangeState: String, CaseIterable, Sendable {
    case pending, approved, rejected
    /// Nobody decided in time.
    case expired
    /// The limit was changed otherwise before anybody decided.
    case superseded
}

/// A change that loosens a limit and waits for another person.
struct LimitChange: Sendable {
    let id: String, limitID: String
    /// The version that it was proposed for.
    let version: Int
    /// The limit as it is to be; nil where it is to be removed.
    let limit: Limit?
    let reasons: [String]
    let proposer: String
    /// What tells the proposer from another: a key's fingerprint, a name.
    let proposerKey: String?, proposerName: String?
    let proposed: Timestamp, expires: Timestamp
    var state: LimitChangeState
    var decidedBy = "", note = ""
    var decided: Timestamp?

    /// As it stands at a time: what nobody decided in time has expired.
    func state(at now: Timestamp) -> LimitChangeState { state == .pending && expires <= now ? .expired : state }

    func write(to json: inout JSONWriter, at now: Timestamp) {
        json.object { json in
            json.field("id", id)
            json.field("limit_id", limitID)
            json.field("state", state(at: now).rawValue)
            json.field("for_version", version)
            json.strings("loosens", reasons)
            json.field("proposed_by", proposer)
            json.field("proposed", proposed)
            json.field("expires", expires)
            json.field("decided_by", decidedBy)
            json.key("decided")
            if let decided { json.time(decided) } else { json.null() }
            json.field("note", note)
            json.key("limit")
            if let limit { limit.write(to: &json) } else { json.null() }
        }
    }
}

/// Rows of changes that wait, or waited.
enum LimitChanges {
    static let migration = Migration(version: 31, name: "limit changes", statements: [
        """
        CREATE TABLE limit_changes (id TEXT PRIMARY KEY, limit_id TEXT NOT NULL, version BIGINT NOT NULL,
            definition BYTEA, reasons TEXT NOT NULL, proposer TEXT NOT NULL, proposer_key TEXT, proposer_name TEXT,
            proposed BIGINT NOT NULL, expires BIGINT NOT NULL, state TEXT NOT NULL, decided_by TEXT NOT NULL,
            note TEXT NOT NULL, decided BIGINT)
        """,
        "CREATE INDEX limit_changes_by_time ON limit_changes (proposed, id)",
        "ALTER TABLE limit_versions ADD COLUMN proposed_by TEXT",
        "ALTER TABLE limit_versions ADD COLUMN approved_by TEXT",
    ])

    private static let columns = """
        id, limit_id, version, definition, reasons, proposer, proposer_key, proposer_name, proposed, expires, state, \
        decided_by, note, decided
        """

    static func insert(_ change: LimitChange) -> Statement {
        var json = JSONWriter()
        change.limit?.write(to: &json)
        return Statement(
            """
            INSERT INTO limit_changes (\(columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', NULL)
            """,
            [.text(change.id), .text(change.limitID), .integer(Int64(change.version)),
             change.limit == nil ? .null : .blob(json.bytes), .text(change.reasons.joined(separator: "\n")),
             .text(change.proposer), change.proposerKey.map { .text($0) } ?? .null,
             change.proposerName.map { .text($0) } ?? .null, .integer(change.proposed.nanoseconds),
             .integer(change.expires.nanoseconds), .text(change.state.rawValue)])
    }

    /// Decides a change that is still pending; the whole transaction fails where it is not.
    static func decide(_ change: LimitChange) -> Statement {
        Statement(
            """
            UPDATE limit_changes SET state = $2, decided_by = $3, note = $4, decided = $5
            WHERE id = $1 AND state = 'pending'
            """,
            [.text(change.id), .text(change.state.rawValue), .text(change.decidedBy), .text(change.note),
             change.decided.map { .integer($0.nanoseconds) } ?? .null], expectedChanges: 1)
    }

    @LoopActor private static func change(_ row: ResultSet.Row) throws -> LimitChange {
        let definition: [UInt8]? = try row.value(3), reasons: String = try row.value(4)
        let state: String = try row.value(10), decided: Int64? = try row.value(13)
        var change = LimitChange(
            id: try row.value(0), limitID: try row.value(1), version: try row.value(2),
            limit: try definition.map { try LimitRows.decode($0) },
            reasons: reasons.split(separator: "\n").map(String.init), proposer: try row.value(5),
            proposerKey: try row.value(6), proposerName: try row.value(7),
            proposed: Timestamp(nanoseconds: try row.value(8)), expires: Timestamp(nanoseconds: try row.value(9)),
            state: LimitChangeState(rawValue: state) ?? .rejected)
        change.decidedBy = try row.value(11)
        change.note = try row.value(12)
        change.decided = decided.map { Timestamp(nanoseconds: $0) }
        return change
    }

    @LoopActor static func find(_ id: String, _ records: any RecordStore) async throws -> LimitChange? {
        try await records.query(Statement("SELECT \(columns) FROM limit_changes WHERE id = $1", [.text(id)]))
            .first.map { try change($0) }
    }

    @LoopActor static func page(
        _ query: LimitChangeQuery, at now: Timestamp, _ records: any RecordStore
    ) async throws -> (rows: [LimitChange], next: String?) {
        var rows = try NewestRows(columns, of: "limit_changes", by: "proposed", query.page)
        rows.only("limit_id", query.limit.map { .text($0) })
        // What has expired is stored as pending: nobody did anything.
        switch query.state {
        case .pending?:
            rows.only("state", .text("pending"))
            rows.only("expires", .integer(now.nanoseconds), comparison: ">")
        case .expired?:
            rows.only("state", .text("pending"))
            rows.only("expires", .integer(now.nanoseconds), comparison: "<=")
        case let state: rows.only("state", state.map { .text($0.rawValue) })
        }
        let page = try await rows.read(records)
        return (try page.rows.map { try change($0) }, page.next)
    }
}

/// Which changes are listed.
struct LimitChangeQuery: RequestParameters {
    let limit: String?, state: LimitChangeState?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> LimitChangeQuery {
        LimitChangeQuery(
            limit: parameters.optionalText("limit_id", "Only of this limit."),
            state: parameters.choice("state", "Only these.", LimitChangeState.self), page: .read(parameters))
    }
}

/// A change in the path.
struct LimitChangePath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> LimitChangePath {
        LimitChangePath(id: parameters.path("change_id", "The change."))
    }
}

/// What is said of a decision.
struct LimitChangeDecision: RequestBody {
    let note: String
    static func read(_ fields: FieldReader) -> LimitChangeDecision {
        LimitChangeDecision(note: fields.optionalString("note", "Why.", length: 0...4000) ?? "")
    }
}
