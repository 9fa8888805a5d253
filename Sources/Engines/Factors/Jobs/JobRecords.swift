import EngineKit
import Market
import Quant
import Store
import Wire

/// Jobs and what they have done so far. A block is written with the progress it makes, in one transaction.
enum JobRecords {
    static let migrations = [
        Migration(version: 2, name: "factor jobs", statements: [
            """
            CREATE TABLE factor_job (
                id TEXT PRIMARY KEY, created BIGINT NOT NULL, timeframe TEXT NOT NULL, symbols TEXT NOT NULL,
                as_of BIGINT, factors BYTEA NOT NULL, state TEXT NOT NULL, ts BIGINT, data_version TEXT NOT NULL,
                detail TEXT NOT NULL)
            """,
            """
            CREATE TABLE factor_job_block (
                job TEXT NOT NULL, block BIGINT NOT NULL, factors BIGINT NOT NULL, nulls BIGINT NOT NULL,
                failed BIGINT NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (job, block))
            """,
        ]),
        Migration(version: 3, name: "groups of factor jobs", statements: [
            "ALTER TABLE factor_job ADD COLUMN symbol_groups TEXT NOT NULL DEFAULT '[]'",
        ]),
        Outbox.byPosition(version: 4),
    ]

    private static let columns = "id, created, timeframe, symbols, as_of, factors, state, ts, data_version, detail, "
        + "symbol_groups"

    static func insert(_ job: FactorJob) -> Statement {
        Statement("INSERT INTO factor_job (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", [
            .text(job.id), .integer(job.created.nanoseconds), .text(job.timeframe.rawValue), .text(symbols(job)),
            job.asOf.map { .integer($0.nanoseconds) } ?? .null,
            .blob(Array(job.factors.joined(separator: "\n").utf8)), .text(job.state.rawValue),
            job.time.map { .integer($0.nanoseconds) } ?? .null, .text(job.dataVersion), .text(job.detail),
            .text(text(job.groups)),
        ])
    }

    /// Where a job is; its factors stay.
    static func update(_ job: FactorJob) -> Statement {
        Statement(
            "UPDATE factor_job SET symbols = $2, state = $3, ts = $4, data_version = $5, detail = $6 WHERE id = $1",
            [.text(job.id), .text(symbols(job)), .text(job.state.rawValue),
             job.time.map { .integer($0.nanoseconds) } ?? .null, .text(job.dataVersion), .text(job.detail)],
            expectedChanges: 1)
    }

    /// Groups as a JSON list of grouping, symbol and group.
    private static func text(_ groups: [Grouping: [String: String]]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for grouping in Grouping.allCases {
            for (symbol, group) in (groups[grouping] ?? [:]).sorted(by: { $0.key < $1.key }) {
                json.beginArray()
                for part in [grouping.rawValue, symbol, group] { json.string(part) }
                json.endArray()
            }
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func groups(_ text: String) throws -> [Grouping: [String: String]] {
        try JSONParser().withDocument(Array(text.utf8)) { root in
            var groups: [Grouping: [String: String]] = [:]
            root.forEachElement { item in
                var parts: [String] = []
                item.forEachElement { part in parts.append(part.string ?? "") }
                guard parts.count == 3, let grouping = Grouping(rawValue: parts[0]) else { return }
                groups[grouping, default: [:]][parts[1]] = parts[2]
            }
            return groups
        }
    }

    private static func symbols(_ job: FactorJob) -> String { job.symbols.map(\.text).joined(separator: " ") }

    static func insert(_ block: JobBlock, of job: String) -> Statement {
        Statement("INSERT INTO factor_job_block (job, block, factors, nulls, failed, bytes) VALUES ($1, $2, $3, $4, $5, $6)", [
            .text(job), .integer(Int64(block.number)), .integer(Int64(block.values.count)), .integer(Int64(block.empty)),
            .integer(Int64(block.failed)), .blob(block.bytes),
        ])
    }

    static func removeBlocks(of job: String) -> Statement {
        Statement("DELETE FROM factor_job_block WHERE job = $1", [.text(job)])
    }

    /// Every job, the oldest first.
    static func all(_ records: any RecordStore) async throws -> [FactorJob] {
        let rows = try await records.query(Statement("SELECT \(columns) FROM factor_job ORDER BY created, id"))
        let totals = try await records.query(Statement("""
            SELECT job, SUM(factors), SUM(nulls), SUM(failed) FROM factor_job_block GROUP BY job
            """))
        var sums: [String: [Int]] = [:]
        for row in totals.records {
            // PostgreSQL answers the sum of BIGINT as a numeric, which is read as text.
            sums[try row.value(0)] = try (1...3).map { column in
                if let text = try? row.value(column, as: String.self) { return Int(text) ?? 0 }
                return try row.value(column)
            }
        }
        return try rows.records.compactMap { row in
            guard var job = try job(row) else { return nil }
            if let found = sums[job.id] { (job.done, job.empty, job.failed) = (found[0], found[1], found[2]) }
            return job
        }
    }

    private static func job(_ row: ResultSet.Row) throws -> FactorJob? {
        guard let timeframe = Timeframe(rawValue: try row.value(2)),
              let state = FactorJob.State(rawValue: try row.value(6)) else { return nil }
        func time(_ column: Int) throws -> Timestamp? {
            try row.value(column, as: Int64?.self).map { Timestamp(nanoseconds: $0) }
        }
        let symbols = try row.value(3, as: String.self).split(separator: " ").compactMap { Symbol(String($0)) }
        let names = String(decoding: try row.value(5, as: [UInt8].self), as: UTF8.self)
        var job = FactorJob(
            id: try row.value(0), created: Timestamp(nanoseconds: try row.value(1)), timeframe: timeframe,
            symbols: symbols, asOf: try time(4), factors: names.split(separator: "\n").map(String.init))
        job.state = state
        job.time = try time(7)
        job.dataVersion = try row.value(8)
        job.detail = try row.value(9)
        job.groups = try groups(row.value(10))
        return job
    }

    /// Numbers of the blocks that are done.
    static func blocks(of job: String, _ records: any RecordStore) async throws -> Set<Int> {
        let rows = try await records.query(Statement("SELECT block FROM factor_job_block WHERE job = $1", [.text(job)]))
        return Set(try rows.records.map { try $0.value(0, as: Int.self) })
    }

    /// The values of one block, a list an instrument for each factor; nil where it is not done.
    static func values(of job: FactorJob, block: Int, _ records: any RecordStore) async throws -> [[Double]]? {
        let rows = try await records.query(Statement(
            "SELECT bytes FROM factor_job_block WHERE job = $1 AND block = $2",
            [.text(job.id), .integer(Int64(block))]))
        return try rows.first.map { JobBlock.values(try $0.value(0), instruments: job.symbols.count) }
    }
}

/// The values of some factors that follow each other.
struct JobBlock: Sendable {
    let number: Int
    /// By factor and instrument.
    let values: [[Double]]
    let failed: Int

    /// Factors without a single value that are known all the same.
    var empty: Int { values.count { $0.allSatisfy(\.isNaN) } - failed }

    /// Doubles one behind the other, the lowest byte first.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(values.count * (values.first?.count ?? 0) * 8)
        for value in values.lazy.flatMap({ $0 }) {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { out.append(contentsOf: $0) }
        }
        return out
    }

    static func values(_ bytes: [UInt8], instruments: Int) -> [[Double]] {
        guard instruments > 0 else { return [] }
        let flat = stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) })
        }
        return stride(from: 0, to: flat.count, by: instruments).map { Array(flat[$0..<min(flat.count, $0 + instruments)]) }
    }
}
