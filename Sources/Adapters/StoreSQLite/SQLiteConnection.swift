import CSQLite
import Glibc
import Runtime
import Store

/// One connection with its prepared statements. Used by one thread only; closed by `close`.
final class SQLiteConnection {
    private let handle: OpaquePointer
    private let path: String
    private var cache: [String: SQLitePrepared] = [:]
    private var uses = 0
    private static let cacheLimit = 256
    /// How many pages the log held after this connection's last commit; SQLite writes it in its hook.
    private let logLength: UnsafeMutablePointer<Int32>

    /// Opens or creates the file. Throws `.readOnly`, `.notFound`, `.corrupted`, `.busy`.
    init(path: String, configuration: SQLiteConfiguration, readOnly: Bool) throws(StoreError) {
        var opened: OpaquePointer?
        let flags = (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
            | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &opened, flags, SQLiteLogFile.vfs)
        guard code == SQLITE_OK, let opened else {
            let error = StoreError(sqlite: code, "opening \(path)", connection: opened)
            sqlite3_close_v2(opened)
            // SQLite reports its second, read-only attempt; what stopped the first one was the folder.
            guard code & 0xff == SQLITE_CANTOPEN, let folder = Self.folderFailure(path) else { throw error }
            throw StoreError(folder, "opening \(path)", underlying: error.underlying)
        }
        handle = opened
        self.path = path
        logLength = .allocate(capacity: 1)
        logLength.initialize(to: 0)
        sqlite3_busy_timeout(handle, Int32(configuration.busyTimeoutMilliseconds))
        do throws(StoreError) {
            if !readOnly { try turnLogOn(configuration) }
            try execute("PRAGMA synchronous = \(configuration.synchronous.rawValue)")
            try execute("PRAGMA foreign_keys = ON")
            try execute("PRAGMA temp_store = MEMORY")
            // What a transaction writes to the log before it commits, then again, and then takes back in part (ROLLBACK TO,
            // a constraint inside a statement) leaves SQLite 3.40 chaining checksums from a frame that is gone: recovery
            // stops there and loses every commit behind it. A transaction stays in memory until it commits.
            try execute("PRAGMA cache_spill = OFF")
            if let limit = configuration.pageLimit { try execute("PRAGMA max_page_count = \(limit)") }
            // Touches the file's header, so that a damaged file or a read-only folder shows now.
            try execute("PRAGMA user_version")
            // Takes the place of SQLite's own hook, which folds the log back inside a commit.
            sqlite3_wal_hook(handle, { length, _, _, pages in
                length?.assumingMemoryBound(to: Int32.self).pointee = pages
                return SQLITE_OK
            }, logLength)
            if !readOnly { SQLiteLogFile.watch(handle) }
        } catch {
            sqlite3_close_v2(handle)
            logLength.deallocate()
            throw error
        }
    }

    /// Where several processes turn a new file's log on at the same moment, SQLite answers some of them `.busy` without
    /// the wait that it was told: it is asked again as long.
    private func turnLogOn(_ configuration: SQLiteConfiguration) throws(StoreError) {
        let clock = SystemClock()
        let deadline = clock.monotonic + Int64(configuration.busyTimeoutMilliseconds) * 1_000_000
        while true {
            do throws(StoreError) {
                return try execute("PRAGMA journal_mode = WAL")
            } catch where error.code == .busy && clock.monotonic < deadline {
                sqlite3_sleep(2)
            }
        }
    }

    /// Why files cannot be made beside `path`; nil where they can.
    private static func folderFailure(_ path: String) -> StoreError.Code? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.joined(separator: "/") + "/"
        if access(folder, W_OK) == 0 { return nil }
        return errno == ENOENT || errno == ENOTDIR ? .notFound : .readOnly
    }

    /// Finishes the prepared statements and closes; the last connection also folds the log into the file.
    func close() {
        for prepared in cache.values { prepared.finish() }
        cache = [:]
        sqlite3_close_v2(handle)
        logLength.deallocate()
    }

    /// How long to wait for another process that writes.
    func setBusyTimeout(milliseconds: Int) { sqlite3_busy_timeout(handle, Int32(milliseconds)) }

    /// How many pages the log held after the last commit.
    var logPages: Int { Int(logLength.pointee) }

    /// Copies what it can of the log into the file and flushes both; waits for nobody. What fails is tried again
    /// with the next: nothing is lost while it is in the log.
    func checkpoint() { sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil) }

    /// Whether no transaction is open: after some errors SQLite rolls back by itself.
    var isOutsideTransaction: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// Runs SQL without parameters and drops its rows.
    func execute(_ sql: String) throws(StoreError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw StoreError(sqlite: code, "\(sql) on \(path)", connection: handle) }
    }

    /// Runs a statement without parameters and rows that comes again and again.
    func perform(_ sql: String) throws(StoreError) {
        let prepared = try prepare(sql)
        defer { prepared.reset() }
        _ = try prepared.step()
    }

    /// Runs one statement to its end. `readOnly` refuses a statement that writes.
    func run(_ statement: Statement, readOnly: Bool = false) throws(StoreError) -> ResultSet {
        let prepared = try prepare(statement.sql)
        if readOnly && !prepared.isReadOnly {
            throw StoreError(.invalidStatement, statement.sql, underlying: "a query must not write")
        }
        defer { prepared.reset() }
        try prepared.bind(statement.parameters)
        let before = sqlite3_total_changes64(handle)
        var result = ResultSet(columns: prepared.columns)
        while try prepared.step() { result.rows.append(prepared.row()) }
        if sqlite3_total_changes64(handle) != before { result.changes = Int(sqlite3_changes64(handle)) }
        return result
    }

    private func prepare(_ sql: String) throws(StoreError) -> SQLitePrepared {
        uses += 1
        if let known = cache[sql] {
            known.lastUse = uses
            return known
        }
        if cache.count >= Self.cacheLimit, let oldest = cache.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            cache.removeValue(forKey: oldest)?.finish()
        }
        let prepared = try SQLitePrepared(sql, connection: handle)
        prepared.lastUse = uses
        cache[sql] = prepared
        return prepared
    }
}
