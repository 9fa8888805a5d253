import Glibc
import Runtime
import Store
import StorePostgres
import Synchronization
import TestKit
import Testing

/// PostgreSQL absent, gone in the middle, and back.
@Suite struct PostgresBadDayTests {
    private func open(_ server: PostgresServer, _ schema: String) async throws -> PostgresRecordStore {
        EventLoop.runInBackground()
        return try await PostgresRecordStore.open(PostgresConfiguration(
            url: server.url, schema: schema, connectTimeoutMilliseconds: 2_000, backOffMilliseconds: 5...50))
    }

    /// Calls until it no longer says `.unavailable`; the store reconnects by itself meanwhile.
    private func whenBack<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        let clock = SystemClock()
        let deadline = clock.monotonic + 30_000_000_000
        while true {
            do {
                return try await body()
            } catch let error as StoreError where error.code == .unavailable && clock.monotonic < deadline {
                await clock.sleep(nanoseconds: 2_000_000)
            }
        }
    }

    @Test func absentAtStartThenThere() async throws {
        let server = try PostgresServer(started: false)
        let store = try await open(server, "late")
        #expect(store.isAvailable == false)
        let clock = SystemClock()
        let start = clock.monotonic
        for _ in 0..<20 {
            let away = await code { try await store.execute(Statement("SELECT 1")) }
            #expect(away == .unavailable)
        }
        // None of them waited for a connection to time out.
        #expect(clock.monotonic - start < 20 * 2_000_000_000)
        try server.start()
        try await whenBack { try await store.migrate([accounts]) }
        #expect(store.isAvailable)
        try await store.execute(insertAccount(1, "one"))
        await store.close()
    }

    /// What the server says, or that there is none: whoever reads the log must know what to mend.
    @Test(arguments: ["no_such_database", "no server"]) func theReasonIsTold(_ what: String) async throws {
        let server = try PostgresServer(started: what != "no server")
        EventLoop.runInBackground()
        var url = server.url
        if what != "no server" {
            let end = url.firstIndex(of: "?") ?? url.endIndex
            let slash = try #require(url[..<end].lastIndex(of: "/"))
            url.replaceSubrange(url.index(after: slash)..<end, with: what)
        }
        let store = try await PostgresRecordStore.open(PostgresConfiguration(url: url, schema: "s"))
        let reason = what == "no server" ? "refused" : #"database "no_such_database" does not exist"#
        do {
            try await store.execute(Statement("SELECT 1"))
            Issue.record("there is a database")
        } catch {
            #expect("\(error)".contains(reason), "\(error)")
        }
        await store.close()
    }

    @Test func stoppedAndKilledInTheMiddle() async throws {
        let server = try PostgresServer()
        let store = try await open(server, "middle")
        try await store.migrate([accounts])
        try await store.execute(insertAccount(1, "one"))
        server.stop()
        let away = await code { _ = try await store.query(Statement("SELECT 1")) }
        #expect(away == .unavailable)
        try server.start()
        let rows = try await whenBack { try await store.query(Statement("SELECT id FROM accounts")).rows }
        #expect(rows == [[1]])
        server.kill()
        try server.start()
        try await whenBack { _ = try await store.query(Statement("SELECT 1")) }
        try await store.execute(insertAccount(2, "two"))
        #expect(store.isAvailable)
        await store.close()
    }

    @Test func anUnknownOutcomeIsToldAsSuch() async throws {
        let server = try PostgresServer()
        let store = try await open(server, "unknown")
        try await store.migrate([accounts])
        async let outcome = code {
            try await store.transaction([insertAccount(1, "one"), Statement("SELECT pg_sleep(600)")])
        }
        try await killSleeper(store)
        let first = await outcome
        #expect(first == .outcomeUnknown)
        // A transaction that counts changes sends its COMMIT later: the same loss is known to have done nothing.
        let ended = Mutex(false)
        async let counted = code {
            defer { ended.withLock { $0 = true } }
            // A query: a transaction over a link that died unnoticed would itself have an unknown outcome.
            _ = try await whenBack { try await store.query(Statement("SELECT 1")) }
            try await store.transaction([
                Statement("INSERT INTO accounts (id, name) VALUES (2, 'two')", expectedChanges: 1),
                Statement("SELECT pg_sleep(600)"),
            ])
        }
        // The server may still be starting over: then the transaction ends by itself, and nobody sleeps.
        try await killSleeper(store) { ended.withLock { $0 } }
        let second = await counted
        #expect(second == .unavailable)
        let rows = try await whenBack { try await store.query(Statement("SELECT id FROM accounts")).rows }
        #expect(rows == [])
        await store.close()
    }

    /// Waits until a server process sleeps, and kills it: the link breaks without a word.
    private func killSleeper(_ store: PostgresRecordStore, unless isOver: () -> Bool = { false }) async throws {
        let sleeper = Statement("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        while !isOver() {
            let found = try await whenBack { try await store.query(sleeper).first }
            if let found {
                kill(Int32(try found.value(0, as: Int.self)), SIGKILL)
                return
            }
        }
    }

    @Test func aBackendThatIsTerminatedIsReplaced() async throws {
        let store = try await open(try .shared(), "terminated")
        try await store.migrate([accounts])
        let ended = await code {
            let end = Statement("SELECT pg_terminate_backend(pg_backend_pid())")
            try await store.transaction([insertAccount(1, "one"), end])
        }
        #expect(ended == .unavailable)
        let rows = try await whenBack { try await store.query(Statement("SELECT id FROM accounts")).rows }
        #expect(rows == [])
        await store.close()
    }

    @Test func manyMigrateAtOnce() async throws {
        let server = try PostgresServer.shared()
        let failures = await codes(8) {
            let store = try await open(server, "crowd")
            try await store.migrate([accounts])
            await store.close()
        }
        #expect(failures.allSatisfy { $0 == nil })
    }

    @Test func aSchemaThatChangesUnderAPreparedStatement() async throws {
        let server = try PostgresServer.shared()
        let (old, new) = (try await open(server, "changing"), try await open(server, "changing"))
        try await old.migrate([accounts])
        let select = Statement("SELECT * FROM accounts")
        _ = try await old.query(select)
        try await old.transaction([select])
        try await new.migrate([accounts, Migration(version: 2, name: "more", statements: [
            "ALTER TABLE accounts ADD COLUMN more BIGINT",
        ])])
        #expect(try await old.query(select).columns.count == 6)
        #expect(try await old.transaction([select])[0].columns.count == 6)
        await old.close()
        await new.close()
    }

    @Test func badConfigurationsAreRefused() async throws {
        let server = "postgresql://127.0.0.1"
        for (url, schema) in [("nonsense", "a"), (server, "a b"), (server, "1"), (server, "")] {
            let refused = await code {
                _ = try await PostgresRecordStore.open(PostgresConfiguration(url: url, schema: schema))
            }
            #expect(refused == .invalidInput)
        }
    }
}
