import EngineKit
import HTTP
import Market
import Store
import Wire

/// Stops every order while it is on.
struct KillSwitch: Sendable, Equatable {
    var isOn = false
    var reason = ""
    var since: Timestamp?

    /// - Parameter isStored: whether a restart finds it so.
    func write(to json: inout JSONWriter, isStored: Bool) {
        json.beginObject()
        json.key("stored")
        json.bool(isStored)
        json.key("state")
        json.string(isOn ? "on" : "off")
        json.key("reason")
        json.string(reason)
        json.key("since")
        if let since { json.time(since) } else { json.null() }
        json.endObject()
    }
}

/// A portfolio that is judged every interval, and what was found of it.
struct Watch: Sendable, Equatable {
    let portfolioID: String
    let intervalNanoseconds: Int64
}

/// A rule that makes an alert of an event, or an alert.
struct RiskAlert: Sendable, Equatable {
    var id: String, kind: RiskAlertKind, title: String, severity: RiskSeverity, state: RiskAlertState
    /// Of this portfolio only; empty for all.
    var portfolioID: String
    /// Of this type of limit only; empty for all.
    var limitType: String
    /// The rule that made it; empty where a person did.
    var ruleID: String
    var message: String, note: String, time: Timestamp

    /// Whether an event makes an alert of this rule.
    func matches(portfolio: String, type: LimitType, severity: RiskSeverity) -> Bool {
        kind == .rule && state != .closed && (portfolioID.isEmpty || portfolioID == portfolio)
            && (limitType.isEmpty || limitType == type.rawValue) && (self.severity == .warning || severity == .critical)
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, value) in [
            ("id", id), ("kind", kind.rawValue), ("title", title), ("severity", severity.rawValue),
            ("state", state.rawValue), ("portfolio_id", portfolioID), ("type", limitType), ("rule_id", ruleID),
            ("message", message), ("note", note),
        ] {
            json.key(name)
            json.string(value)
        }
        json.key("ts")
        json.time(time)
        json.endObject()
    }
}

/// An alert, or a rule that makes alerts.
enum RiskAlertKind: String, CaseIterable, Sendable { case alert, rule }

/// What people have done about an alert. A closed rule makes no more alerts.
enum RiskAlertState: String, CaseIterable, Sendable { case open, acknowledged, escalated, closed }

/// Rows of the switch, of watches with their findings, and of alerts.
enum RiskControls {
    static let migration = Migration(version: 6, name: "kill switch, monitor, alerts", statements: [
        """
        CREATE TABLE kill_switch (name TEXT PRIMARY KEY, is_on BIGINT NOT NULL, reason TEXT NOT NULL,
            since BIGINT NOT NULL)
        """,
        "CREATE TABLE watches (portfolio_id TEXT PRIMARY KEY, every BIGINT NOT NULL)",
        """
        CREATE TABLE findings (portfolio_id TEXT NOT NULL, limit_id TEXT NOT NULL, verdict TEXT NOT NULL,
            PRIMARY KEY (portfolio_id, limit_id))
        """,
        """
        CREATE TABLE risk_alerts (id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, severity TEXT NOT NULL,
            state TEXT NOT NULL, portfolio_id TEXT NOT NULL, limit_type TEXT NOT NULL, rule_id TEXT NOT NULL,
            message TEXT NOT NULL, note TEXT NOT NULL, time BIGINT NOT NULL)
        """,
        "CREATE INDEX risk_alerts_by_time ON risk_alerts (time, id)",
    ])

    // MARK: Switch

    static func upsert(_ state: KillSwitch, at time: Timestamp) -> Statement {
        Statement(
            """
            INSERT INTO kill_switch (name, is_on, reason, since) VALUES ('all', $1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET is_on = excluded.is_on, reason = excluded.reason, since = excluded.since
            """, [.integer(state.isOn ? 1 : 0), .text(state.reason), .integer(time.nanoseconds)])
    }

    static func killSwitch(_ records: any RecordStore) async throws(StoreError) -> KillSwitch {
        guard let row = try await records.query(
            Statement("SELECT is_on, reason, since FROM kill_switch WHERE name = 'all'")).first
        else { return KillSwitch() }
        let isOn: Int64 = try row.value(0)
        return KillSwitch(isOn: isOn != 0, reason: try row.value(1), since: Timestamp(nanoseconds: try row.value(2)))
    }

    // MARK: Watches

    static func upsert(_ watch: Watch) -> Statement {
        Statement(
            """
            INSERT INTO watches (portfolio_id, every) VALUES ($1, $2)
            ON CONFLICT (portfolio_id) DO UPDATE SET every = excluded.every
            """, [.text(watch.portfolioID), .integer(watch.intervalNanoseconds)])
    }

    /// Ends a watch. What it found stays known, so that the next one tells nothing again.
    static func delete(watch portfolio: String) -> Statement {
        Statement("DELETE FROM watches WHERE portfolio_id = $1", [.text(portfolio)])
    }

    static func watches(_ records: any RecordStore) async throws(StoreError) -> [Watch] {
        try await records.query(Statement("SELECT portfolio_id, every FROM watches ORDER BY portfolio_id"))
            .map { (row) throws(StoreError) -> Watch in
                Watch(portfolioID: try row.value(0), intervalNanoseconds: try row.value(1))
            }
    }

    static func findings(_ records: any RecordStore) async throws(StoreError) -> [String: [String: RiskVerdict]] {
        var found: [String: [String: RiskVerdict]] = [:]
        for row in try await records.query(Statement("SELECT portfolio_id, limit_id, verdict FROM findings")).records {
            let portfolio: String = try row.value(0), limit: String = try row.value(1)
            let verdict: String = try row.value(2)
            found[portfolio, default: [:]][limit] = RiskVerdict(rawValue: verdict)
        }
        return found
    }

    static func upsert(_ verdict: RiskVerdict, of limit: String, in portfolio: String) -> Statement {
        Statement(
            """
            INSERT INTO findings (portfolio_id, limit_id, verdict) VALUES ($1, $2, $3)
            ON CONFLICT (portfolio_id, limit_id) DO UPDATE SET verdict = excluded.verdict
            """, [.text(portfolio), .text(limit), .text(verdict.rawValue)])
    }

    static func delete(finding limit: String, in portfolio: String) -> Statement {
        Statement("DELETE FROM findings WHERE portfolio_id = $1 AND limit_id = $2", [.text(portfolio), .text(limit)])
    }

    // MARK: Alerts

    private static let columns =
        "id, kind, title, severity, state, portfolio_id, limit_type, rule_id, message, note, time"

    static func upsert(_ alert: RiskAlert) -> Statement {
        Statement(
            """
            INSERT INTO risk_alerts (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, note = excluded.note
            """,
            [.text(alert.id), .text(alert.kind.rawValue), .text(alert.title), .text(alert.severity.rawValue),
             .text(alert.state.rawValue), .text(alert.portfolioID), .text(alert.limitType), .text(alert.ruleID),
             .text(alert.message), .text(alert.note), .integer(alert.time.nanoseconds)])
    }

    private static func alert(_ row: ResultSet.Row) throws(StoreError) -> RiskAlert {
        let kind: String = try row.value(1), severity: String = try row.value(3), state: String = try row.value(4)
        return RiskAlert(
            id: try row.value(0), kind: RiskAlertKind(rawValue: kind) ?? .alert, title: try row.value(2),
            severity: RiskSeverity(rawValue: severity) ?? .critical, state: RiskAlertState(rawValue: state) ?? .open,
            portfolioID: try row.value(5), limitType: try row.value(6), ruleID: try row.value(7),
            message: try row.value(8), note: try row.value(9), time: Timestamp(nanoseconds: try row.value(10)))
    }

    static func alert(_ id: String, _ records: any RecordStore) async throws(StoreError) -> RiskAlert? {
        guard let row = try await records.query(
            Statement("SELECT \(columns) FROM risk_alerts WHERE id = $1", [.text(id)])).first else { return nil }
        return try alert(row)
    }

    /// Alerts of a portfolio that are not closed and not in a state yet: how many, and the time of the last.
    static func left(
        _ portfolio: String, _ state: RiskAlertState, _ records: any RecordStore
    ) async throws(StoreError) -> (count: Int, last: Int64) {
        guard let row = try await records.query(Statement(
            "SELECT COUNT(*), COALESCE(MAX(time), 0) FROM risk_alerts WHERE \(isLeft)",
            [.text(portfolio), .text(state.rawValue)])).first else { return (0, 0) }
        return (Int(try row.value(0) as Int64), try row.value(1))
    }

    /// Changes those of `left`, none that came after them.
    static func change(all portfolio: String, _ body: RiskAlertChange, until last: Int64) -> Statement {
        Statement("UPDATE risk_alerts SET state = $2, note = COALESCE($3, note) WHERE \(isLeft) AND time <= $4",
                  [.text(portfolio), .text(body.state.rawValue), body.note.map { .text($0) } ?? .null, .integer(last)])
    }

    private static let isLeft = "portfolio_id = $1 AND kind = 'alert' AND state <> 'closed' AND state <> $2"

    static func rules(_ records: any RecordStore) async throws(StoreError) -> [RiskAlert] {
        try await records.query(Statement("SELECT \(columns) FROM risk_alerts WHERE kind = 'rule' ORDER BY time, id"))
            .map { (row) throws(StoreError) -> RiskAlert in try alert(row) }
    }

    static func page(
        _ query: RiskAlertQuery, _ records: any RecordStore
    ) async throws -> (rows: [RiskAlert], next: String?) {
        var rows = try NewestRows(columns, of: "risk_alerts", by: "time", query.page)
        rows.only("kind", .text(query.kind.rawValue))
        rows.only("portfolio_id", query.portfolio.map { .text($0) })
        rows.only("severity", query.severity.map { .text($0.rawValue) })
        rows.only("state", query.state.map { .text($0.rawValue) })
        let page = try await rows.read(records)
        return (try page.rows.map { try alert($0) }, page.next)
    }
}
