import EngineKit
import Market
import Quant
import Store
import Wire

/// Jobs, how far they are, and what their runs were made of. The values of a block are in the series store before the
/// block is written here as done; values without a date, and those of builds before, lie here themselves.
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
        // A block of run 0 bears its values; others bear a digest of each expression, and the series store the values.
        Migration(version: 5, name: "factor values in the series store", statements: [
            "ALTER TABLE factor_job ADD COLUMN universe TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE factor_job ADD COLUMN run BIGINT NOT NULL DEFAULT 0",
            "ALTER TABLE factor_job_block ADD COLUMN run BIGINT NOT NULL DEFAULT 0",
            """
            CREATE TABLE factor_run (
                number BIGINT PRIMARY KEY, job TEXT NOT NULL, data_version TEXT NOT NULL, ts BIGINT NOT NULL,
                symbols TEXT NOT NULL)
            """,
        ]),
        Idempotency.migration(version: 6),
        Idempotency.byAge(version: 7),
        Outbox.lives(version: 8),
    ]

    private static let columns = "id, created, timeframe, symbols, as_of, factors, state, ts, data_version, detail, "
        + "symbol_groups, universe, run"

    static func insert(_ job: FactorJob) -> Statement {
        let places = (1...13).map { "$\($0)" }.joined(separator: ", ")
        return Statement("INSERT INTO factor_job (\(columns)) VALUES (\(places))", [
            .text(job.id), .integer(job.created.nanoseconds), .text(job.timeframe.rawValue), .text(text(job.symbols)),
            job.asOf.map { .integer($0.nanoseconds) } ?? .null,
            .blob(bytes(job.factors)), .text(job.state.rawValue),
            job.time.map { .integer($0.nanoseconds) } ?? .null, .text(job.dataVersion), .text(job.detail),
            .text(text(job.groups)), .text(job.universe), .integer(Int64(job.run)),
        ])
    }

    /// Where a job is; its factors stay.
    static func update(_ job: FactorJob) -> Statement {
        Statement(
            """
            UPDATE factor_job SET symbols = $2, state = $3, ts = $4, data_version = $5, detail = $6, run = $7 WHERE id = $1
            """,
            [.text(job.id), .text(text(job.symbols)), .text(job.state.rawValue),
             job.time.map { .integer($0.nanoseconds) } ?? .null, .text(job.dataVersion), .text(job.detail),
             .integer(Int64(job.run))],
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

    /// Factors as a JSON list: an expression may have line breaks.
    private static func bytes(_ factors: [String]) -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for factor in factors { json.string(factor) }
        json.endArray()
        return json.bytes
    }

    /// Builds before wrote one a line. None of theirs begins with a bracket.
    private static func factors(_ bytes: [UInt8]) throws -> [String] {
        guard bytes.first == UInt8(ascii: "[") else {
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        return try JSONParser().withDocument(bytes) { root in
            var factors: [String] = []
            root.forEachElement { factors.append($0.string ?? "") }
            return factors
        }
    }

    private static func text(_ symbols: [Symbol]) -> String { symbols.map(\.text).joined(separator: " ") }

    private static func symbols(_ text: String) -> [Symbol] {
        text.split(separator: " ").compactMap { Symbol(String($0)) }
    }

    /// A block that is done. With run 0 its values are written here.
    static func insert(_ block: JobBlock, of job: String, run: Int) -> Statement {
        Statement(
            """
            INSERT INTO factor_job_block (job, block, factors, nulls, failed, bytes, run)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, [
                .text(job), .integer(Int64(block.number)), .integer(Int64(block.values.count)),
                .integer(Int64(block.empty)), .integer(Int64(block.failed)),
                .blob(run == 0 ? block.bytes : block.digests), .integer(Int64(run)),
            ])
    }

    static func insert(_ run: JobRun) -> Statement {
        Statement("INSERT INTO factor_run (number, job, data_version, ts, symbols) VALUES ($1, $2, $3, $4, $5)", [
            .integer(Int64(run.number)), .text(run.job), .text(run.dataVersion), .integer(run.time.nanoseconds),
            .text(text(run.symbols)),
        ])
    }

    /// The run of a number; nil where it is not known.
    static func run(_ number: Int, _ records: any RecordStore) async throws -> JobRun? {
        let rows = try await records.query(Statement(
            "SELECT job, data_version, ts, symbols FROM factor_run WHERE number = $1", [.integer(Int64(number))]))
        return try rows.first.map { row in
            JobRun(number: number, job: try row.value(0), dataVersion: try row.value(1),
                      time: Timestamp(nanoseconds: try row.value(2)), symbols: symbols(try row.value(3)))
        }
    }

    /// The greatest number of a run; 0 where there is none.
    static func lastRun(_ records: any RecordStore) async throws -> Int {
        let rows = try await records.query(Statement("SELECT COALESCE(MAX(number), 0) FROM factor_run"))
        return try rows.first?.value(0, as: Int.self) ?? 0
    }

    static func removeBlocks(of job: String) -> Statement {
        Statement("DELETE FROM factor_job_block WHERE job = $1", [.text(job)])
    }

    /// Every job, the oldest first. One of a build that knew no universes is given its own.
    static func all(_ records: any RecordStore, digest: ([UInt8]) -> [UInt8]) async throws -> [FactorJob] {
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
            guard var job = try job(row, digest) else { return nil }
            if let found = sums[job.id] { (job.done, job.empty, job.failed) = (found[0], found[1], found[2]) }
            return job
        }
    }

    private static func job(_ row: ResultSet.Row, _ digest: ([UInt8]) -> [UInt8]) throws -> FactorJob? {
        guard let timeframe = Timeframe(rawValue: try row.value(2)),
              let state = FactorJob.State(rawValue: try row.value(6)) else { return nil }
        func time(_ column: Int) throws -> Timestamp? {
            try row.value(column, as: Int64?.self).map { Timestamp(nanoseconds: $0) }
        }
        let symbols = symbols(try row.value(3)), groups = try groups(row.value(10))
        let universe = try row.value(11, as: String.self)
        var job = FactorJob(
            id: try row.value(0), created: Timestamp(nanoseconds: try row.value(1)), timeframe: timeframe,
            symbols: symbols, asOf: try time(4), factors: try factors(row.value(5)), groups: groups,
            universe: universe.isEmpty ? FactorJob.universe(symbols, groups, digest) : universe)
        job.state = state
        job.time = try time(7)
        job.dataVersion = try row.value(8)
        job.detail = try row.value(9)
        job.run = try row.value(12)
        return job
    }

    /// How far a job is: the blocks that are done, and the factors in them.
    struct Progress: Sendable, Equatable {
        var blocks: Set<Int> = []
        var done = 0, empty = 0, failed = 0
    }

    static func progress(of job: String, _ records: any RecordStore) async throws -> Progress {
        let rows = try await records.query(Statement(
            "SELECT block, factors, nulls, failed FROM factor_job_block WHERE job = $1", [.text(job)]))
        return try rows.records.reduce(into: Progress()) { progress, row in
            progress.blocks.insert(try row.value(0))
            progress.done += try row.value(1, as: Int.self)
            progress.empty += try row.value(2, as: Int.self)
            progress.failed += try row.value(3, as: Int.self)
        }
    }

    /// Which run blocks are of and what they bear, by number; those that are done.
    static func blocks(
        _ numbers: ClosedRange<Int>, of job: String, _ records: any RecordStore
    ) async throws -> [Int: (run: Int, bytes: [UInt8])] {
        let rows = try await records.query(Statement(
            "SELECT block, run, bytes FROM factor_job_block WHERE job = $1 AND block BETWEEN $2 AND $3",
            [.text(job), .integer(Int64(numbers.lowerBound)), .integer(Int64(numbers.upperBound))]))
        return try rows.records.reduce(into: [:]) { blocks, row in
            blocks[try row.value(0)] = (try row.value(1), try row.value(2))
        }
    }
}
