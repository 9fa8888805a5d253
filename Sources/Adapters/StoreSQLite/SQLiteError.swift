import CSQLite
import Glibc
import Store

extension StoreError {
    /// The error a connection has just reported. `code` is the extended result code.
    init(sqlite code: Int32, _ context: String, connection: OpaquePointer?) {
        let text = connection.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        let system = connection.map { sqlite3_system_errno($0) } ?? 0
        self.init(Self.code(sqlite: code, system: system), context, underlying: "\(text) (SQLite \(code))")
    }

    private static func code(sqlite code: Int32, system: Int32) -> Code {
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_FULL: .diskFull
        case SQLITE_READONLY, SQLITE_PERM: .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupted
        case SQLITE_CONSTRAINT: .constraint(constraint(code))
        case SQLITE_ERROR, SQLITE_RANGE, SQLITE_MISMATCH, SQLITE_TOOBIG: .invalidStatement
        case SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_AUTH: self.code(system: system)
        default: .io
        }
    }

    /// What a system error number means.
    private static func code(system: Int32) -> Code {
        switch system {
        case ENOSPC, EDQUOT: .diskFull
        case EROFS, EACCES, EPERM: .readOnly
        case ENOENT, ENOTDIR, EISDIR: .notFound
        default: .io
        }
    }

    private static func constraint(_ code: Int32) -> Constraint {
        switch code >> 8 {
        case 1: .check
        case 3: .foreignKey
        case 5: .notNull
        case 6, 8, 10: .unique
        default: .other
        }
    }

    /// Whether it tells that the database itself cannot be worked with, rather than this one call.
    var isOutage: Bool {
        switch code {
        case .io, .diskFull, .readOnly, .corrupted, .notFound: true
        default: false
        }
    }
}
