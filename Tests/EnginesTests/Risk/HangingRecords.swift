import Runtime
import Store

/// Records that keep one commit waiting and then refuse it.
final class HangingRecords: RecordStore {
    private let store: any RecordStore
    @LoopActor private var table: String?
    @LoopActor private var waiting: CheckedContinuation<Void, Never>?

    init(_ store: any RecordStore) { self.store = store }

    /// The next commit that writes to this table hangs.
    @LoopActor func hang(_ table: String) { self.table = table }

    @LoopActor var hangs: Bool { waiting != nil }

    /// Refuses what hangs.
    @LoopActor func refuse() {
        waiting?.resume()
        waiting = nil
    }

    @LoopActor func transaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet] {
        guard let name = table, statements.contains(where: { $0.sql.contains("INTO \(name) ") }) else {
            return try await store.transaction(statements)
        }
        table = nil
        await withCheckedContinuation { waiting = $0 }
        throw StoreError(.unavailable, "refused")
    }

    var mayLoseOutcomes: Bool { store.mayLoseOutcomes }
    var isAvailable: Bool { store.isAvailable }
    func query(_ statement: Statement) async throws(StoreError) -> ResultSet { try await store.query(statement) }
    func migrate(_ migrations: [Migration]) async throws(StoreError) { try await store.migrate(migrations) }
    func close() async { await store.close() }
}
