import Store
import Testing

@Suite struct MigrationTests {
    private let second = Migration(version: 2, name: "notes", statements: ["CREATE TABLE notes (id BIGINT, text TEXT)"])

    @Test(arguments: RecordBackend.allCases)
    func runTwiceAppliesOnce(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            try await store.migrate([accounts])
            try await store.migrate([accounts, second])
            try await store.execute(Statement("INSERT INTO notes (id, text) VALUES (1, 'a')"))
            // An older process beside a newer one.
            try await store.migrate([accounts])
            let select = Statement("SELECT version, name FROM schema_migrations ORDER BY version")
            #expect(try await store.query(select).rows == [[1, "accounts"], [2, "notes"]])
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func aFailedListLeavesNothing(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            let broken = Migration(version: 2, name: "broken", statements: [
                "CREATE TABLE ok (id BIGINT)", "CREATE nonsense",
            ])
            let failed = await code { try await store.migrate([accounts, broken]) }
            #expect(failed == .invalidStatement)
            try await store.migrate([accounts, second])
            #expect(try await store.query(Statement("SELECT count(*) FROM accounts")).rows == [[0]])
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func aChangedOldOneIsRefused(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            let changed = Migration(version: 1, name: "accounts", statements: ["CREATE TABLE accounts (id BIGINT)"])
            let refused = await code { try await store.migrate([changed]) }
            #expect(refused == .migration)
        }
    }

    @Test func theListMustRise() {
        let first = Migration(version: 1, name: "a", statements: [])
        let second = Migration(version: 2, name: "b", statements: [])
        #expect(throws: StoreError.self) { try MigrationPlan([second, first], applied: [:], dialect: .sqlite) }
        #expect(throws: StoreError.self) { try MigrationPlan([first, first], applied: [:], dialect: .sqlite) }
        #expect(throws: StoreError.self) {
            try MigrationPlan([first, second], applied: [2: second.checksum(for: .sqlite)], dialect: .sqlite)
        }
    }

    @Test func aDialectMayHaveItsOwnStatements() {
        let migration = Migration(version: 1, name: "a", statements: ["x"], overrides: [.postgres: ["y"]])
        #expect(migration.statements(for: .sqlite) == ["x"])
        #expect(migration.statements(for: .postgres) == ["y"])
        #expect(migration.checksum(for: .sqlite) != migration.checksum(for: .postgres))
    }
}
