import CLMDB
import Store

/// Work for a reader's thread.
typealias SeriesReading = @Sendable (SeriesReader) -> Void

/// A thread that reads. Each reading sees one snapshot and waits for no writer.
struct SeriesReader: BatchWorker {
    private let environment: LMDBEnvironment

    init(_ environment: LMDBEnvironment) { self.environment = environment }

    func run(_ batch: [SeriesReading]) {
        for reading in batch { reading(self) }
    }

    func finish() {}

    /// Runs `body` on a snapshot; the map stays where it is meanwhile.
    func snapshot<T>(_ body: (SeriesSnapshot) throws(StoreError) -> T) throws(StoreError) -> T {
        let stale: StoreError
        do throws(StoreError) {
            return try environment.withStableMap { () throws(StoreError) in try read(body) }
        } catch {
            guard error.code == .io, error.context == LMDBTransaction.beginning else { throw error }
            stale = error
        }
        // Another process may have made the file larger than this one's map.
        do throws(StoreError) { try environment.followMap() } catch { throw stale }
        return try environment.withStableMap { () throws(StoreError) in try read(body) }
    }

    private func read<T>(_ body: (SeriesSnapshot) throws(StoreError) -> T) throws(StoreError) -> T {
        let transaction = try LMDBTransaction(environment.handle, flags: UInt32(MDB_RDONLY))
        defer { mdb_txn_abort(transaction.handle) }
        return try body(SeriesSnapshot(environment: environment, transaction: transaction))
    }
}
