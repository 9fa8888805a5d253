/// A database of one engine. All methods may be called from any task; none blocks the caller's thread, but for
/// `urgentTransaction`, and that only for a short time.
public protocol RecordStore: AnyObject, Sendable {
    /// Runs one statement that only reads and sees every transaction that has returned before. A statement that
    /// writes is refused with `.invalidStatement`.
    func query(_ statement: Statement) async throws(StoreError) -> ResultSet

    /// Runs the statements in order, all or nothing; durable when it returns. The answers stand in the order of the
    /// statements. `.conflict` and `.constraint` leave nothing behind; after `.outcomeUnknown` it may have happened.
    @discardableResult
    func transaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet]

    /// The same promise for a short transaction that an order waits for: a store that need not wait for a disk or
    /// another machine may run it on the caller's thread, which saves two changes of threads.
    @discardableResult
    func urgentTransaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet]

    /// Brings the schema up to date and records versions and checksums. Safe when two processes run it at once; a
    /// migration changed after it was applied is refused with `.migration`.
    func migrate(_ migrations: [Migration]) async throws(StoreError)

    /// Whether a transaction may end with `.outcomeUnknown`: where a link can break while it commits.
    var mayLoseOutcomes: Bool { get }

    /// Whether the last attempt to reach the database succeeded; for `/health`. Any thread.
    var isAvailable: Bool { get }

    /// Finishes what was accepted, then releases files and connections. Later calls throw `.closed`.
    func close() async
}

extension RecordStore {
    /// A store on this machine says what happened.
    public var mayLoseOutcomes: Bool { false }

    /// As any other.
    @discardableResult
    public func urgentTransaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet] {
        try await transaction(statements)
    }

    /// Runs one writing statement as a transaction of its own.
    @discardableResult
    public func execute(_ statement: Statement) async throws(StoreError) -> ResultSet {
        try await transaction([statement])[0]
    }
}
