import Glibc
import Market
import SeriesLMDB
import Store
import StoreSQLite
import Testing

/// Run in a process of its own, which is killed in the middle: these write until then and tell what was answered.
@Suite(.enabled(if: getenv("NAUTILUS_VICTIM") != nil, "started by the tests that kill it"))
struct KillVictims {
    private let folder = getenv("NAUTILUS_VICTIM").map { String(cString: $0) } ?? ""

    @Test func records() async throws { try await post(.full) }

    /// On the caller's thread, and not flushed to the disk.
    @Test func urgentRecords() async throws { try await post(.normal) }

    private func post(_ synchronous: SQLiteConfiguration.Synchronous) async throws {
        let configuration = SQLiteConfiguration(path: folder + "/a.sqlite", synchronous: synchronous)
        let store = try await SQLiteRecordStore.open(configuration)
        try await store.migrate([
            Migration(version: 1, name: "entries", statements: ["CREATE TABLE entries (id BIGINT PRIMARY KEY)"]),
        ])
        for index in 0..<1_000_000 {
            let ids = [2 * index + 1, 2 * index + 2]
            let entries = ids.map { Statement("INSERT INTO entries VALUES ($1)", values: $0) }
            if synchronous == .normal {
                try await store.urgentTransaction(entries)
            } else {
                try await store.transaction(entries)
            }
            tell(index + 1)
        }
    }

    /// Rounds of 5,000 rows whose value tells the round: appended, then the whole of it restated, with a late row.
    @Test func series() async throws {
        let store = try await LMDBSeriesStore.open(LMDBSeriesConfiguration(path: folder + "/series.lmdb"))
        for index in 0..<1_000_000 {
            let block = Self.block(index)
            try await store.write(Self.key, block, recordedAt: Timestamp(seconds: Int64(index)))
            tell(index + 1)
        }
    }

    /// A row more of each of some series, all in one write.
    @Test func together() async throws {
        let store = try await LMDBSeriesStore.open(LMDBSeriesConfiguration(path: folder + "/series.lmdb"))
        for index in 0..<1_000_000 {
            let rows = SeriesColumns(close: [Int64(index)])
            try await store.write(
                SeriesBatch(collection: Self.key.collection, names: Self.names, rows: Self.names.map { _ in rows }),
                recordedAt: Timestamp(seconds: Int64(index)))
            tell(index + 1)
        }
    }

    static let names = (0..<64).map { "s\($0)" }
    static let key = SeriesKey(collection: "kill", name: "victim")
    static let rows = 5_000

    /// Even writes append a block of rows, odd ones restate it and insert a row between its rows.
    static func block(_ index: Int) -> SeriesColumns {
        let start = Int64(index / 2) * Int64(rows) * 10
        var ts = (0..<Int64(rows)).map { start + $0 * 10 }
        if index % 2 == 1 { ts.insert(start + 5, at: 1) }
        let column = ts.map { _ in Double(index) }
        return SeriesColumns(ts: ts, names: ["a", "b"], values: [column, column])
    }

    private func tell(_ count: Int) {
        let line = Array("answered \(count)\n".utf8)
        _ = write(1, line, line.count)
    }
}
