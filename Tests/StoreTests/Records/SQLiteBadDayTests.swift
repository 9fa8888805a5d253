import Glibc
import Store
import StoreSQLite
import Synchronization
import TestKit
import Testing

/// What SQLite's store does when the world is not as it should be.
@Suite struct SQLiteBadDayTests {
    private let note = Statement("INSERT INTO notes (text) VALUES ($1)", [.text(String(repeating: "x", count: 5_000))])
    private let notes = Migration(version: 1, name: "notes", statements: ["CREATE TABLE notes (text TEXT)"])

    @Test func twoStoresMigrateOneFileAtOnce() async throws {
        let folder = TemporaryFolder()
        let configuration = SQLiteConfiguration(path: folder.path + "/engine.sqlite")
        let failures = await codes(8) {
            let store = try await SQLiteRecordStore.open(configuration)
            try await store.migrate([accounts])
            await store.close()
        }
        #expect(failures.compactMap { $0 } == [])
    }

    /// Without checkpoints the log would hold all 100 MB; it begins anew after 16,384 pages and one transaction at most.
    @Test func aLogDoesNotGrowWithoutEnd() async throws {
        let folder = TemporaryFolder(), path = folder.path + "/a.sqlite"
        let store = try await SQLiteRecordStore.open(SQLiteConfiguration(path: path))
        try await store.migrate([Migration(version: 1, name: "blobs", statements: ["CREATE TABLE blobs (data BYTEA)"])])
        let blob = Statement("INSERT INTO blobs (data) VALUES ($1)", [.blob([UInt8](repeating: 7, count: 1 << 20))])
        for _ in 0..<100 { try await store.execute(blob) }
        var log = stat()
        #expect(stat(path + "-wal", &log) == 0)
        #expect(log.st_size < 17_000 * 4_120)
        #expect(try await store.query(Statement("SELECT count(*), sum(length(data)) FROM blobs")).rows
            == [[.integer(100), .integer(100 << 20)]])
        await store.close()
    }

    /// What is written to a file without a name is lost with the process: it is refused, and told while nobody writes.
    @Test(arguments: [SQLiteConfiguration.Synchronous.full, .normal])
    func aFileThatWasTakenAwayIsNotWrittenTo(_ synchronous: SQLiteConfiguration.Synchronous) async throws {
        let folder = TemporaryFolder(), path = folder.path + "/own/a.sqlite"
        mkdir(folder.path + "/own", 0o700)
        let store = try await SQLiteRecordStore.open(SQLiteConfiguration(path: path, synchronous: synchronous))
        try await store.migrate([notes])
        try await store.execute(note)
        #expect(rename(folder.path + "/own", folder.path + "/away") == 0)
        #expect(store.isAvailable == false)
        mkdir(folder.path + "/own", 0o700)
        close(creat(path, 0o600))
        await #expect(throws: StoreError.self) { try await store.execute(note) }
        await #expect(throws: StoreError.self) { try await store.urgentTransaction([note]) }
        #expect(await codes(3) { try await store.execute(note) } == [.io, .io, .io])
        #expect(store.isAvailable == false)
        // Where it is put back nothing is lost.
        unlink(path)
        rmdir(folder.path + "/own")
        #expect(rename(folder.path + "/away", folder.path + "/own") == 0)
        try await store.urgentTransaction([note])
        #expect(store.isAvailable)
        #expect(try await store.query(Statement("SELECT count(*) FROM notes")).rows == [[.integer(2)]])
        await store.close()
    }

    @Test func aFullFileFailsAloneAndIsUsableAfterwards() async throws {
        let folder = TemporaryFolder()
        let configuration = SQLiteConfiguration(path: folder.path + "/a.sqlite", pageLimit: 20)
        let store = try await SQLiteRecordStore.open(configuration)
        try await store.migrate([notes])
        let codes = await codes(40) { try await store.execute(note) }
        let kept = codes.count { $0 == nil }
        #expect(kept > 0 && kept < 20)
        #expect(codes.allSatisfy { $0 == nil || $0 == .diskFull })
        #expect(store.isAvailable == false)
        #expect(try await store.query(Statement("SELECT count(*) FROM notes")).rows == [[.integer(Int64(kept))]])
        try await store.execute(Statement("DELETE FROM notes"))
        #expect(store.isAvailable)
        await store.close()
    }

    @Test(
        .enabled(if: TemporaryMount.isPossible, "needs the right to mount"),
        arguments: [SQLiteConfiguration.Synchronous.full, .normal])
    func aFullDeviceFailsAndRecovers(_ synchronous: SQLiteConfiguration.Synchronous) async throws {
        let mount = try TemporaryMount(kilobytes: 512)
        let configuration = SQLiteConfiguration(path: mount.path + "/a.sqlite", synchronous: synchronous)
        let store = try await SQLiteRecordStore.open(configuration)
        try await store.migrate([notes])
        var kept: Int64 = 0
        var failure: StoreError.Code?
        while failure == nil && kept < 1_000 {
            failure = await code { try await store.execute(note) }
            if failure == nil { kept += 1 }
        }
        #expect(failure == .diskFull)
        #expect(try await store.query(Statement("SELECT count(*) FROM notes")).rows == [[.integer(kept)]])
        try mount.resize(kilobytes: 8_192)
        try await store.execute(note)
        #expect(store.isAvailable)
        await store.close()
    }

    @Test(.enabled(if: TemporaryMount.isPossible, "needs the right to mount"))
    func aReadOnlyFolderIsToldSo() async throws {
        let mount = try TemporaryMount(kilobytes: 512)
        try mount.makeReadOnly()
        let fresh = await code {
            _ = try await SQLiteRecordStore.open(SQLiteConfiguration(path: mount.path + "/a.sqlite"))
        }
        #expect(fresh == .readOnly)
        let lock = await code { _ = try DataFolderLock(folder: mount.path) }
        #expect(lock == .readOnly)
    }

    @Test func filesThatAreNoDatabasesAreToldSo() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/a.sqlite"
        let file = try #require(fopen(path, "w"))
        fputs(String(repeating: "this is not a database\n", count: 100), file)
        fclose(file)
        let damaged = await code { _ = try await SQLiteRecordStore.open(SQLiteConfiguration(path: path)) }
        #expect(damaged == .corrupted)
        let nowhere = await code {
            _ = try await SQLiteRecordStore.open(SQLiteConfiguration(path: folder.path + "/none/a.sqlite"))
        }
        #expect(nowhere == .notFound)
    }

    @Test func aFullQueueRefusesAtOnce() async throws {
        let store = try await SQLiteRecordStore.open(SQLiteConfiguration(path: ":memory:", queueCapacity: 2))
        try await store.migrate([notes])
        // Slow enough that the queue fills behind it.
        let slow = Statement("""
            INSERT INTO notes WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
            SELECT count(*) FROM n
            """)
        let codes = await codes(50) { try await store.execute(slow) }
        #expect(codes.contains(.busy))
        #expect(codes.allSatisfy { $0 == nil || $0 == .busy })
        await store.close()
    }

    @Test func aSecondSupervisorIsRefused() async throws {
        let folder = TemporaryFolder()
        do {
            let lock = try DataFolderLock(folder: folder.path)
            let second = await code { _ = try DataFolderLock(folder: folder.path) }
            #expect(second == .locked)
            _ = lock
        }
        _ = try DataFolderLock(folder: folder.path)
    }

    @Test(arguments: 1...4, ["records", "urgentRecords"])
    func whatWasAnsweredSurvivesAKill(_ round: Int, _ victim: String) async throws {
        let folder = TemporaryFolder()
        let environment = ["NAUTILUS_VICTIM": folder.path]
        let child = try ChildProcess.test("StoreTests.KillVictims/\(victim)", environment: environment)
        var answered = 0
        while answered < 40 * round, let line = child.readLine() {
            if line.hasPrefix("answered ") { answered = Int(line.dropFirst(9)) ?? 0 }
        }
        child.signal(SIGKILL)
        while let line = child.readLine() {
            if line.hasPrefix("answered ") { answered = Int(line.dropFirst(9)) ?? 0 }
        }
        child.wait()
        #expect(answered >= 40 * round)
        let store = try await SQLiteRecordStore.open(SQLiteConfiguration(path: folder.path + "/a.sqlite"))
        let rows = try await store.query(Statement(
            "SELECT count(*), count(DISTINCT id), max(id) FROM entries")).rows
        // Each transaction posted two entries; all answered ones are there, once, and none is half there.
        let count = try #require(Int(sqlValue: rows[0][0]))
        #expect(count >= 2 * answered && count % 2 == 0 && rows[0][1] == rows[0][0])
        #expect(rows[0][2] == .integer(Int64(count)))
        await store.close()
    }
}
