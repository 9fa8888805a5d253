import HTTP
import Runtime
import TestKit
import Testing

/// The ledger under fire: what it acknowledged is there, once.
@Suite(.serialized) struct LedgerBadDayTests {
    init() { EventLoop.runInBackground() }

    @Test(.timeLimit(.minutes(2))) @LoopActor func killedLedgerOnSQLiteKeepsWhatItAcknowledged() async throws {
        let redis = try RedisServer()
        try await killThrice(BadDay([.portfolio], ["NAUTILUS_REDIS_URL": redis.url]))
    }

    @Test(.enabled(if: PostgresServer.programs != nil, "PostgreSQL is not installed"), .timeLimit(.minutes(2)))
    @LoopActor func killedLedgerOnPostgreSQLKeepsWhatItAcknowledged() async throws {
        let redis = try RedisServer(), database = try PostgresServer()
        try await killThrice(BadDay([.portfolio], [
            "NAUTILUS_REDIS_URL": redis.url, "NAUTILUS_DATABASE_URL": database.url,
        ]))
    }

    @LoopActor private func killThrice(_ day: BadDay) async throws {
        defer { day.end() }
        try day.start(.portfolio)
        try #require(await day.ready(.portfolio))
        let clients = LedgerClients(day)
        try await clients.start(clients: 8)
        for round in 1...3 {
            #expect(await day.eventually(20) { clients.acknowledged.count >= 60 * round })
            day.kill(.portfolio)
            try day.start(.portfolio)
            #expect(await day.ready(.portfolio))
        }
        #expect(await day.eventually(20) { clients.acknowledged.count >= 240 })
        await clients.stop()
        #expect(!clients.unanswered.isEmpty, "no request was under way when the ledger was killed")
        try await clients.check()
    }

    @Test(.enabled(if: PostgresServer.programs != nil, "PostgreSQL is not installed"), .timeLimit(.minutes(2)))
    @LoopActor func databaseComesLateAndGoesAndComesBack() async throws {
        let redis = try RedisServer(), database = try PostgresServer(started: false)
        let day = try BadDay([.portfolio], ["NAUTILUS_REDIS_URL": redis.url, "NAUTILUS_DATABASE_URL": database.url])
        defer { day.end() }
        try day.start(.portfolio)
        #expect(await day.eventually(10) { await day.ask(.portfolio, .get, "/health") != nil })
        let health = try #require(await day.ask(.portfolio, .get, "/health"))
        #expect(health.status == 200)
        #expect(health.json["status"] as? String == "degraded")
        let readiness = try #require(await day.ask(.portfolio, .get, "/health/ready"))
        #expect(readiness.status == 503)
        #expect(readiness.text.contains("records"), "\(readiness.text)")
        try database.start()
        try #require(await day.ready(.portfolio))
        let clients = LedgerClients(day)
        try await clients.start(clients: 8)
        for round in 1...3 {
            #expect(await day.eventually(20) { clients.acknowledged.count >= 60 * round })
            if round == 2 { database.kill() } else { database.stop() }
            try database.start()
            #expect(await day.ready(.portfolio))
        }
        #expect(await day.eventually(20) { clients.acknowledged.count >= 240 })
        await clients.stop()
        try await clients.check()
        // What it has in memory is what it finds in the database.
        let before = try await clients.booked()
        day.kill(.portfolio)
        try day.start(.portfolio)
        #expect(await day.ready(.portfolio))
        #expect(try await clients.booked() == before)
    }
}
