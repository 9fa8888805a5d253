public import Market
public import Runtime
public import Store
import Synchronization

/// Series in a schema of a PostgreSQL database: one table a collection, in partitions by time. Each thread of the store
/// has a link of its own; nothing of libpq runs on the caller's thread.
///
/// While the server is away calls throw `.unavailable`, and the store comes back by itself.
public final class PostgresSeriesStore: SeriesStore, SeriesUpkeep {
    private let writers: BatchThread<PostgresSeriesWork>
    private let readers: BatchThread<PostgresSeriesWork>
    private let available = Atomic<Bool>(false)
    private let isLooking = Atomic<Bool>(false)

    private init(writers: BatchThread<PostgresSeriesWork>, readers: BatchThread<PostgresSeriesWork>) {
        self.writers = writers
        self.readers = readers
    }

    /// Tries to connect once and returns either way: `isAvailable` tells. Throws `.invalidInput` for a configuration
    /// that cannot work.
    public static func open(
        _ configuration: PostgresSeriesConfiguration, clock: any Clock = SystemClock()
    ) async throws(StoreError) -> PostgresSeriesStore {
        try configuration.check()
        let layouts = SeriesLayouts()
        func start(_ name: String, _ threads: Int) async throws(StoreError) -> BatchThread<PostgresSeriesWork> {
            try await BatchThread<PostgresSeriesWork>.start(
                name: name, threads: threads, capacity: configuration.queueCapacity, batchLimit: 1
            ) { SeriesWorker(SeriesLink(configuration, layouts, clock: clock), ages: configuration.ages) }
        }
        let store = PostgresSeriesStore(
            writers: try await start("series-write", configuration.writers),
            readers: try await start("series-read", configuration.readers))
        _ = try? await store.ask(store.readers) { worker throws(StoreError) in _ = try worker.link.query("SELECT 1") }
        return store
    }

    @discardableResult
    public func write(
        _ key: SeriesKey, _ rows: SeriesColumns, recordedAt: Timestamp
    ) async throws(StoreError) -> SeriesWrite {
        try key.check()
        try rows.check()
        return try await ask(writers) { worker throws(StoreError) in
            try worker.write(key, rows, recordedAt: recordedAt)
        }
    }

    @discardableResult
    public func write(_ batch: SeriesBatch, recordedAt: Timestamp) async throws(StoreError) -> [SeriesWrite] {
        try batch.check()
        return try await ask(writers) { worker throws(StoreError) in try worker.write(batch, recordedAt: recordedAt) }
    }

    public func read(
        _ key: SeriesKey, range: SeriesRange, columns: [String]?
    ) async throws(StoreError) -> SeriesColumns {
        try await ask(readers) { worker throws(StoreError) in
            var rows = SeriesColumns(ts: [], names: [], values: [])
            try worker.visit(key, range, columns, names: { names in
                rows.names = names
                rows.values = names.map { _ in [] }
            }, { chunk in
                rows.ts.append(contentsOf: chunk.ts)
                for (index, column) in chunk.columns.enumerated() { rows.values[index].append(contentsOf: column) }
            })
            return rows
        }
    }

    public func read(
        collection: String, names: [String], range: SeriesRange, columns: [String]
    ) async throws(StoreError) -> SeriesRows {
        try checkNames(names, of: collection)
        return try await ask(readers) { worker throws(StoreError) in
            try worker.read(collection, names, range, columns)
        }
    }

    public func visit<R: Sendable>(
        _ key: SeriesKey, range: SeriesRange, columns: [String]?, into initial: R,
        _ body: @escaping @Sendable (inout R, borrowing SeriesChunkView) throws(StoreError) -> Void
    ) async throws(StoreError) -> R {
        try await ask(readers) { worker throws(StoreError) in
            var result = initial
            try worker.visit(key, range, columns, names: { _ in }, { chunk throws(StoreError) in
                try body(&result, chunk)
            })
            return result
        }
    }

    public func info(_ key: SeriesKey) async throws(StoreError) -> SeriesInfo? {
        try await ask(readers) { worker throws(StoreError) in try worker.header(key)?.info }
    }

    public func list(
        collection: String, prefix: String, limit: Int, after: String?
    ) async throws(StoreError) -> [SeriesInfo] {
        try await ask(readers) { worker throws(StoreError) in
            try worker.list(collection, prefix: prefix, limit: limit, after: after).map(\.info)
        }
    }

    @discardableResult
    public func remove(_ key: SeriesKey) async throws(StoreError) -> Bool {
        try await ask(writers) { worker throws(StoreError) in try worker.remove(key) }
    }

    public func dropOld(now: Timestamp) async throws(StoreError) -> SeriesUpkeepOutcome {
        try await ask(writers) { worker throws(StoreError) in try worker.dropOld(now: now) }
    }

    public func refresh(now: Timestamp) async throws(StoreError) -> SeriesUpkeepOutcome {
        try await ask(writers) { worker throws(StoreError) in try worker.refresh(now: now) }
    }

    /// Whether the server answered last time; while it did not, asking makes the store look again.
    public var isAvailable: Bool {
        let isThere = available.load(ordering: .relaxed)
        if !isThere && !isLooking.exchange(true, ordering: .relaxed) {
            try? readers.submit { worker in
                self.note((try? worker.link.query("SELECT 1")) != nil)
                self.isLooking.store(false, ordering: .relaxed)
            }
        }
        return isThere
    }

    public func close() async {
        await readers.close()
        await writers.close()
    }

    private func note(_ isThere: Bool) { available.store(isThere, ordering: .relaxed) }

    private func ask<T: Sendable>(
        _ threads: BatchThread<PostgresSeriesWork>,
        _ body: @escaping @Sendable (SeriesWorker) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await threads.answer { answer in
            { worker in
                do throws(StoreError) {
                    let value = try body(worker)
                    self.note(true)
                    answer.resume(returning: .success(value))
                } catch {
                    if [.unavailable, .io, .outcomeUnknown, .diskFull, .readOnly].contains(error.code) {
                        self.note(false)
                    }
                    answer.resume(returning: .failure(error))
                }
            }
        }
    }
}
