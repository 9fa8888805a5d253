import Foundation
import HTTP
import Runtime
import TestKit
import Testing

/// Backups of real processes under load, put back into a new platform.
@Suite(.serialized) struct BackupTests {
    private static let bars = "ts,open,high,low,close,volume\n2024-01-02T00:00:00Z,1,2,1,2,10\n2024-01-03T00:00:00Z,2,3,2,3,20\n"

    init() { EventLoop.runInBackground() }

    @Test(.timeLimit(.minutes(2))) @LoopActor func embeddedStoresComeBack() async throws {
        try await comesBack([:], [:])
    }

    @Test(.enabled(if: PostgresServer.programs != nil, "PostgreSQL is not installed"), .timeLimit(.minutes(2)))
    @LoopActor func databaseComesBack() async throws {
        let first = try PostgresServer(), second = try PostgresServer()
        try await comesBack(
            ["NAUTILUS_DATABASE_URL": first.url, "NAUTILUS_SERIES": "postgres"],
            ["NAUTILUS_DATABASE_URL": second.url, "NAUTILUS_SERIES": "postgres"])
    }

    @LoopActor private func comesBack(_ before: [String: String], _ after: [String: String]) async throws {
        let redis = try RedisServer(), other = try RedisServer()
        let day = try BadDay([.portfolio, .marketdata], before.merging(["NAUTILUS_REDIS_URL": redis.url]) { $1 })
        defer { day.end() }
        try day.start(.portfolio)
        try day.start(.marketdata)
        try #require(await day.ready(.portfolio))
        try #require(await day.ready(.marketdata))
        let imported = await day.ask(
            .marketdata, .post, "/market-data/import", query: "symbol=GOOG&timeframe=1d", Self.bars, type: "text/csv")
        try #require(imported?.status == 200 || imported?.status == 201, "\(imported?.text ?? "")")
        let clients = LedgerClients(day)
        try await clients.start(clients: 4)
        #expect(await day.eventually(20) { clients.acknowledged.count >= 50 })
        let acknowledged = clients.acknowledged
        let backup = day.folder.path + "/backup"
        let taken = try await manifest(day, ["backup", backup])
        #expect(clients.acknowledged.count >= acknowledged.count)
        await clients.stop()
        let twice = try await run(day, ["backup", backup])
        #expect(twice == 73)

        let new = try BadDay([.portfolio, .marketdata], after.merging(["NAUTILUS_REDIS_URL": other.url]) { $1 })
        defer { new.end() }
        let restored = try await manifest(new, ["restore", backup])
        #expect(restored["ledger_hash"] as? String == taken["ledger_hash"] as? String)
        // What was restored, backed up again, is the same ledger.
        let again = try await manifest(new, ["backup", new.folder.path + "/again"])
        #expect(again["ledger_hash"] as? String == taken["ledger_hash"] as? String)
        #expect(again["ledger_entries"] as? Int == taken["ledger_entries"] as? Int)
        #expect(try await run(new, ["restore", backup]) == 73)
        try new.start(.portfolio)
        try new.start(.marketdata)
        try #require(await new.ready(.portfolio))
        try #require(await new.ready(.marketdata))
        let booked = try await LedgerClients(new).booked()
        #expect(booked.values.allSatisfy { $0 == 1 })
        #expect(booked.count == taken["ledger_entries"] as? Int)
        #expect(acknowledged.keys.allSatisfy { booked[$0] == 1 })
        let stored = await new.ask(.marketdata, .get, "/api/v1/market-data/historical/bars",
                                   query: "symbol=GOOG&timeframe=1d")
        #expect(stored?.json["close"] as? [Double] == [2, 3])
        // Engines that run are not restored under.
        #expect(try await run(new, ["restore", backup, "--force"]) == 75)
        new.kill(.portfolio)
        new.kill(.marketdata)
        let forced = try await manifest(new, ["restore", backup, "--force"])
        #expect(forced["ledger_hash"] as? String == taken["ledger_hash"] as? String)
        try damage(backup)
        #expect(try await run(new, ["restore", backup, "--force"]) == 66)
        #expect(new.lines("err").last?.contains("damaged") == true)
    }

    /// Changes one byte of the first file the manifest names.
    private func damage(_ backup: String) throws {
        let file = ["/portfolio/records.sqlite", "/database.dump"].map { backup + $0 }
            .first { FileManager.default.fileExists(atPath: $0) }
        let path = try #require(file)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    @LoopActor private func run(_ day: BadDay, _ arguments: [String]) async throws -> Int32 {
        let child = try day.nautilus(arguments)
        // The loop must go on meanwhile: clients post.
        return await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: child.wait()) }
        }
    }

    @LoopActor private func manifest(_ day: BadDay, _ arguments: [String]) async throws -> [String: Any] {
        let code = try await run(day, arguments)
        try #require(code == 0, "\(arguments): \(day.lines("err"))")
        let line = try #require(day.lines().last)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
}
