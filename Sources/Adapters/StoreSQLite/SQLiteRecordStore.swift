public import Store

/// The records of one engine in one SQLite file.
///
/// A writer thread runs transactions with group commit; reader threads run queries on the last commit. Nothing of
/// SQLite runs on the caller's thread.
public final class SQLiteRecordStore: RecordStore {
    private let writer: BatchThread<SQLiteWrite>
    private let reader: BatchThread<SQLiteRead>?
    private let health: SQLiteHealth
    /// Requests the writer takes into one commit at most.
    private static let batchLimit = 512

    private init(writer: BatchThread<SQLiteWrite>, reader: BatchThread<SQLiteRead>?, health: SQLiteHealth) {
        self.writer = writer
        self.reader = reader
        self.health = health
    }

    /// Opens or creates the file. Throws `.readOnly` (folder or file), `.notFound` (no such folder), `.corrupted`
    /// (not a database), `.busy` (another process holds it), `.diskFull`.
    public static func open(_ configuration: SQLiteConfiguration) async throws(StoreError) -> SQLiteRecordStore {
        let health = SQLiteHealth()
        let writer = try await BatchThread<SQLiteWrite>.start(
            name: "sqlite-write", capacity: configuration.queueCapacity, batchLimit: batchLimit
        ) { () throws(StoreError) in try SQLiteWriter(configuration, health: health) }
        if configuration.isMemory { return SQLiteRecordStore(writer: writer, reader: nil, health: health) }
        do throws(StoreError) {
            let reader = try await BatchThread<SQLiteRead>.start(
                name: "sqlite-read", threads: configuration.readers, capacity: configuration.queueCapacity,
                batchLimit: 1
            ) { () throws(StoreError) in try SQLiteReader(configuration, health: health) }
            return SQLiteRecordStore(writer: writer, reader: reader, health: health)
        } catch {
            await writer.close()
            throw error
        }
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

    public func migrate(_ migrations: [Migration]) async throws(StoreError) {
        try await writer.answer { .migrate(migrations, $0) }
    }

    public var isAvailable: Bool { health.isAvailable }

    public func close() async {
        await reader?.close()
        await writer.close()
    }
}
