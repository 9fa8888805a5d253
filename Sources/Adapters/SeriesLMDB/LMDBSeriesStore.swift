public import Market
public import Store
import Synchronization

/// Series in one LMDB file. A writer thread shares flushes between writes that wait together; reader threads work on
/// snapshots. Nothing of LMDB runs on the caller's thread.
public final class LMDBSeriesStore: SeriesStore {
    private let writer: BatchThread<SeriesRequest>
    private let readers: BatchThread<SeriesReading>
    private let health: SeriesHealth
    private let file: OpenedFile?
    /// Requests the writer takes into one transaction at most.
    private static let batchLimit = 256

    private init(
        writer: BatchThread<SeriesRequest>, readers: BatchThread<SeriesReading>, health: SeriesHealth, file: OpenedFile?
    ) {
        self.file = file
        self.writer = writer
        self.readers = readers
        self.health = health
    }

    /// Opens or creates the file. Throws `.readOnly` (folder or file), `.notFound` (no such folder), `.corrupted`
    /// (not an LMDB file, cut short, or of another format), `.diskFull`.
    public static func open(_ configuration: LMDBSeriesConfiguration) async throws(StoreError) -> LMDBSeriesStore {
        let health = SeriesHealth()
        let opening = Opening()
        let writer = try await BatchThread<SeriesRequest>.start(
            name: "series-write", capacity: configuration.queueCapacity, batchLimit: batchLimit
        ) { () throws(StoreError) in
            let environment = try LMDBEnvironment(configuration)
            opening.environment.withLock { $0 = environment }
            return SeriesWriter(environment, health: health)
        }
        guard let environment = opening.environment.withLock({ $0.take() }) else {
            throw StoreError(.io, "opening \(configuration.path)")
        }
        let readers = try await BatchThread<SeriesReading>.start(
            name: "series-read", threads: configuration.readers, capacity: configuration.queueCapacity, batchLimit: 1
        ) { SeriesReader(environment) }
        environment.helpers.set(readers)
        return LMDBSeriesStore(writer: writer, readers: readers, health: health, file: environment.file)
    }

    @discardableResult
    public func write(
        _ key: SeriesKey, _ rows: SeriesColumns, recordedAt: Timestamp
    ) async throws(StoreError) -> SeriesWrite {
        try key.check()
        try rows.check()
        return try await writer.answer { .write(key, rows, recordedAt: recordedAt, $0) }
    }

    @discardableResult
    public func write(_ batch: SeriesBatch, recordedAt: Timestamp) async throws(StoreError) -> [SeriesWrite] {
        try batch.check()
        return try await writer.answer { .writeAll(batch, recordedAt: recordedAt, $0) }
    }

    public func read(
        _ key: SeriesKey, range: SeriesRange, columns: [String]?
    ) async throws(StoreError) -> SeriesColumns {
        let readers = readers
        return try await read { snapshot throws(StoreError) in
            // A full queue only means that nobody helps.
            try snapshot.read(key, range, columns) { copy in try? readers.submit { _ in copy.help() } }
        }
    }

    public func read(
        collection: String, names: [String], range: SeriesRange, columns: [String]
    ) async throws(StoreError) -> SeriesRows {
        try checkNames(names, of: collection)
        return try await read { snapshot throws(StoreError) in try snapshot.read(collection, names, range, columns) }
    }

    public func visit<R: Sendable>(
        _ key: SeriesKey, range: SeriesRange, columns: [String]?, into initial: R,
        _ body: @escaping @Sendable (inout R, borrowing SeriesChunkView) throws(StoreError) -> Void
    ) async throws(StoreError) -> R {
        try await read { snapshot throws(StoreError) in
            var result = initial
            try snapshot.visit(key, range, columns) { chunk throws(StoreError) in try body(&result, chunk) }
            return result
        }
    }

    public func info(_ key: SeriesKey) async throws(StoreError) -> SeriesInfo? {
        try await read { snapshot throws(StoreError) in
            let editor = SeriesEditor(environment: snapshot.environment, transaction: snapshot.transaction)
            return try editor.header(key)?.info(key)
        }
    }

    public func list(
        collection: String, prefix: String, limit: Int, after: String?
    ) async throws(StoreError) -> [SeriesInfo] {
        try await read { snapshot throws(StoreError) in try snapshot.list(collection, prefix, limit, after) }
    }

    @discardableResult
    public func remove(_ key: SeriesKey) async throws(StoreError) -> Bool {
        try await writer.answer { .remove(key, $0) }
    }

    /// The file is looked for each time, as nobody may be writing.
    public var isAvailable: Bool { health.isAvailable && file?.isThere ?? true }

    public func close() async {
        await readers.close()
        await writer.close()
    }

    private func read<T: Sendable>(
        _ body: @escaping @Sendable (SeriesSnapshot) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await readers.answer { answer in
            { reader in
                do throws(StoreError) {
                    answer.resume(returning: .success(try reader.snapshot(body)))
                } catch {
                    answer.resume(returning: .failure(error))
                }
            }
        }
    }
}

/// Carries the environment from the thread that opened it.
private final class Opening: Sendable {
    let environment = Mutex<LMDBEnvironment?>(nil)
}
