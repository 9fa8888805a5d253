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
        try write(SeriesBatch(collection: key.collection, names: [key.name], rows: [rows]), recordedAt: recordedAt)[0]
    }

    func write(_ batch: SeriesBatch, recordedAt: Timestamp) throws(StoreError) -> [SeriesWrite] {
        if batch.names.isEmpty { return [] }
        do throws(StoreError) {
            try prepare(batch)
            return try attempt(batch, recordedAt)
        } catch {
            // A partition or table that was there has been dropped meanwhile.
            guard error.code == .constraint(.check) || error.code == .invalidStatement else { throw error }
            known[batch.collection] = nil
            try prepare(batch)
            return try attempt(batch, recordedAt)
        }
    }

    private func attempt(_ batch: SeriesBatch, _ recordedAt: Timestamp) throws(StoreError) -> [SeriesWrite] {
        let filled = batch.rows.indices.filter { batch.rows[$0].count > 0 }
        let insert = filled.isEmpty ? "" : SeriesSQL.insertHeaders(batch.collection, filled.map { batch.names[$0] }) + "; "
        let begin = "BEGIN; \(insert)\(SeriesSQL.selectHeaders(batch.collection, batch.names)) FOR UPDATE"
        return try link.transaction(begin) { found throws(StoreError) in
            var headers: [String: PostgresSeriesHeader] = [:]
            for fields in found {
                let header = try PostgresSeriesHeader(collection: batch.collection, fields: fields)
                headers[header.key.name] = header
            }
            var results = batch.names.map { SeriesWrite(version: headers[$0]?.version ?? 0) }
            var appends: [[String]: [SeriesCopy]] = [:], merges: [[String]: [SeriesCopy]] = [:]
            for index in filled {
                guard let header = headers[batch.names[index]] else {
                    throw StoreError(.busy, "\(batch.names[index]) was removed just now")
                }
                let rows = batch.rows[index], copy = SeriesCopy(index: index, series: header.id, rows: rows)
                if header.rows == 0 || rows.ts[0] > header.last {
                    appends[rows.names, default: []].append(copy)
                    results[index].appended = rows.count
                } else {
                    merges[rows.names, default: []].append(copy)
                }
            }
            for (names, copies) in appends {
                try link.copyIn(SeriesSQL.copyIn(SeriesSQL.table(batch.collection), names), copies)
            }
            for (names, copies) in merges { try merge(batch.collection, names, copies, &results) }
            let isRolledUp = link.layout == .partitions && SeriesRollup.of(batch.collection) != nil
            var changed: [PostgresSeriesHeader] = [], notes: [String] = []
            for index in filled {
                guard var header = headers[batch.names[index]] else { continue }
                let rows = batch.rows[index]
                if header.take(rows, results[index], recordedAt) {
                    changed.append(header)
                    if isRolledUp {
                        notes.append(SeriesSQL.noteChange(header.key, first: rows.ts[0], last: rows.ts[rows.count - 1]))
                    }
                }
                results[index].version = header.version
            }
            // What is written of the series beside their rows.
            if !changed.isEmpty {
                try link.execute(([SeriesSQL.updateHeaders(changed)] + notes).joined(separator: "; "))
            }
            return results
        }
    }

    /// Rows that may meet stored ones go by a table of their own, so that what they do can be counted.
    private func merge(
        _ collection: String, _ names: [String], _ copies: [SeriesCopy], _ results: inout [SeriesWrite]
    ) throws(StoreError) {
        try link.execute(SeriesSQL.createStaging(names))
        try link.copyIn(SeriesSQL.copyIn(SeriesSQL.staging, names), copies)
        let times = copies.flatMap { [$0.rows.ts[0], $0.rows.ts[$0.rows.count - 1]] }
        let counted = try link.execute("ANALYZE \(SeriesSQL.staging); " + SeriesSQL.countStaged(
            collection, copies.map(\.series), names, from: times.min() ?? .min, to: times.max() ?? .max))
        var counts: [Int64: [Int]] = [:]
        for row in counted {
            let numbers = row.compactMap { $0.flatMap { Int64($0) } }
            if numbers.count == 4 { counts[numbers[0]] = numbers.dropFirst().map(Int.init) }
        }
        for copy in copies {
            guard let count = counts[copy.series] else { throw StoreError(.io, "counting rows of \(collection)") }
            var result = SeriesWrite(appended: count[0], inserted: count[1], restated: count[2])
            result.unchanged = copy.rows.count - result.changedRows
            results[copy.index] = result
        }
        if copies.contains(where: { results[$0.index].changedRows > 0 }) {
            try link.execute(SeriesSQL.mergeStaged(collection, names))
        }
    }

    /// Makes the table, columns and partitions that a batch needs and that are not known to be there.
    private func prepare(_ batch: SeriesBatch) throws(StoreError) {
        let collection = batch.collection, filled = batch.rows.filter { $0.count > 0 }
        if filled.isEmpty { return }
        guard filled.allSatisfy({ $0.names.count <= Self.columnLimit }) else {
            throw StoreError(.invalidInput, "PostgreSQL takes at most \(Self.columnLimit) columns in a table")
        }
        let layout = try connectedLayout(), old = known[collection]
        var new = old ?? Known()
        for rows in filled { Self.note(rows, SeriesSQL.width(collection), layout, &new) }
        let columns = new.columns.subtracting(old?.columns ?? []).sorted()
        let partitions = new.partitions.subtracting(old?.partitions ?? []).sorted()
        if old != nil && columns.isEmpty && partitions.isEmpty { return }
        guard partitions.count <= Self.partitionLimit else {
            throw StoreError(.invalidInput, "\(partitions.count) partitions of \(collection) in one write")
        }
        let hasBars = filled.contains { Set($0.names).isSuperset(of: Self.barColumns) }
        try link.transaction("BEGIN") { _ throws(StoreError) in
            try link.lock()
            if old == nil {
                for sql in SeriesSQL.createTable(collection, layout, ages) { try link.execute(sql) }
            }
            for name in columns { try link.execute(SeriesSQL.addColumn(collection, name)) }
            for number in partitions { try link.execute(SeriesSQL.createPartition(collection, number)) }
            if layout == .timescale && old == nil && hasBars {
                for sql in TimescaleSQL.aggregates(of: collection) { try link.execute(sql) }
            }
        }
        known[collection] = new
    }

    /// Adds the columns and the partitions that rows need.
    private static func note(
        _ rows: SeriesColumns, _ width: Int64, _ layout: SeriesSQL.Layout, _ known: inout Known
    ) {
        for name in rows.names where !known.columns.contains(name) { known.columns.insert(name) }
        guard layout == .partitions else { return }
        var last: Int64?
        for ts in rows.ts {
            let number = SeriesSQL.partition(ts, width: width)
            if number != last { known.partitions.insert(number) }
            last = number
        }
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
