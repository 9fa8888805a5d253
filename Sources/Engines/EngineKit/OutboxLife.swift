import Store

/// The lives of an engine's processes, counted in its database: each begins its outbox's positions with a number of its
/// own. Of a gateway several run at a time; of other engines two may for a moment, while one replaces the other.
enum OutboxLife {
    /// Positions of one life.
    static let span: Int64 = 1 << 40

    static func migration(version: Int) -> Migration {
        Migration(version: version, name: "outbox lives", statements: [
            "CREATE TABLE outbox_life (row BIGINT PRIMARY KEY, life BIGINT NOT NULL)",
            "INSERT INTO outbox_life (row, life) VALUES (1, 0)",
        ])
    }

    /// The position before the first of a new life.
    static func next(_ records: any RecordStore) async throws(StoreError) -> Int64 {
        let results = try await records.transaction([
            Statement("UPDATE outbox_life SET life = life + 1 WHERE row = 1", expectedChanges: 1),
            Statement("SELECT life FROM outbox_life WHERE row = 1"),
        ])
        return try results[1].first.map { (row) throws(StoreError) in try row.value(0, as: Int64.self) * span } ?? 0
    }
}
