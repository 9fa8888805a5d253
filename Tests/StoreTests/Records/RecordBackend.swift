import Runtime
import Store
import StorePostgres
import StoreSQLite
import Synchronization
import TestKit
import Testing

/// The stores that must behave alike.
enum RecordBackend: String, CaseIterable, Sendable {
    case memory, sqlite, postgres

    private static let schemas = Atomic<Int>(0)

    /// Opens an empty store, runs the body, and closes it.
    func withStore(_ body: (any RecordStore) async throws -> Void) async throws {
        let folder = TemporaryFolder()
        let store = try await open(in: folder)
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func open(in folder: TemporaryFolder) async throws -> any RecordStore {
        switch self {
        case .memory:
            return try await SQLiteRecordStore.open(SQLiteConfiguration(path: ":memory:"))
        case .sqlite:
            return try await SQLiteRecordStore.open(SQLiteConfiguration(path: folder.path + "/engine.sqlite"))
        case .postgres:
            EventLoop.runInBackground()
            let number = Self.schemas.wrappingAdd(1, ordering: .relaxed).newValue
            return try await PostgresRecordStore.open(
                PostgresConfiguration(url: PostgresServer.shared().url, schema: "conformance_\(number)"))
        }
    }
}

/// A table for tests.
let accounts = Migration(version: 1, name: "accounts", statements: [
    """
    CREATE TABLE accounts (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, balance DOUBLE PRECISION, \
    payload BYTEA, version BIGINT NOT NULL DEFAULT 1, CHECK (balance >= 0))
    """,
    "CREATE TABLE entries (id BIGINT PRIMARY KEY, account BIGINT NOT NULL REFERENCES accounts (id))",
])

func insertAccount(_ id: Int64, _ name: String, balance: SQLValue = 0.0) -> Statement {
    Statement("INSERT INTO accounts (id, name, balance) VALUES ($1, $2, $3)", [.integer(id), .text(name), balance])
}

/// The code of the store error that `body` throws; nil where it throws none.
func code(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}

/// What `code` gives for `count` runs of the body at once.
func codes(_ count: Int, _ body: @escaping @Sendable () async throws -> Void) async -> [StoreError.Code?] {
    await withTaskGroup(of: StoreError.Code?.self) { group in
        for _ in 0..<count { group.addTask { await code(body) } }
        var found: [StoreError.Code?] = []
        for await code in group { found.append(code) }
        return found
    }
}
