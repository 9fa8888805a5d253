import Store

/// A records store that is not there: for describing engines that do not run in this process.
final class AbsentRecords: RecordStore {
    private static let error = StoreError(.unavailable, "this process has no records store")

    func query(_ statement: Statement) async throws(StoreError) -> ResultSet { throw Self.error }
    func transaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet] { throw Self.error }
    func migrate(_ migrations: [Migration]) async throws(StoreError) { throw Self.error }
    var isAvailable: Bool { false }
    func close() async {}
}
