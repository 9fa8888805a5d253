import EngineKit
import HTTP
import Market
import Runtime
import Store

/// The gateway's tables, and its rows to and fro.
enum AlertRecords {
    /// The alert that is there from the beginning.
    static let firstID = "first-start"

    static let migrations: [Migration] = [
        Idempotency.migration(version: 2),
        Migration(version: 3, name: "system alerts", statements: [
            """
            CREATE TABLE system_alerts (
                position BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, severity TEXT NOT NULL,
                message TEXT NOT NULL, component TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
                created BIGINT NOT NULL, updated BIGINT NOT NULL)
            """,
        ]),
        AuditTrail.migration(version: 4),
        Outbox.byPosition(version: 5),
        Idempotency.byAge(version: 6),
        Outbox.lives(version: 7),
    ]

    private static let columns = "id, name, severity, message, component, state, note, created, updated, position"

    /// Notes the first start of a platform as an alert of its own.
    @LoopActor static func begin(_ context: EngineContext) async throws(StoreError) {
        let now = context.clock.now
        let first = Alert(id: firstID, name: "first start", severity: .info, message: "The platform's records were made.",
                          component: "gateway", created: now, updated: now)
        let found = try await context.records.query(
            Statement("SELECT id FROM system_alerts WHERE id = $1", [.text(firstID)]))
        if !found.rows.isEmpty { return }
        do throws(StoreError) {
            try await context.records.transaction([insert(first)])
        } catch where error.code == .constraint(.unique) {
            // Another gateway that starts at the same moment has noted it.
            return try await begin(context)
        }
    }

    static func insert(_ alert: Alert) -> Statement {
        Statement(
            """
            INSERT INTO system_alerts (position, \(columns.replacing(", position", with: "")))
            SELECT COALESCE(MAX(position), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM system_alerts
            """,
            [.text(alert.id), .text(alert.name), .text(alert.severity.rawValue), .text(alert.message),
             .text(alert.component), .text(alert.state.rawValue), .text(alert.note),
             .integer(alert.created.nanoseconds), .integer(alert.updated.nanoseconds)])
    }

    static func update(_ alert: Alert) -> Statement {
        Statement("UPDATE system_alerts SET state = $2, note = $3, updated = $4 WHERE id = $1",
                  [.text(alert.id), .text(alert.state.rawValue), .text(alert.note), .integer(alert.updated.nanoseconds)],
                  expectedChanges: 1)
    }

    static func find(_ id: String, _ records: any RecordStore) async throws(StoreError) -> Alert? {
        let found = try await records.query(Statement("SELECT \(columns) FROM system_alerts WHERE id = $1", [.text(id)]))
        return try found.first.map { (row) throws(StoreError) in try decode(row) }
    }

    /// A page of alerts, newest first, and the position that the next begins after; nil at the end.
    static func page(_ query: AlertQuery, before: Int64, _ records: any RecordStore) async throws(StoreError) -> ([Alert], Int64?) {
        var conditions = ["position < $1"], parameters: [SQLValue] = [.integer(before)]
        for (column, value) in [("severity", query.severity?.rawValue), ("state", query.state?.rawValue),
                                ("component", query.component)] {
            guard let value else { continue }
            parameters.append(.text(value))
            conditions.append("\(column) = $\(parameters.count)")
        }
        parameters.append(.integer(Int64(query.page.limit + 1)))
        let found = try await records.query(Statement(
            """
            SELECT \(columns) FROM system_alerts WHERE \(conditions.joined(separator: " AND "))
            ORDER BY position DESC LIMIT $\(parameters.count)
            """, parameters))
        let rows = found.records.prefix(query.page.limit)
        var alerts: [Alert] = []
        for row in rows { alerts.append(try decode(row)) }
        guard found.rows.count > rows.count, let last = rows.last else { return (alerts, nil) }
        return (alerts, try last.value(9))
    }

    private static func decode(_ row: ResultSet.Row) throws(StoreError) -> Alert {
        Alert(id: try row.value(0), name: try row.value(1),
              severity: AlertSeverity(rawValue: try row.value(2)) ?? .warning, message: try row.value(3),
              component: try row.value(4), state: AlertState(rawValue: try row.value(5)) ?? .open, note: try row.value(6),
              created: Timestamp(nanoseconds: try row.value(7)), updated: Timestamp(nanoseconds: try row.value(8)))
    }
}
