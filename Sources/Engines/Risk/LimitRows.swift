import HTTP
import Runtime
import Store
import Wire

/// Stored limits, read by the same declaration that reads a request's.
enum LimitRows {
    /// 0 is a version that was not noted.
    static let versions = Migration(version: 88, name: "limits by version", statements: [
        "ALTER TABLE limits ADD COLUMN version BIGINT NOT NULL DEFAULT 0",
    ])

    @LoopActor static func decode(_ rows: ResultSet) throws -> [Limit] {
        try rows.records.map { row in
            try decode(try row.value(0))
        }
    }

    @LoopActor static func decode(_ bytes: [UInt8]) throws -> Limit {
        try Route.body(Limit.self, Request(method: .post, path: "/", body: bytes))
    }

    /// Writes a new limit, after all others also where one before was removed; fails where there is one of its id.
    static func insert(_ limit: Limit) -> Statement {
        Statement(
            """
            INSERT INTO limits (id, definition, version, position)
            VALUES ($1, $2, $3, (SELECT COALESCE(MAX(position) + 1, 0) FROM limits))
            """, [.text(limit.id), .blob(definition(limit)), .integer(Int64(limit.version))])
    }

    /// Writes a limit in place of one of that version, or an older one as builds before write none; the whole
    /// transaction fails where it is no longer there.
    static func update(_ limit: Limit, from version: Int) -> Statement {
        Statement(
            "UPDATE limits SET definition = $2, version = $3 WHERE id = $1 AND version <= $4",
            [.text(limit.id), .blob(definition(limit)), .integer(Int64(limit.version)), .integer(Int64(version))],
            expectedChanges: 1)
    }

    /// The same for one that goes.
    static func delete(_ limit: Limit) -> Statement {
        Statement(
            "DELETE FROM limits WHERE id = $1 AND version <= $2",
            [.text(limit.id), .integer(Int64(limit.version))], expectedChanges: 1)
    }

    private static func definition(_ limit: Limit) -> [UInt8] {
        var json = JSONWriter()
        limit.write(to: &json)
        return json.bytes
    }
}
