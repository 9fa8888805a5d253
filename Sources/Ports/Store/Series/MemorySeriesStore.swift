public import Market
import Synchronization

/// The fake of the series port: rows in a dictionary, written for plainness; nothing survives it. Any thread.
public final class MemorySeriesStore: SeriesStore {
    private struct Series {
        var columns: [String] = []
        var rows: [Int64: [Double]] = [:]
        var version = 0
        var recordedAt = Timestamp(nanoseconds: 0)

        mutating func write(_ new: SeriesColumns, recordedAt: Timestamp) -> SeriesWrite {
            var result = SeriesWrite()
            let known = columns.count
            for name in new.names where !columns.contains(name) { columns.append(name) }
            let added = [Double](repeating: .nan, count: columns.count - known)
            for time in rows.keys { rows[time]! += added }
            let positions = new.names.map { columns.firstIndex(of: $0)! }
            let last = rows.keys.max()
            for (index, time) in new.ts.enumerated() {
                let stored = rows[time]
                var row = stored ?? Array(repeating: .nan, count: columns.count)
                var differs = false
                for (column, position) in positions.enumerated() {
                    let value = new.values[column][index]
                    if row[position] != value && !(row[position].isNaN && value.isNaN) { differs = true }
                    row[position] = value
                }
                rows[time] = row
                switch (stored, last) {
                case (.some, _): if differs { result.restated += 1 } else { result.unchanged += 1 }
                case (nil, let last?) where time < last: result.inserted += 1
                default: result.appended += 1
                }
            }
            if result.changedRows > 0 || !added.isEmpty {
                version += 1
                self.recordedAt = recordedAt
            }
            result.version = version
            return result
        }

        /// Rows of a range; throws `.notFound` for a column that is not there.
        func read(
            _ key: SeriesKey, _ range: SeriesRange, _ asked: [String]?
        ) throws(StoreError) -> SeriesColumns {
            let names = asked ?? columns
            var positions: [Int] = []
            for name in names {
                guard let position = columns.firstIndex(of: name) else {
                    throw StoreError(.notFound, "column \(name) of \(key)")
                }
                positions.append(position)
            }
            var times = rows.keys.sorted().filter {
                $0 >= range.from?.nanoseconds ?? .min && $0 <= range.to?.nanoseconds ?? .max
            }
            if let limit = range.limit {
                times = range.keep == .oldest ? Array(times.prefix(max(0, limit))) : times.suffix(max(0, limit))
            }
            return SeriesColumns(
                ts: times, names: names, values: positions.map { position in times.map { rows[$0]![position] } })
        }
    }

    private let state = Mutex<[SeriesKey: Series]?>([:])
    private let chunkRows: Int

    /// An empty store that lends at most `chunkRows` rows at a time.
    public init(chunkRows: Int = 1_000) { self.chunkRows = chunkRows }

    @discardableResult
    public func write(
        _ key: SeriesKey, _ rows: SeriesColumns, recordedAt: Timestamp
    ) async throws(StoreError) -> SeriesWrite {
        try key.check()
        try rows.check()
        return try update { all in
            if rows.count == 0 { return SeriesWrite(version: all[key]?.version ?? 0) }
            return all[key, default: Series()].write(rows, recordedAt: recordedAt)
        }
    }

    @discardableResult
    public func write(_ batch: SeriesBatch, recordedAt: Timestamp) async throws(StoreError) -> [SeriesWrite] {
        try batch.check()
        return try update { all in
            zip(batch.keys, batch.rows).map { key, rows in
                if rows.count == 0 { return SeriesWrite(version: all[key]?.version ?? 0) }
                return all[key, default: Series()].write(rows, recordedAt: recordedAt)
            }
        }
    }

    public func read(
        _ key: SeriesKey, range: SeriesRange, columns: [String]?
    ) async throws(StoreError) -> SeriesColumns {
        guard let series = try open()[key] else { throw StoreError(.notFound, "series \(key)") }
        return try series.read(key, range, columns)
    }

    public func read(
        collection: String, names: [String], range: SeriesRange, columns: [String]
    ) async throws(StoreError) -> SeriesRows {
        try checkNames(names, of: collection)
        let all = try open()
        var out = SeriesRows(columns: columns.count)
        for name in names {
            let key = SeriesKey(collection: collection, name: name)
            if let series = all[key], columns.allSatisfy(series.columns.contains) {
                let rows = try series.read(key, range, columns)
                out.ts += rows.ts
                for (place, values) in rows.values.enumerated() { out.values[place] += values }
            }
            out.ends.append(out.ts.count)
        }
        return out
    }

    public func visit<R: Sendable>(
        _ key: SeriesKey, range: SeriesRange, columns: [String]?, into initial: R,
        _ body: @escaping @Sendable (inout R, borrowing SeriesChunkView) throws(StoreError) -> Void
    ) async throws(StoreError) -> R {
        let rows = try await read(key, range: range, columns: columns)
        let count = rows.count
        // One block of raw memory, so that the lent pointers need no nested closures.
        let times = UnsafeMutableBufferPointer<Int64>.allocate(capacity: count)
        let values = UnsafeMutableBufferPointer<Double>.allocate(capacity: count * rows.names.count)
        defer {
            times.deallocate()
            values.deallocate()
        }
        _ = times.initialize(from: rows.ts)
        _ = values.initialize(from: rows.values.joined())
        var result = initial
        for start in stride(from: 0, to: count, by: chunkRows) {
            let length = min(chunkRows, count - start)
            try body(&result, SeriesChunkView(
                ts: UnsafeBufferPointer(rebasing: times[start..<start + length]),
                columns: rows.names.indices.map { column in
                    UnsafeBufferPointer(rebasing: values[(column * count + start)...].prefix(length))
                }))
        }
        return result
    }

    public func info(_ key: SeriesKey) async throws(StoreError) -> SeriesInfo? {
        try open()[key].map { Self.info(key, $0) }
    }

    public func list(
        collection: String, prefix: String, limit: Int, after: String?
    ) async throws(StoreError) -> [SeriesInfo] {
        let found = try open().filter { key, _ in
            key.collection == collection && key.name.utf8.starts(with: prefix.utf8)
                && after.map { Array($0.utf8).lexicographicallyPrecedes(Array(key.name.utf8)) } ?? true
        }
        let sorted = found.sorted { Array($0.key.name.utf8).lexicographicallyPrecedes(Array($1.key.name.utf8)) }
        return sorted.prefix(max(0, limit)).map { Self.info($0.key, $0.value) }
    }

    @discardableResult
    public func remove(_ key: SeriesKey) async throws(StoreError) -> Bool {
        try update { $0.removeValue(forKey: key) != nil }
    }

    public var isAvailable: Bool { state.withLock { $0 != nil } }

    public func close() async { state.withLock { $0 = nil } }

    private func open() throws(StoreError) -> [SeriesKey: Series] {
        guard let all = state.withLock({ $0 }) else { throw StoreError(.closed, "the store is closed") }
        return all
    }

    private func update<T: Sendable>(_ body: (inout [SeriesKey: Series]) -> T) throws(StoreError) -> T {
        let value: T? = state.withLock { all in
            guard var open = all else { return nil }
            let value = body(&open)
            all = open
            return value
        }
        guard let value else { throw StoreError(.closed, "the store is closed") }
        return value
    }

    private static func info(_ key: SeriesKey, _ series: Series) -> SeriesInfo {
        let times = series.rows.keys
        return SeriesInfo(
            key: key, first: Timestamp(nanoseconds: times.min() ?? 0), last: Timestamp(nanoseconds: times.max() ?? 0),
            rows: times.count, version: series.version, columns: series.columns, recordedAt: series.recordedAt)
    }
}
