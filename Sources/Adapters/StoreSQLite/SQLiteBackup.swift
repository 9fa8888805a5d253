import CSQLite
public import Store

/// Copies of databases that others are using.
public enum SQLiteBackup {
    /// Writes one version of a database, packed, to a new file; whoever writes to it meanwhile does not wait. Blocks.
    /// Throws `.notFound`, `.corrupted`, `.diskFull`, `.io`; also where the new file is there already.
    public static func copy(from source: String, to target: String) throws(StoreError) {
        try withDatabase(source) { handle throws(StoreError) in
            var prepared: OpaquePointer?
            defer { sqlite3_finalize(prepared) }
            try check(sqlite3_prepare_v2(handle, "VACUUM INTO ?1", -1, &prepared, nil), "copying \(source)", handle)
            let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            try check(sqlite3_bind_text(prepared, 1, target, -1, copied), "copying \(source)", handle)
            let code = sqlite3_step(prepared)
            guard code == SQLITE_DONE else { throw StoreError(sqlite: code, "copying \(source)", connection: handle) }
        }
    }

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
        var opened: OpaquePointer?
        defer { sqlite3_close_v2(opened) }
        try check(sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, nil), path, opened)
        guard let opened else { throw StoreError(.io, "opening \(path)") }
        sqlite3_busy_timeout(opened, 10_000)
        return try body(opened)
    }

    private static func check(_ code: Int32, _ context: String, _ handle: OpaquePointer?) throws(StoreError) {
        if code != SQLITE_OK { throw StoreError(sqlite: code, context, connection: handle) }
    }
}
