import Market
import Store

/// Work for a thread of the store.
typealias PostgresSeriesWork = @Sendable (SeriesWorker) -> Void

/// What a thread of the store has: a link, and what it knows of the tables.
final class SeriesWorker: BatchWorker {
    let link: SeriesLink
    let ages: SeriesAges
    private var known: [String: Known] = [:]

    /// What is there for sure of a collection's table, until somebody drops it.
    private struct Known {
        var columns: Set<String> = []
        var partitions: Set<Int64> = []
    }

    init(_ link: SeriesLink, ages: SeriesAges) {
        self.link = link
        self.ages = ages
    }

    func run(_ batch: [PostgresSeriesWork]) { for work in batch { work(self) } }

    func finish() { link.close() }

    // MARK: Writing

    func write(_ key: SeriesKey, _ rows: SeriesColumns, recordedAt: Timestamp) throws(StoreError) -> SeriesWrite {
        if rows.count == 0 {
            let found = try link.query(SeriesSQL.selectHeader(key)).first
            return SeriesWrite(version: try found.map { fields throws(StoreError) in
                try PostgresSeriesHeader(collection: key.collection, fields: fields).version
            } ?? 0)
        }
        try prepare(key.collection, rows)
        do throws(StoreError) {
            return try attempt(key, rows, recordedAt)
        } catch {
            // A partition or table that was there has been dropped meanwhile.
            guard error.code == .constraint(.check) || error.code == .invalidStatement else { throw error }
            known[key.collection] = nil
            try prepare(key.collection, rows)
            return try attempt(key, rows, recordedAt)
        }
    }

    private func attempt(
        _ key: SeriesKey, _ rows: SeriesColumns, _ recordedAt: Timestamp
    ) throws(StoreError) -> SeriesWrite {
        let begin = "BEGIN; \(SeriesSQL.insertHeader(key)); \(SeriesSQL.selectHeader(key)) FOR UPDATE"
        return try link.transaction(begin) { found throws(StoreError) in
            guard let fields = found.first else { throw StoreError(.busy, "\(key) was removed just now") }
            var header = try PostgresSeriesHeader(collection: key.collection, fields: fields)
            var result = SeriesWrite()
            if header.rows == 0 || rows.ts[0] > header.last {
                try link.copyIn(
                    SeriesSQL.copyIn(SeriesSQL.table(key.collection), rows.names), series: header.id, rows)
                result.appended = rows.count
            } else {
                result = try merge(rows, header)
            }
            let added = rows.names.filter { !header.columns.contains($0) }
            if result.changedRows > 0 || !added.isEmpty {
                let new = result.appended + result.inserted
                let isNew = header.rows == 0
                header.columns += added
                header.rows += new
                header.first = isNew ? rows.ts[0] : min(header.first, rows.ts[0])
                header.last = isNew ? rows.ts[rows.count - 1] : max(header.last, rows.ts[rows.count - 1])
                header.version += 1
                header.recordedAt = recordedAt.nanoseconds
                try link.execute(SeriesSQL.updateHeader(header))
                if link.layout == .partitions, SeriesRollup.of(key.collection) != nil {
                    let last = rows.ts[rows.count - 1]
                    try link.execute(SeriesSQL.noteChange(key, first: rows.ts[0], last: last))
                }
            }
            result.version = header.version
            return result
        }
    }

    /// Rows that may meet stored ones go by a table of their own, so that what they do can be counted.
    private func merge(_ rows: SeriesColumns, _ header: PostgresSeriesHeader) throws(StoreError) -> SeriesWrite {
        try link.execute(SeriesSQL.createStaging(rows.names))
        try link.copyIn(SeriesSQL.copyIn(SeriesSQL.staging, rows.names), series: header.id, rows)
        let last = rows.ts[rows.count - 1]
        let counted = try link.execute("""
            ANALYZE \(SeriesSQL.staging); \(SeriesSQL.countStaged(header, rows.names, from: rows.ts[0], to: last))
            """)
        let counts = (counted.first ?? []).compactMap { $0.flatMap { Int($0) } }
        guard counts.count == 3 else { throw StoreError(.io, "counting rows of \(header.key)") }
        var result = SeriesWrite(appended: counts[0], inserted: counts[1], restated: counts[2])
        result.unchanged = rows.count - result.changedRows
        if result.changedRows > 0 { try link.execute(SeriesSQL.mergeStaged(header, rows.names)) }
        return result
    }

    /// Makes the table, columns and partitions that rows need and that are not known to be there.
    private func prepare(_ collection: String, _ rows: SeriesColumns) throws(StoreError) {
        guard rows.names.count <= Self.columnLimit else {
            throw StoreError(.invalidInput, "PostgreSQL takes at most \(Self.columnLimit) columns in a table")
        }
        let layout = try connectedLayout()
        let old = known[collection]
        var new = old ?? Known()
        new.columns.formUnion(rows.names)
        if layout == .partitions {
            let width = SeriesSQL.width(collection)
            var last: Int64?
            for ts in rows.ts {
                let number = SeriesSQL.partition(ts, width: width)
                if number != last { new.partitions.insert(number) }
                last = number
            }
        }
        let columns = new.columns.subtracting(old?.columns ?? []).sorted()
        let partitions = new.partitions.subtracting(old?.partitions ?? []).sorted()
        if old != nil && columns.isEmpty && partitions.isEmpty { return }
        guard partitions.count <= Self.partitionLimit else {
            throw StoreError(.invalidInput, "\(partitions.count) partitions of \(collection) in one write")
        }
        try link.transaction("BEGIN") { _ throws(StoreError) in
            try link.lock()
            if old == nil {
                for sql in SeriesSQL.createTable(collection, layout, ages) { try link.execute(sql) }
            }
            for name in columns { try link.execute(SeriesSQL.addColumn(collection, name)) }
            for number in partitions { try link.execute(SeriesSQL.createPartition(collection, number)) }
            if layout == .timescale && old == nil && Set(rows.names).isSuperset(of: Self.barColumns) {
                for sql in TimescaleSQL.aggregates(of: collection) { try link.execute(sql) }
            }
        }
        known[collection] = new
    }

    private static let barColumns: Set<String> = ["open", "high", "low", "close", "volume"]
    /// The server's limit is 1,600, and less where the columns before were dropped.
    private static let columnLimit = 1_500
    private static let partitionLimit = 2_000

    /// Who keeps the parts of tables; connects where that is not known yet.
    func connectedLayout() throws(StoreError) -> SeriesSQL.Layout {
        _ = try link.query("SELECT 1")
        return link.layout
    }

    /// Looks again at what is there of a collection before the next write.
    func forget(_ collection: String) { known[collection] = nil }

    func remove(_ key: SeriesKey) throws(StoreError) -> Bool {
        let begin = "BEGIN; \(SeriesSQL.selectHeader(key)) FOR UPDATE"
        if let rollup = SeriesRollup.of(key.collection) {
            _ = try remove(SeriesKey(collection: rollup.view, name: key.name))
        }
        return try link.transaction(begin) { found throws(StoreError) in
            guard let fields = found.first else { return false }
            let header = try PostgresSeriesHeader(collection: key.collection, fields: fields)
            let id = SeriesSQL.number(header.id)
            try link.execute("DELETE FROM \(SeriesSQL.table(key.collection)) WHERE series = \(id)")
            try link.execute("DELETE FROM series WHERE id = \(id)")
            return true
        }
    }

    // MARK: Reading

    func header(_ key: SeriesKey) throws(StoreError) -> PostgresSeriesHeader? {
        guard let fields = try link.query(SeriesSQL.selectHeader(key)).first else { return nil }
        return try PostgresSeriesHeader(collection: key.collection, fields: fields)
    }

    func list(
        _ collection: String, prefix: String, limit: Int, after: String?
    ) throws(StoreError) -> [PostgresSeriesHeader] {
        var out: [PostgresSeriesHeader] = []
        for fields in try link.query(SeriesSQL.list(collection, prefix: prefix, limit: limit, after: after)) {
            out.append(try PostgresSeriesHeader(collection: collection, fields: fields))
        }
        return out
    }

    /// Lends the rows of one version; `names` is told once which columns they are.
    func visit(
        _ key: SeriesKey, _ range: SeriesRange, _ columns: [String]?, names: ([String]) -> Void,
        _ lend: (borrowing SeriesChunkView) throws(StoreError) -> Void
    ) throws(StoreError) {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; \(SeriesSQL.selectHeader(key))"
        try link.transaction(begin) { found throws(StoreError) in
            guard let fields = found.first else { throw StoreError(.notFound, "series \(key)") }
            let header = try PostgresSeriesHeader(collection: key.collection, fields: fields)
            let asked = columns ?? header.columns
            for name in asked where !header.columns.contains(name) {
                throw StoreError(.notFound, "column \(name) of \(key)")
            }
            names(asked)
            let gatherer = SeriesGatherer(columns: asked.count)
            try link.copyOut(SeriesSQL.copyOut(header, range, asked)) { message throws(StoreError) in
                try gatherer.take(message, lend)
            }
            try gatherer.flush(lend)
        }
    }
}
