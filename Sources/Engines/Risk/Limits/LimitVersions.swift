import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

/// Every change of a limit, as it was then.
enum LimitVersions {
    static let migration = Migration(version: 21, name: "limit versions", statements: [
        """
        CREATE TABLE limit_versions (limit_id TEXT NOT NULL, version BIGINT NOT NULL, definition BYTEA NOT NULL,
            change TEXT NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (limit_id, version))
        """,
    ])

    /// The row of a change: created, changed, adjusted or removed; with both names where it took two people.
    static func insert(
        _ limit: Limit, _ change: String, at time: Timestamp, proposer: String? = nil, approver: String? = nil
    ) -> Statement {
        var json = JSONWriter()
        limit.write(to: &json)
        return Statement(
            """
            INSERT INTO limit_versions (limit_id, version, definition, change, time, proposed_by, approved_by)
            VALUES ($1, (SELECT COALESCE(MAX(version), 0) + 1 FROM limit_versions WHERE limit_id = $1), $2, $3, $4, $5,
                $6)
            """,
            [.text(limit.id), .blob(json.bytes), .text(change), .integer(time.nanoseconds),
             proposer.map { .text($0) } ?? .null, approver.map { .text($0) } ?? .null])
    }

    static func rows(_ id: String, _ records: any RecordStore) async throws(StoreError) -> ResultSet {
        try await records.query(Statement(
            """
            SELECT version, definition, change, time, proposed_by, approved_by FROM limit_versions WHERE limit_id = $1
            ORDER BY version DESC LIMIT 1000
            """, [.text(id)]))
    }
}

extension RiskEngine {
    /// What a limit was, change by change; a removed one too.
    var limitVersionsRoute: Route {
        .json(
            .get, "/api/v1/risk/limits/{limit_id}/versions", "Every change of a limit, newest first.",
            answer: """
                {"items":[{"version":2,"change":"changed","ts":"2026-01-02T03:04:05Z","proposed_by?":"anonymous ann",\
                "approved_by?":"anonymous bob","limit":{"id":"gross","portfolio_id?":"sample"}}]}
                """, errors: [404]) { [unowned self] (path: LimitPath, _: NoBody, _) in
            let rows = try await LimitVersions.rows(path.id, self.context.records)
            if rows.rows.isEmpty, !self.limits.contains(where: { $0.id == path.id }) {
                throw Problem.notFound("no limit \(path.id)")
            }
            var json = JSONWriter()
            json.beginObject()
            json.key("items")
            json.beginArray()
            for row in rows.records {
                let definition: [UInt8] = try row.value(1), version: Int64 = try row.value(0)
                json.beginObject()
                json.key("version")
                json.int(Int(version))
                json.key("change")
                json.string(try row.value(2))
                json.key("ts")
                json.time(Timestamp(nanoseconds: try row.value(3)))
                for (name, column) in [("proposed_by", 4), ("approved_by", 5)] {
                    let actor: String? = try row.value(column)
                    json.key(name)
                    if let actor { json.string(actor) } else { json.null() }
                }
                json.key("limit")
                json.raw(definition)
                json.endObject()
            }
            json.endArray()
            json.endObject()
            return JSONBody { [bytes = json.bytes] in $0.raw(bytes) }
        }
    }
}
