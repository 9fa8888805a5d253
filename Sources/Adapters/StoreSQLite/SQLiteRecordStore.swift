public import Store

/// The records of one engine in one SQLite file.
///
/// A writer thread runs transactions with group commit; reader threads run queries on the last commit; another folds
/// the log back into the file. Only an urgent transaction may run on the caller's thread: see `urgentTransaction`.
public final class SQLiteRecordStore: RecordStore {
    private let writer: BatchThread<SQLiteWrite>
    private let reader: BatchThread<SQLiteRead>?
    private let checkpointer: BatchThread<Void>?
    private let health: SQLiteHealth
    /// Nil in memory.
    private let file: OpenedFile?
    /// Whether every commit waits for the disk.
    private let flushesCommits: Bool
    /// Requests the writer takes into one commit at most.
    private static let batchLimit = 512

    private init(
        writer: BatchThread<SQLiteWrite>, reader: BatchThread<SQLiteRead>?, checkpointer: BatchThread<Void>?,
        health: SQLiteHealth, file: OpenedFile?, flushesCommits: Bool
    ) {
        self.file = file
        self.flushesCommits = flushesCommits
        self.writer = writer
        self.reader = reader
        self.checkpointer = checkpointer
        self.health = health
    }

    /// Opens or creates the file. Throws `.readOnly` (folder or file), `.notFound` (no such folder), `.corrupted`
    /// (not a database), `.busy` (another process holds it), `.diskFull`.
    public static func open(_ configuration: SQLiteConfiguration) async throws(StoreError) -> SQLiteRecordStore {
        let flushes = configuration.synchronous == .full
        let health = SQLiteHealth(), checkpoints = SQLiteCheckpoints()
        if configuration.isMemory {
            let writer = try await startWriter(configuration, health, nil)
            return SQLiteRecordStore(
                writer: writer, reader: nil, checkpointer: nil, health: health, file: nil, flushesCommits: flushes)
        }
        let checkpointer = try await BatchThread<Void>.start(
            name: "sqlite-checkpoint", capacity: 1, batchLimit: 1
        ) { () throws(StoreError) in try SQLiteCheckpointer(configuration, checkpoints) }
        let writer = try await startWriter(configuration, health, (checkpointer, checkpoints))
        let reader = try await BatchThread<SQLiteRead>.start(
            name: "sqlite-read", threads: configuration.readers, capacity: configuration.queueCapacity, batchLimit: 1
        ) { () throws(StoreError) in try SQLiteReader(configuration, health: health) }
        return SQLiteRecordStore(
            writer: writer, reader: reader, checkpointer: checkpointer, health: health,
            file: OpenedFile(configuration.path), flushesCommits: flushes)
    }

    private static func startWriter(
        _ configuration: SQLiteConfiguration, _ health: SQLiteHealth,
        _ checkpointer: (thread: BatchThread<Void>, checkpoints: SQLiteCheckpoints)?
    ) async throws(StoreError) -> BatchThread<SQLiteWrite> {
        try await BatchThread<SQLiteWrite>.start(
            name: "sqlite-write", capacity: configuration.queueCapacity, batchLimit: batchLimit
        ) { () throws(StoreError) in try SQLiteWriter(configuration, checkpointer, health: health) }
    }

    public func query(_ statement: Statement) async throws(StoreError) -> ResultSet {
        try statement.check()
        guard let reader else { return try await writer.answer { .query(statement, $0) } }
        return try await reader.answer { SQLiteRead(statement: statement, answer: $0) }
    }

    @discardableResult
    public func transaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet] {
        for statement in statements { try statement.check() }
        if statements.isEmpty { return [] }
        return try await writer.answer { .transaction(statements, $0) }
    }

    /// Runs on the caller's thread, in some 50 µs, where the writer is idle or soon will be and the disk is not waited
    /// for: commits are not flushed (`synchronous` is normal), no other process writes, the last one was short. In the
    /// log, and so safe from a killed process, when it returns, as every transaction of this store.
    @discardableResult
    public func urgentTransaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet] {
        for statement in statements { try statement.check() }
        if statements.isEmpty { return [] }
        // What the writer would refuse is not waited for.
        let here = !flushesCommits && health.isQuick && SQLiteWriter.isShort(statements)
        return try await writer.answer(here: here) { .transaction(statements, $0) }
    }

    public func migrate(_ migrations: [Migration]) async throws(StoreError) {
        try await writer.answer { .migrate(migrations, $0) }
    }

    /// The file is looked for each time: where nobody writes, nothing else would tell that it is gone.
    public var isAvailable: Bool { health.isAvailable && file?.isThere ?? true }

    public func close() async {
        await reader?.close()
        await checkpointer?.close()
        await writer.close()
    }
}
