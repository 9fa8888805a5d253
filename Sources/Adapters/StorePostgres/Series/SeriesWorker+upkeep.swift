import Market
import Store

extension SeriesWorker {
    /// Drops the partitions that lie wholly before the retention, and takes their rows out of the headers. Where the
    /// extension drops them by itself, the headers are made true again.
    func dropOld(now: Timestamp) throws(StoreError) -> SeriesUpkeepOutcome {
        guard ages.retentionDays > 0 else { return SeriesUpkeepOutcome() }
        let cutoff = now.nanoseconds - Int64(ages.retentionDays) * SeriesSQL.day
        return try outcome { changes throws(StoreError) in
            for row in try link.query("SELECT DISTINCT collection FROM series ORDER BY collection") {
                guard let collection = row.first ?? nil else { continue }
                if link.layout == .timescale {
                    let gone = try link.query(TimescaleSQL.reconcile(collection, before: cutoff))
                    changes += gone.compactMap { Self.change(collection, $0) }
                    try link.execute(TimescaleSQL.removeEmpty(collection))
                } else {
                    changes += try drop(collection, before: cutoff, now)
                }
            }
        }
    }

    /// Makes longer bars anew where the shorter ones changed. A crash in between makes them once more.
    func refresh(now: Timestamp) throws(StoreError) -> SeriesUpkeepOutcome {
        guard try connectedLayout() == .partitions else { return SeriesUpkeepOutcome() }
        return try outcome { changes throws(StoreError) in
            for rollup in SeriesRollup.kept {
                for row in try link.query(SeriesSQL.selectChanges(rollup.source)) {
                    let numbers = row.dropFirst().compactMap { $0.flatMap { Int64($0) } }
                    guard numbers.count == 3, let name = row[0] else { continue }
                    let key = SeriesKey(collection: rollup.source, name: name)
                    if let change = try refresh(key, rollup, first: numbers[0], last: numbers[1], now) {
                        changes.append(change)
                    }
                    try link.execute(SeriesSQL.deleteChanges(key, to: numbers[2]))
                }
            }
        }
    }

    /// What was done before a fault must be told, so the fault is thrown only where nothing was.
    private func outcome(
        _ body: (inout [SeriesChange]) throws(StoreError) -> Void
    ) throws(StoreError) -> SeriesUpkeepOutcome {
        var changes: [SeriesChange] = []
        do throws(StoreError) {
            try body(&changes)
        } catch {
            if changes.isEmpty { throw error }
            return SeriesUpkeepOutcome(changes: changes, fault: error)
        }
        return SeriesUpkeepOutcome(changes: changes)
    }

    /// A row of name, first time, last time, rows and version.
    private static func change(_ collection: String, _ row: [String?]) -> SeriesChange? {
        let numbers = row.dropFirst().compactMap { $0.flatMap { Int64($0) } }
        guard numbers.count == 4, let name = row[0] else { return nil }
        return SeriesChange(
            key: SeriesKey(collection: collection, name: name), first: Timestamp(nanoseconds: numbers[0]),
            last: Timestamp(nanoseconds: numbers[1]), rows: Int(numbers[2]), version: Int(numbers[3]))
    }

    private func refresh(
        _ key: SeriesKey, _ rollup: SeriesRollup, first: Int64, last: Int64, _ now: Timestamp
    ) throws(StoreError) -> SeriesChange? {
        guard let header = try header(key) else { return nil }
        let names = SeriesFold.names.filter { header.columns.contains($0) }
        var fold = SeriesFold(step: rollup.step, names: names)
        let end = SeriesFold.start(of: last, step: rollup.step).addingReportingOverflow(rollup.step - 1)
        let range = SeriesRange(
            from: Timestamp(nanoseconds: SeriesFold.start(of: first, step: rollup.step)),
            to: Timestamp(nanoseconds: end.overflow ? .max : end.partialValue))
        try visit(key, range, names, names: { _ in }, { chunk in fold.take(chunk) })
        let target = SeriesKey(collection: rollup.view, name: key.name)
        let write = try write(target, fold.rows, recordedAt: now)
        guard write.changedRows > 0, let first = fold.rows.ts.first, let last = fold.rows.ts.last else { return nil }
        return SeriesChange(key: target, first: Timestamp(nanoseconds: first), last: Timestamp(nanoseconds: last),
                            rows: write.changedRows, version: write.version)
    }

    private func drop(
        _ collection: String, before cutoff: Int64, _ now: Timestamp
    ) throws(StoreError) -> [SeriesChange] {
        let width = SeriesSQL.width(collection)
        var old: [Int64] = []
        for row in try link.query(SeriesSQL.partitions(collection)) {
            guard let digits = row.first??.split(separator: "p").last, let number = Int64(digits),
                let end = SeriesSQL.end(of: number, width: width), end <= cutoff
            else { continue }
            old.append(number)
        }
        if old.isEmpty { return [] }
        var gone: [SeriesKey: SeriesChange] = [:]
        try link.transaction("BEGIN") { _ throws(StoreError) in
            try link.lock()
            // In the order of a write: first the headers, then the table.
            try link.execute("SELECT id FROM series WHERE collection = \(SeriesSQL.quote(collection)) ORDER BY id FOR UPDATE")
            for number in old {
                for row in try link.execute(SeriesSQL.forget(collection, number, at: now.nanoseconds)) {
                    guard let change = Self.change(collection, row) else { continue }
                    gone[change.key] = gone[change.key]?.joined(with: change) ?? change
                }
                try link.execute("DROP TABLE \(SeriesSQL.partitionTable(collection, number))")
            }
            try link.execute(SeriesSQL.renewFirst(collection, before: cutoff))
        }
        forget(collection)
        return gone.values.sorted { $0.key.name < $1.key.name }
    }
}

extension SeriesSQL {
    /// The names of a collection's partitions.
    static func partitions(_ collection: String) -> String {
        """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
        WHERE i.inhparent = to_regclass(\(quote(table(collection))))
        """
    }

    /// Takes a partition's rows out of the headers; answers of each series its name, the first and the last time that
    /// goes, how many, and the version after it.
    static func forget(_ collection: String, _ number: Int64, at now: Int64) -> String {
        """
        UPDATE series SET rows = rows - gone.count, version = version + 1, recorded_at = \(self.number(now)) \
        FROM (SELECT series, count(*) AS count, min(ts) AS first, max(ts) AS last \
        FROM \(partitionTable(collection, number)) GROUP BY series) AS gone \
        WHERE id = gone.series RETURNING name, gone.first, gone.last, gone.count, version
        """
    }

    /// The first row of each series that lost some; series without rows go.
    static func renewFirst(_ collection: String, before cutoff: Int64) -> String {
        """
        DELETE FROM series WHERE collection = \(quote(collection)) AND rows <= 0; \
        UPDATE series SET first = (SELECT min(ts) FROM \(table(collection)) AS t WHERE t.series = id) \
        WHERE collection = \(quote(collection)) AND first < \(number(cutoff))
        """
    }
}

extension TimescaleSQL {
    /// Makes the headers true again after the extension dropped chunks by itself; answers as `SeriesSQL.forget`.
    static func reconcile(_ collection: String, before cutoff: Int64) -> String {
        let table = SeriesSQL.table(collection)
        return """
            UPDATE series SET rows = seen.count, first = coalesce(seen.first, 0), version = version + 1 \
            FROM (SELECT s.id, s.first AS before, s.rows AS had, count(t.ts) AS count, min(t.ts) AS first FROM series s \
            LEFT JOIN \(table) t ON t.series = s.id WHERE s.collection = \(SeriesSQL.quote(collection)) \
            AND s.first < \(SeriesSQL.number(cutoff)) GROUP BY s.id) AS seen \
            WHERE series.id = seen.id AND series.rows <> seen.count \
            RETURNING series.name, seen.before, coalesce(seen.first - 1, series.last), seen.had - seen.count, series.version
            """
    }

    /// Series without rows go.
    static func removeEmpty(_ collection: String) -> String {
        "DELETE FROM series WHERE collection = \(SeriesSQL.quote(collection)) AND rows <= 0"
    }
}
