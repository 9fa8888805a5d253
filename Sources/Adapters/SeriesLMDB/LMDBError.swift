import CLMDB
import Glibc
import Store

extension StoreError {
    /// The error of an LMDB call.
    init(lmdb code: Int32, _ context: String) {
        let text = String(cString: mdb_strerror(code))
        let kind: Code = switch code {
        case MDB_MAP_FULL, ENOSPC, EDQUOT, EFBIG: .diskFull
        case EACCES, EROFS, EPERM: .readOnly
        case ENOENT, ENOTDIR: .notFound
        case MDB_CORRUPTED, MDB_INVALID, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH, MDB_INCOMPATIBLE: .corrupted
        case EAGAIN, EBUSY, MDB_READERS_FULL: .busy
        default: .io
        }
        self.init(kind, context, underlying: "\(text) (LMDB \(code))")
    }
}

/// Throws where an LMDB call did not succeed.
@inline(__always)
func check(_ code: Int32, _ context: @autoclosure () -> String) throws(StoreError) {
    if code != MDB_SUCCESS { throw StoreError(lmdb: code, context()) }
}
