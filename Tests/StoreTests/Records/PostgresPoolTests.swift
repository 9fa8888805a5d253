import Runtime
import Store
@testable import StorePostgres
import TestKit
import Testing

/// How many connections there are.
@Suite struct PostgresPoolTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func sparesGoAndTheKeptStay() async throws {
        let server = try PostgresServer.shared()
        let pool = PostgresPool(
            PostgresConfiguration(url: server.url, schema: "pool", connections: 4, kept: 2), clock: SystemClock())
        await pool.start()
        var lent: [PostgresConnection] = []
        for _ in 0..<4 { lent.append(try await pool.take()) }
        #expect(pool.count == 4)
        for connection in lent { pool.give(connection) }
        // The first look begins when there are more than are kept; what was of use since stays until the next.
        let used = try await pool.take()
        pool.trim()
        #expect(pool.count > 2)
        pool.give(used)
        for _ in 0..<4 { pool.trim() }
        #expect(pool.count == 2)
        pool.trim()
        #expect(pool.count == 2)
        let again = try await pool.take()
        #expect(again.isAlive)
        pool.give(again)
        await pool.close()
    }

    @Test func theDefaultProfileFitsAllServices() throws {
        let named = try Configuration(environment: [:]).text("DATABASE_PROFILE")
        let profile = try #require(PostgresProfile(rawValue: named))
        // Three of 200 are kept for the superuser; the series have four.
        #expect(EngineName.allCases.count * profile.connections.upperBound + 4 <= 197)
        #expect(PostgresProfile.allCases.map(\.timeoutMilliseconds) == [30_000, 60_000, 120_000])
        let configuration = PostgresConfiguration(url: "postgresql://h", schema: "risk", profile: .throughput)
        #expect(configuration.kept == 10 && configuration.connections == 50)
        #expect(configuration.waitMilliseconds == 30_000 && configuration.statementTimeoutMilliseconds == 30_000)
    }

    @Test func aStatementThatRunsTooLongIsEnded() async throws {
        let store = try await PostgresRecordStore.open(PostgresConfiguration(
            url: PostgresServer.shared().url, schema: "slow", statementTimeoutMilliseconds: 20))
        let ended = await code { _ = try await store.query(Statement("SELECT pg_sleep(600)")) }
        #expect(ended == .busy)
        #expect(try await store.query(Statement("SELECT 1")).rows == [[1]])
        await store.close()
    }
}
