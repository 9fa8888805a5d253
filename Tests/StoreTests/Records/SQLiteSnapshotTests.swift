import Store
import StoreSQLite
import TestKit
import Testing

/// Copies of databases that are written to meanwhile.
@Suite struct SQLiteSnapshotTests {
    @Test func aSnapshotIsOfTheMomentItWasTaken() async throws {
        let folder = TemporaryFolder(), path = folder.path + "/a.sqlite", target = folder.path + "/copy.sqlite"
        let store = try await SQLiteRecordStore.open(SQLiteConfiguration(path: path))
        try await store.migrate([Migration(version: 1, name: "things", statements: [
            "CREATE TABLE things (id BIGINT PRIMARY KEY)"])])
        func add(_ id: Int64) async throws {
            try await store.execute(Statement("INSERT INTO things (id) VALUES ($1)", [.integer(id)]))
        }
        try await add(1)
        let snapshot = try SQLiteSnapshot(of: path)
        try await add(2)
        try snapshot.copy(to: target)
        // Nothing is written over.
        #expect(throws: StoreError.self) { try snapshot.copy(to: target) }
        snapshot.close()
        try await add(3)
        #expect(try SQLiteBackup.rows(of: target, "SELECT id FROM things ORDER BY id") == [["1"]])
        #expect(try SQLiteBackup.rows(of: target, "PRAGMA integrity_check") == [["ok"]])
        #expect(try await store.query(Statement("SELECT id FROM things")).rows.count == 3)
        await store.close()
        #expect(throws: StoreError.self) { try SQLiteSnapshot(of: folder.path + "/none.sqlite") }
    }
}
