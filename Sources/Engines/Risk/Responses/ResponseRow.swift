import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

/// How far a response has come.
enum ResponseState: String, CaseIterable, Sendable {
    /// A notice that is to be sent, or sent again; or an order that is to be placed.
    case waiting
    /// A notice that waits for the end of quiet hours.
    case held
    case sent, failed
    /// A notice about what is over or was seen, or an order of what is over; or nobody wants it any more.
    case dropped
    case placed
    /// Not done, and never will be for this breach; `detail` says why.
    case refused
    /// A block that denies orders, and one that does not any more.
    case blocking, released

    /// Whether there is something left to do.
    var isPending: Bool { self == .waiting || self == .held }
}

/// One thing that was done, or is to be done, about a breach.
struct ResponseRow: Sendable, Equatable {
    /// Made of the case, the rule, how many plans of it were given up, its moment and the target: the same step again
    /// is the same row.
    let id: String
    let caseID: String, ruleID: String, portfolioID: String
    let action: ResponseAction
    /// A channel's id, a symbol, or a scope.
    let target: String
    var state: ResponseState
    var detail = ""
    var attempts = 0
    /// When it is looked at next; nil where nothing is left to do.
    var due: Timestamp?
    /// What is sent: a notice or an order, as JSON.
    var body: [UInt8]
    let recorded: Timestamp

    func write(to json: inout JSONWriter) {
        json.object { json in
            for (name, text) in [
                ("id", id), ("case_id", caseID), ("rule_id", ruleID), ("portfolio_id", portfolioID),
                ("action", action.rawValue), ("target", target), ("state", state.rawValue), ("detail", detail),
            ] { json.field(name, text) }
            json.field("attempts", attempts)
            json.key("next")
            if let due { json.time(due) } else { json.null() }
            json.key("body")
            if body.isEmpty { json.null() } else { json.raw(body) }
            json.field("ts", recorded)
        }
    }

    // MARK: What comes of an attempt

    /// Attempts before a notice is given up, and the wait after the first; each next one waits four times as long.
    static let attemptLimit = 6
    static let backOffSeconds: Int64 = 5
    /// The waits of an order; the last one is that of all further attempts. It is tried while there is a reason for it.
    static let orderWaits: [Int64] = [1, 2, 4, 8, 15]

    /// The seconds until the next attempt; nil where there is none.
    private var wait: Int64? {
        if action.trades {
            let waits = Self.orderWaits
            return waits[min(attempts, waits.count) - 1]
        }
        guard attempts < Self.attemptLimit else { return nil }
        return (1..<attempts).reduce(Self.backOffSeconds) { wait, _ in wait * 4 }
    }

    /// The row after an attempt to send it.
    mutating func take(_ outcome: NoticeOutcome, at now: Timestamp) {
        attempts += 1
        switch outcome {
        case .sent:
            state = .sent
            detail = ""
            due = nil
        case .refused(let why):
            state = .failed
            detail = why
            due = nil
        case .failed(let why):
            detail = why
            if let wait {
                due = now.adding(nanoseconds: wait * 1_000_000_000)
            } else {
                state = .failed
                due = nil
            }
        }
    }

    /// The end of a response that is not carried out.
    mutating func end(_ state: ResponseState, _ why: String) {
        self.state = state
        detail = why
        due = nil
    }
}

/// The orders that a rule planned for a case at one time: what is begun of them is carried out to its end.
struct OrderStep: Sendable, Hashable {
    let caseID: String, ruleID: String, recorded: Timestamp
}

extension ResponseRow {
    /// The orders that it is one of.
    var orderStep: OrderStep { OrderStep(caseID: caseID, ruleID: ruleID, recorded: recorded) }
}

/// Rows of channels, rules, cases and responses.
enum ResponseRecords {
    static let migration = Migration(version: 32, name: "responses", statements: [
        "CREATE TABLE notice_channels (id TEXT PRIMARY KEY, definition BYTEA NOT NULL)",
        "CREATE TABLE response_rules (id TEXT PRIMARY KEY, definition BYTEA NOT NULL, position BIGINT NOT NULL)",
        """
        CREATE TABLE breach_cases (id TEXT PRIMARY KEY, portfolio_id TEXT NOT NULL, limit_id TEXT NOT NULL,
            limit_type TEXT NOT NULL, scope TEXT NOT NULL, opened BIGINT NOT NULL, hard_since BIGINT, closed BIGINT,
            reason TEXT NOT NULL, value DOUBLE PRECISION, threshold DOUBLE PRECISION NOT NULL,
            acknowledged_by TEXT NOT NULL, acknowledged BIGINT, done TEXT NOT NULL, state TEXT NOT NULL)
        """,
        "CREATE INDEX breach_cases_by_time ON breach_cases (opened, id)",
        "CREATE INDEX breach_cases_by_state ON breach_cases (state)",
        """
        CREATE TABLE responses (id TEXT PRIMARY KEY, case_id TEXT NOT NULL, rule_id TEXT NOT NULL,
            portfolio_id TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL,
            detail TEXT NOT NULL, attempts BIGINT NOT NULL, due BIGINT, body BYTEA NOT NULL, recorded BIGINT NOT NULL)
        """,
        "CREATE INDEX responses_by_time ON responses (recorded, id)",
        "CREATE INDEX responses_by_state ON responses (state)",
    ])

    // MARK: Definitions

    static func upsert(_ channel: NoticeChannel) -> Statement {
        var json = JSONWriter()
        channel.write(to: &json)
        return Statement(
            """
            INSERT INTO notice_channels (id, definition) VALUES ($1, $2)
            ON CONFLICT (id) DO UPDATE SET definition = excluded.definition
            """, [.text(channel.id), .blob(json.bytes)])
    }

    static func delete(channel id: String) -> Statement {
        Statement("DELETE FROM notice_channels WHERE id = $1", [.text(id)])
    }

    @LoopActor static func channels(_ records: any RecordStore) async throws -> [NoticeChannel] {
        try await records.query(Statement("SELECT definition FROM notice_channels ORDER BY id")).records.map { row in
            try Route.body(NoticeChannel.self, Request(method: .post, path: "/", body: try row.value(0)))
        }
    }

    static func upsert(_ rule: ResponseRule) -> Statement {
        var json = JSONWriter()
        rule.write(to: &json)
        return Statement(
            """
            INSERT INTO response_rules (id, definition, position)
            VALUES ($1, $2, (SELECT COALESCE(MAX(position) + 1, 0) FROM response_rules))
            ON CONFLICT (id) DO UPDATE SET definition = excluded.definition
            """, [.text(rule.id), .blob(json.bytes)])
    }

    static func delete(rule id: String) -> Statement {
        Statement("DELETE FROM response_rules WHERE id = $1", [.text(id)])
    }

    @LoopActor static func rules(_ records: any RecordStore) async throws -> [ResponseRule] {
        try await records.query(Statement("SELECT definition FROM response_rules ORDER BY position, id")).records
            .map { row in
                try Route.body(ResponseRule.self, Request(method: .post, path: "/", body: try row.value(0)))
            }
    }

    // MARK: Cases

    private static let caseColumns = """
        id, portfolio_id, limit_id, limit_type, scope, opened, hard_since, closed, reason, value, threshold, \
        acknowledged_by, acknowledged, done, state
        """

    private static func state(_ breach: BreachCase) -> BreachCaseState {
        breach.isOpen ? breach.acknowledged == nil ? .open : .acknowledged : .closed
    }

    static func upsert(_ breach: BreachCase) -> Statement {
        func time(_ time: Timestamp?) -> SQLValue { time.map { .integer($0.nanoseconds) } ?? .null }
        return Statement(
            """
            INSERT INTO breach_cases (\(caseColumns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            ON CONFLICT (id) DO UPDATE SET hard_since = excluded.hard_since, closed = excluded.closed,
                reason = excluded.reason, value = excluded.value, threshold = excluded.threshold,
                acknowledged_by = excluded.acknowledged_by, acknowledged = excluded.acknowledged,
                done = excluded.done, state = excluded.state
            """,
            [.text(breach.id), .text(breach.portfolioID), .text(breach.limitID), .text(breach.type.rawValue),
             .text(breach.scope.text), .integer(breach.opened.nanoseconds), time(breach.hardSince),
             time(breach.closed), .text(breach.reason), breach.value.isFinite ? .real(breach.value) : .null,
             .real(breach.threshold), .text(breach.acknowledgedBy), time(breach.acknowledged),
             .text(RuleProgress.text(breach.progress)), .text(state(breach).rawValue)])
    }

    private static func breach(_ row: ResultSet.Row) throws(StoreError) -> BreachCase {
        let type: String = try row.value(3), scope: String = try row.value(4)
        guard let type = LimitType(rawValue: type), let scope = LimitScope(scope) else {
            throw StoreError(.corrupted, "a case of \(type) over \(scope)")
        }
        func time(_ column: Int) throws(StoreError) -> Timestamp? {
            let found: Int64? = try row.value(column)
            return found.map { Timestamp(nanoseconds: $0) }
        }
        let value: Double? = try row.value(9), done: String = try row.value(13)
        return BreachCase(
            id: try row.value(0), portfolioID: try row.value(1), limitID: try row.value(2), type: type, scope: scope,
            opened: Timestamp(nanoseconds: try row.value(5)), hardSince: try time(6), closed: try time(7),
            reason: try row.value(8), value: value ?? .nan, threshold: try row.value(10),
            acknowledgedBy: try row.value(11), acknowledged: try time(12),
            progress: RuleProgress.read(done))
    }

    static func openCases(_ records: any RecordStore) async throws(StoreError) -> [BreachCase] {
        try await records.query(Statement("SELECT \(caseColumns) FROM breach_cases WHERE state <> 'closed'"))
            .map { (row) throws(StoreError) in try breach(row) }
    }

    static func page(
        _ query: BreachCaseQuery, _ records: any RecordStore
    ) async throws -> (rows: [BreachCase], next: String?) {
        var rows = try NewestRows(caseColumns, of: "breach_cases", by: "opened", query.page)
        rows.only("portfolio_id", query.portfolio.map { .text($0) })
        rows.only("state", query.state.map { .text($0.rawValue) })
        let page = try await rows.read(records)
        return (try page.rows.map { try breach($0) }, page.next)
    }

    // MARK: Responses

    private static let columns = """
        id, case_id, rule_id, portfolio_id, action, target, state, detail, attempts, due, body, recorded
        """

    static func upsert(_ row: ResponseRow) -> Statement {
        Statement(
            """
            INSERT INTO responses (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, detail = excluded.detail,
                attempts = excluded.attempts, due = excluded.due, body = excluded.body
            """,
            [.text(row.id), .text(row.caseID), .text(row.ruleID), .text(row.portfolioID), .text(row.action.rawValue),
             .text(row.target), .text(row.state.rawValue), .text(row.detail), .integer(Int64(row.attempts)),
             row.due.map { .integer($0.nanoseconds) } ?? .null, .blob(row.body),
             .integer(row.recorded.nanoseconds)])
    }

    private static func response(_ row: ResultSet.Row) throws(StoreError) -> ResponseRow {
        let action: String = try row.value(4), state: String = try row.value(6), due: Int64? = try row.value(9)
        guard let action = ResponseAction(rawValue: action), let state = ResponseState(rawValue: state) else {
            throw StoreError(.corrupted, "a response that is \(action) and \(state)")
        }
        return ResponseRow(
            id: try row.value(0), caseID: try row.value(1), ruleID: try row.value(2), portfolioID: try row.value(3),
            action: action, target: try row.value(5), state: state, detail: try row.value(7),
            attempts: try row.value(8), due: due.map { Timestamp(nanoseconds: $0) }, body: try row.value(10),
            recorded: Timestamp(nanoseconds: try row.value(11)))
    }

    /// What is left to do, what blocks, and the orders that were placed and are not decided yet; oldest first.
    static func live(_ records: any RecordStore) async throws(StoreError) -> [ResponseRow] {
        try await records.query(Statement("""
            SELECT \(columns) FROM responses WHERE state IN ('waiting', 'held', 'blocking') OR (state = 'placed'
                AND NOT EXISTS (SELECT 1 FROM decisions WHERE order_id = '\(ResponseOrder.prefix)' || responses.id)
                AND NOT EXISTS (SELECT 1 FROM ended_orders WHERE order_id = '\(ResponseOrder.prefix)' || responses.id))
            ORDER BY recorded, id
            """)).map { (row) throws(StoreError) in try response(row) }
    }

    /// Steps of which some orders were placed and others are left to do.
    static func begun(_ records: any RecordStore) async throws(StoreError) -> Set<OrderStep> {
        let found = try await records.query(Statement("""
            SELECT DISTINCT placed.case_id, placed.rule_id, placed.recorded FROM responses placed
            JOIN responses waiting ON waiting.case_id = placed.case_id AND waiting.rule_id = placed.rule_id
                AND waiting.recorded = placed.recorded AND waiting.action = placed.action
            WHERE waiting.state = 'waiting' AND waiting.action IN ('reduce', 'flatten') AND placed.state = 'placed'
            """))
        return Set(try found.map { (row) throws(StoreError) in
            OrderStep(
                caseID: try row.value(0), ruleID: try row.value(1),
                recorded: Timestamp(nanoseconds: try row.value(2)))
        })
    }

    static func page(
        _ query: ResponseQuery, _ records: any RecordStore
    ) async throws -> (rows: [ResponseRow], next: String?) {
        var rows = try NewestRows(columns, of: "responses", by: "recorded", query.page)
        rows.only("case_id", query.breach.map { .text($0) })
        rows.only("state", query.state.map { .text($0.rawValue) })
        let page = try await rows.read(records)
        return (try page.rows.map { try response($0) }, page.next)
    }
}
