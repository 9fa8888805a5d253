import Glibc
import Store
@testable import StoreSQLite
import TestKit
import Testing

/// What a killed process leaves: the files as they lie after each commit, copied and opened anew.
@Suite struct SQLiteLogFileTests {
    private static let content = Statement("SELECT count(*), COALESCE(sum(id * length(text) + version), 0) FROM notes")

    /// A cache of ten pages that spills has long transactions written before they commit, and their pages written over.
    @Test(arguments: [SQLiteConfiguration.Synchronous.normal, .full], [10, 2_000])
    func aCopyOfTheFilesHoldsEveryCommit(_ synchronous: SQLiteConfiguration.Synchronous, _ cachedPages: Int) throws {
        let folder = TemporaryFolder()
        let configuration = SQLiteConfiguration(path: folder.path + "/a.sqlite", synchronous: synchronous)
        let writer = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: false)
        let reader = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: true)
        try writer.execute("PRAGMA cache_size = \(cachedPages)")
        try writer.execute("PRAGMA cache_spill = ON")
        try writer.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, version INTEGER NOT NULL)")
        var generator = SeededGenerator(seed: UInt64(cachedPages)), rows: Int64 = 0
        for round in 0..<60 {
            try writer.execute("BEGIN IMMEDIATE")
            let before = rows
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                try change(writer, &rows, &generator)
            }
            let commits = round % 7 != 3
            try writer.execute(commits ? "COMMIT" : "ROLLBACK")
            if !commits { rows = before }
            let held = try writer.run(Self.content).rows
            #expect(held[0][0] == .integer(rows))
            #expect(try reader.run(Self.content).rows == held)
            #expect(try copied(configuration, to: folder.path + "/copy-\(round)") == held)
            // The log begins anew with the next transaction.
            if round % 10 == 9 { writer.checkpoint() }
        }
        reader.close()
        writer.close()
    }

    /// What a transaction wrote before it was rolled back must not come over what another process commits there.
    @Test(arguments: 1...12) func whatWasRolledBackStaysAway(_ rowsRolledBack: Int) throws {
        let folder = TemporaryFolder()
        let configuration = SQLiteConfiguration(path: folder.path + "/a.sqlite")
        let writer = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: false)
        let other = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: false)
        try writer.execute("PRAGMA cache_size = 3")
        try writer.execute("PRAGMA cache_spill = ON")
        try writer.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, version INTEGER NOT NULL)")
        for _ in 0..<5 {
            var undone: Int64 = 1_000, kept = try count(other)
            // Now all pages are read from the database's file, none from the log.
            other.checkpoint()
            try writer.execute("BEGIN IMMEDIATE")
            for _ in 0..<rowsRolledBack { try add(writer, &undone, length: 3_000) }
            try writer.execute("ROLLBACK")
            for _ in 0..<3 { try add(other, &kept, length: 3_000) }
            #expect(try count(writer) == kept)
            try add(writer, &kept, length: 3_000)
            #expect(try count(other) == kept)
            let copy = try copied(configuration, to: folder.path + "/copy-\(kept)")
            #expect(copy[0][0] == .integer(kept))
        }
        writer.close()
        other.close()
    }

    /// A member of a group that is undone, larger than the cache and with pages written twice, takes nothing with it.
    @Test(arguments: [SQLiteConfiguration.Synchronous.normal, .full])
    func whatFollowsAnUndoneMemberIsRecovered(_ synchronous: SQLiteConfiguration.Synchronous) throws {
        let folder = TemporaryFolder()
        let configuration = SQLiteConfiguration(path: folder.path + "/a.sqlite", synchronous: synchronous)
        let writer = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: false)
        defer { writer.close() }
        try writer.execute("PRAGMA cache_size = 10")
        try writer.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, version INTEGER NOT NULL)")
        var kept: Int64 = 0
        for round in 0..<3 {
            try writer.execute("BEGIN IMMEDIATE")
            try add(writer, &kept, length: 100)
            try writer.execute("SAVEPOINT member")
            var undone: Int64 = 1_000
            for _ in 0..<40 { try add(writer, &undone, length: 3_000) }
            for _ in 0..<3 { _ = try writer.run(Statement("UPDATE notes SET version = version + 1")) }
            try writer.execute("ROLLBACK TO member")
            try writer.execute("RELEASE member")
            try writer.execute("COMMIT")
            try add(writer, &kept, length: 100)
            let copy = try copied(configuration, to: folder.path + "/copy-\(round)")
            #expect(copy[0][0] == .integer(kept))
        }
    }

    private func count(_ connection: SQLiteConnection) throws -> Int64 {
        try #require(Int64(sqlValue: connection.run(Self.content).rows[0][0]))
    }

    @Test(.enabled(if: Self.writes != nil, "the kernel counts no system calls"))
    func aCommitIsOneWrite() throws {
        let folder = TemporaryFolder()
        let configuration = SQLiteConfiguration(path: folder.path + "/a.sqlite")
        let writer = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: false)
        defer { writer.close() }
        try writer.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, version INTEGER NOT NULL)")
        var rows: Int64 = 0
        for _ in 0..<20 {
            let before = try #require(Self.writes)
            try writer.execute("BEGIN IMMEDIATE")
            for _ in 0..<5 { try add(writer, &rows, length: 2_000) }
            try writer.execute("COMMIT")
            #expect(Self.writes == before + 1)
        }
        #expect(try writer.run(Self.content).rows[0][0] == .integer(100))
    }

    /// How often this thread has written to a file; nil where it is not counted.
    private static var writes: Int? {
        guard let file = fopen("/proc/thread-self/io", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 100)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("syscw: ") { return Int(text.dropFirst(7)) }
        }
        return nil
    }

    /// Adds a row, or writes every row again, all pages one after another.
    private func change(
        _ writer: SQLiteConnection, _ rows: inout Int64, _ generator: inout SeededGenerator
    ) throws(StoreError) {
        if Int.random(in: 0..<4, using: &generator) == 0 {
            _ = try writer.run(Statement("UPDATE notes SET version = version + 1"))
            return
        }
        try add(writer, &rows, length: Int.random(in: 1...3_000, using: &generator))
    }

    private func add(_ writer: SQLiteConnection, _ rows: inout Int64, length: Int) throws(StoreError) {
        rows += 1
        _ = try writer.run(Statement(
            "INSERT INTO notes (id, text, version) VALUES ($1, $2, 0)",
            [.integer(rows), .text(String(repeating: "x", count: length))]))
    }

    /// What a copy of the file and its log holds, as SQLite recovers it.
    private func copied(_ configuration: SQLiteConfiguration, to path: String) throws -> [[SQLValue]] {
        for suffix in ["", "-wal"] { try copy(configuration.path + suffix, to: path + suffix) }
        let connection = try SQLiteConnection(
            path: path, configuration: SQLiteConfiguration(path: path), readOnly: false)
        defer { connection.close() }
        #expect(try connection.run(Statement("PRAGMA integrity_check")).rows == [[.text("ok")]])
        return try connection.run(Self.content).rows
    }

    private func copy(_ source: String, to target: String) throws {
        let from = open(source, O_RDONLY), to = open(target, O_WRONLY | O_CREAT, 0o600)
        defer {
            close(from)
            close(to)
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(from, &buffer, buffer.count), count > 0 {
            try #require(write(to, buffer, count) == count)
        }
    }
}
