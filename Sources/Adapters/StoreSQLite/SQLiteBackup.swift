import CSQLite
import Glibc
public import Store

/// One version of a database that others are using, held from when this is made until it is closed: so the versions of
/// several databases lie a moment apart, however long copying them takes. Whoever writes meanwhile does not wait.
public struct SQLiteSnapshot {
    private let source: String
    private let handle: OpaquePointer

    /// Takes it. Throws `.notFound`, `.corrupted`, `.busy`.
    public init(of source: String) throws(StoreError) {
        self.source = source
        handle = try SQLiteBackup.open(source, SQLITE_OPEN_READWRITE)
        do throws(StoreError) {
            // A transaction begins to hold its version with the first look at the file.
            for sql in ["BEGIN", "PRAGMA user_version"] {
                try SQLiteBackup.check(sqlite3_exec(handle, sql, nil, nil, nil), "reading \(source)", handle)
            }
        } catch {
            sqlite3_close_v2(handle)
            throw error
        }
    }

    /// Lets it go; call once.
    public func close() { sqlite3_close_v2(handle) }

    /// Writes it to a new file. Blocks. Throws `.corrupted`, `.diskFull`, `.io`; `.conflict` where the file is there.
    public func copy(to target: String) throws(StoreError) {
        guard access(target, F_OK) != 0 else { throw StoreError(.conflict, "\(target) is there already") }
        let copy = try SQLiteBackup.open(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        defer { sqlite3_close_v2(copy) }
        guard let backup = sqlite3_backup_init(copy, "main", handle, "main") else {
            throw StoreError(sqlite: sqlite3_errcode(copy), "copying \(source)", connection: copy)
        }
        let code = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE else { throw StoreError(sqlite: code, "copying \(source)", connection: copy) }
        // The copy is this one file: it was written without a log.
        try SQLiteBackup.check(
            sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", nil, nil, nil), "copying \(source)", copy)
    }
}

/// Looks into databases that others are using.
public enum SQLiteBackup {
    /// Reads rows as text, nil for nulls, on a link of its own. Blocks. Throws as `copy`.
    public static func rows(of source: String, _ sql: String) throws(StoreError) -> [[String?]] {
        try withDatabase(source) { handle throws(StoreError) in
            var prepared: OpaquePointer?
            defer { sqlite3_finalize(prepared) }
            try check(sqlite3_prepare_v2(handle, sql, -1, &prepared, nil), "reading \(source)", handle)
            var rows: [[String?]] = []
            while true {
                let code = sqlite3_step(prepared)
                if code == SQLITE_DONE { return rows }
                guard code == SQLITE_ROW else { throw StoreError(sqlite: code, "reading \(source)", connection: handle) }
                rows.append((0..<sqlite3_column_count(prepared)).map { column in
                    sqlite3_column_text(prepared, column).map { text in
                        let count = Int(sqlite3_column_bytes(prepared, column))
                        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
                    }
                })
            }
        }
    }

    private static func withDatabase<T>(
        _ path: String, _ body: (OpaquePointer) throws(StoreError) -> T
    ) throws(StoreError) -> T {
        let opened = try open(path, SQLITE_OPEN_READWRITE)
        defer { sqlite3_close_v2(opened) }
        return try body(opened)
    }

    fileprivate static func open(_ path: String, _ flags: Int32) throws(StoreError) -> OpaquePointer {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let error = StoreError(sqlite: code, path, connection: opened)
            sqlite3_close_v2(opened)
            throw error
        }
        sqlite3_busy_timeout(opened, 10_000)
        return opened
    }

    fileprivate static func check(_ code: Int32, _ context: String, _ handle: OpaquePointer?) throws(StoreError) {
        if code != SQLITE_OK { throw StoreError(sqlite: code, context, connection: handle) }
    }
}
