@testable import EngineKit
import Glibc
import Risk
import Runtime
import Security
import Store
import StorePostgres
import StoreSQLite
import TestKit
import Testing

/// `nautilus audit verify`: what it prints, and how it exits.
@Suite struct AuditCommandTests {
    init() { EventLoop.runInBackground() }

    /// Five rows of a chain as the engine writes them; returns the hash of the last.
    private func fill(_ records: any RecordStore) async throws -> String {
        try await records.migrate([Outbox.migration] + RiskEngine.migrations)
        var link = AuditRow.Link.none
        for index in 1...5 {
            let entry = AuditEntry(
                engine: .risk, action: "limit.adjust", object: "limit/g", body: Array(#"{"step":\#(index)}"#.utf8))
            var row = AuditRow(id: "r\(index)", recorded: Int64(index), entry: entry)
            row.follow(link) { Digest.sha256($0) }
            link = row.link
            try await records.transaction([row.insert])
        }
        return link.hash
    }

    private func verify(_ arguments: [String], _ settings: [String: String]) throws -> (code: Int32?, text: String) {
        let child = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["audit", "verify"] + arguments, environment: PlatformFixture.environment(settings),
            output: .lines)
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        return (child.wait(), lines.joined(separator: "\n"))
    }

    private func check(_ records: any RecordStore, _ settings: [String: String], _ arguments: [String]) async throws {
        let head = try await fill(records)
        let whole = try verify(arguments + ["--head", head], settings)
        #expect(whole.code == 0 && whole.text.contains("5 rows follow each other; the head is \(head)"))
        #expect(whole.text.contains("that of row 5"))
        try await records.transaction([Statement("DELETE FROM audit_events WHERE sequence = 5")])
        let cut = try verify(arguments, settings)
        #expect(cut.code == 0 && cut.text.contains("4 rows"))
        let known = try verify(arguments + ["--head", head], settings)
        #expect(known.code == 1 && known.text.contains("BROKEN at row 5: no row has the hash \(head)"))
        try await records.transaction([Statement("UPDATE audit_events SET request = '{}' WHERE sequence = 2")])
        let edited = try verify(arguments + ["--json"], settings)
        #expect(edited.code == 1 && edited.text.contains(#""whole":false"#) && edited.text.contains(#""broken_row":2"#))
        await records.close()
    }

    @Test func theDataFolderIsLookedAt() async throws {
        let folder = TemporaryFolder()
        let missing = try verify(["--data-dir", folder.path], [:])
        #expect(missing.code == 66)
        #expect(mkdir(folder.path + "/risk", 0o755) == 0)
        let records = try await SQLiteRecordStore.open(SQLiteConfiguration(path: folder.path + "/risk/records.sqlite"))
        try await check(records, [:], ["--data-dir", folder.path])
    }

    @Test(.enabled(if: PostgresServer.programs != nil, "no PostgreSQL here"))
    func theDatabaseIsLookedAt() async throws {
        let server = try PostgresServer()
        let records = try await PostgresRecordStore.open(PostgresConfiguration(url: server.url, schema: "risk"))
        try await check(records, ["NAUTILUS_DATABASE_URL": server.url], [])
    }
}
