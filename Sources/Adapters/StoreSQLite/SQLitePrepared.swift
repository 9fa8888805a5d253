import CSQLite
import Store

/// A compiled statement. Belongs to its connection's thread.
final class SQLitePrepared {
    private let sql: String
    private let connection: OpaquePointer
    private let handle: OpaquePointer
    /// `positions[i]` is the index in `Statement.parameters` of SQLite's parameter i + 1.
    private let positions: [Int]
    private let parameterCount: Int
    /// For the cache's choice of what to drop.
    var lastUse = 0

    /// Compiles the text; it must be one statement whose parameters are `$1`, `$2` ….
    init(_ sql: String, connection: OpaquePointer) throws(StoreError) {
        var compiled: OpaquePointer?
        var isSingle = true
        var text = sql
        let code = text.withUTF8 { bytes -> Int32 in
            bytes.withMemoryRebound(to: CChar.self) { chars in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    connection, chars.baseAddress, Int32(chars.count), UInt32(SQLITE_PREPARE_PERSISTENT), &compiled,
                    &tail)
                if let tail, let start = chars.baseAddress {
                    isSingle = bytes[(tail - start)...].allSatisfy { $0 == 32 || $0 == 10 || $0 == 13 || $0 == 9 }
                }
                return code
            }
        }
        guard code == SQLITE_OK else { throw StoreError(sqlite: code, sql, connection: connection) }
        guard let compiled, isSingle else {
            sqlite3_finalize(compiled)
            throw StoreError(.invalidStatement, sql, underlying: "exactly one statement is wanted")
        }
        var positions: [Int] = []
        for index in 0..<sqlite3_bind_parameter_count(compiled) {
            guard let name = sqlite3_bind_parameter_name(compiled, index + 1), name[0] == UInt8(ascii: "$"),
                let number = Int(String(cString: name + 1)), number > 0
            else {
                sqlite3_finalize(compiled)
                throw StoreError(.invalidStatement, sql, underlying: "parameters are $1, $2 …")
            }
            positions.append(number - 1)
        }
        self.sql = sql
        self.connection = connection
        self.positions = positions
        parameterCount = (positions.max() ?? -1) + 1
        handle = compiled
    }

    /// Releases it.
    func finish() { sqlite3_finalize(handle) }

    /// Makes it ready for the next run; keeps no parameter.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// Whether it cannot change the database.
    var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    /// Names of the result's columns.
    var columns: [String] {
        (0..<sqlite3_column_count(handle)).map { String(cString: sqlite3_column_name(handle, $0)) }
    }

    /// Sets every parameter; their number must be the highest `$n`.
    func bind(_ parameters: [SQLValue]) throws(StoreError) {
        guard parameters.count == parameterCount else {
            let text = "\(parameters.count) parameters given, \(parameterCount) wanted"
            throw StoreError(.invalidStatement, sql, underlying: text)
        }
        // SQLITE_TRANSIENT, a cast macro Swift does not import: SQLite copies the bytes.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (offset, position) in positions.enumerated() {
            let index = Int32(offset + 1)
            let code = switch parameters[position] {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let value): sqlite3_bind_int64(handle, index, value)
            case .real(let value): sqlite3_bind_double(handle, index, value)
            case .text(let value): sqlite3_bind_text(handle, index, value, Int32(value.utf8.count), transient)
            case .blob(let bytes) where bytes.isEmpty: sqlite3_bind_zeroblob(handle, index, 0)
            case .blob(let bytes): sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), transient)
            }
            if code != SQLITE_OK { throw StoreError(sqlite: code, sql, connection: connection) }
        }
    }

    /// Advances to the next row; false at the end.
    func step() throws(StoreError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw StoreError(sqlite: code, sql, connection: connection)
        }
    }

    /// The present row, copied.
    func row() -> [SQLValue] { (0..<sqlite3_column_count(handle)).map(value) }

    private func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT:
            return .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default:
            return .null
        }
    }
}
