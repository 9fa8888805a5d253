import CLMDB
import Store

/// One LMDB transaction; used by the thread that began it. Memory it hands out is valid until the next write in it, or
/// its end.
final class LMDBTransaction {
    /// The context of a failure to begin: a stale map shows there.
    static let beginning = "beginning a series transaction"

    let handle: OpaquePointer
    /// Whether a call failed for want of reserved address space: growing the map helps.
    private(set) var isMapFull = false

    init(_ environment: OpaquePointer, flags: UInt32) throws(StoreError) {
        var opened: OpaquePointer?
        let code = mdb_txn_begin(environment, nil, flags, &opened)
        guard code == MDB_SUCCESS, let opened else { throw StoreError(lmdb: code, Self.beginning) }
        handle = opened
    }

    /// Runs `body`, then commits; aborts where it throws. The transaction is spent either way.
    func commit<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
        let value: T
        do throws(StoreError) {
            value = try body()
        } catch {
            mdb_txn_abort(handle)
            throw error
        }
        try verify(mdb_txn_commit(handle), "committing series")
        return value
    }

    /// The value of a key; nil where there is none.
    func get(_ table: MDB_dbi, _ key: UnsafeRawBufferPointer) throws(StoreError) -> UnsafeRawBufferPointer? {
        var key = MDB_val(key), value = MDB_val()
        let code = mdb_get(handle, table, &key, &value)
        if code == MDB_NOTFOUND { return nil }
        try verify(code, "reading series")
        return UnsafeRawBufferPointer(value)
    }

    /// Makes room for a value of `count` bytes, to be filled before the next call.
    func reserve(
        _ table: MDB_dbi, _ key: UnsafeRawBufferPointer, count: Int
    ) throws(StoreError) -> UnsafeMutableRawPointer {
        var key = MDB_val(key), value = MDB_val(mv_size: count, mv_data: nil)
        try verify(mdb_put(handle, table, &key, &value, UInt32(MDB_RESERVE)), "writing series")
        return value.mv_data
    }

    /// Stores a value.
    func put(_ table: MDB_dbi, _ key: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try reserve(table, key, count: bytes.count).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    }

    /// Removes a key; false where there is none.
    @discardableResult
    func delete(_ table: MDB_dbi, _ key: UnsafeRawBufferPointer) throws(StoreError) -> Bool {
        var key = MDB_val(key)
        let code = mdb_del(handle, table, &key, nil)
        if code == MDB_NOTFOUND { return false }
        try verify(code, "removing series")
        return true
    }

    /// A number under a short name.
    func number(_ table: MDB_dbi, _ name: StaticString) throws(StoreError) -> UInt64? {
        let key = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return try get(table, key).map { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    /// Stores a number under a short name.
    func setNumber(_ table: MDB_dbi, _ name: StaticString, _ value: UInt64) throws(StoreError) {
        let key = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        try reserve(table, key, count: 8).storeBytes(of: value.littleEndian, as: UInt64.self)
    }

    private func verify(_ code: Int32, _ context: StaticString) throws(StoreError) {
        if code == MDB_SUCCESS { return }
        if code == MDB_MAP_FULL { isMapFull = true }
        throw StoreError(lmdb: code, "\(context)")
    }
}

/// A place in a table. `close` before the transaction ends.
struct LMDBCursor {
    typealias Entry = (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)
    private let handle: OpaquePointer

    init(_ transaction: LMDBTransaction, _ table: MDB_dbi) throws(StoreError) {
        var opened: OpaquePointer?
        try check(mdb_cursor_open(transaction.handle, table, &opened), "walking series")
        guard let opened else { throw StoreError(.io, "walking series") }
        handle = opened
    }

    func close() { mdb_cursor_close(handle) }

    /// The first entry at or after a key.
    func seek(_ key: UnsafeRawBufferPointer) throws(StoreError) -> Entry? { try move(MDB_val(key), MDB_SET_RANGE) }

    /// The entry after the present one.
    func next() throws(StoreError) -> Entry? { try move(MDB_val(), MDB_NEXT) }

    /// The entry before the present one; the last one where the cursor stands nowhere.
    func previous() throws(StoreError) -> Entry? { try move(MDB_val(), MDB_PREV) }

    /// The last entry of the table.
    func last() throws(StoreError) -> Entry? { try move(MDB_val(), MDB_LAST) }

    /// Removes the present entry.
    func delete() throws(StoreError) { try check(mdb_cursor_del(handle, 0), "removing series") }

    private func move(_ key: MDB_val, _ operation: MDB_cursor_op) throws(StoreError) -> Entry? {
        var key = key, value = MDB_val()
        let code = mdb_cursor_get(handle, &key, &value, operation)
        if code == MDB_NOTFOUND { return nil }
        try check(code, "walking series")
        return (UnsafeRawBufferPointer(key), UnsafeRawBufferPointer(value))
    }
}

extension MDB_val {
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}

extension UnsafeRawBufferPointer {
    init(_ value: MDB_val) { self.init(start: value.mv_data, count: value.mv_size) }
}
