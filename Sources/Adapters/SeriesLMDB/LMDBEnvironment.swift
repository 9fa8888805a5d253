import CLMDB
import Glibc
import Store

/// The open file: LMDB's environment and its three tables, shared by the writer's and the readers' threads.
///
/// LMDB's handles may be used from any thread (the environment is opened with `MDB_NOTLS`); `nonisolated(unsafe)` says
/// so to the compiler. Growing the map is the one thing no transaction of this process may see: readers hold `map`
/// shared, the writer takes it alone. `gate` keeps a stream of readers from starving the writer.
final class LMDBEnvironment: Sendable {
    nonisolated(unsafe) let handle: OpaquePointer
    let series: MDB_dbi
    let chunks: MDB_dbi
    let meta: MDB_dbi
    let pageSize: Int
    let helpers = SeriesHelpers()
    let file: OpenedFile?
    private let path: String
    nonisolated(unsafe) private let map: UnsafeMutablePointer<pthread_rwlock_t>
    nonisolated(unsafe) private let gate: UnsafeMutablePointer<pthread_mutex_t>
    private static let format: UInt64 = 1

    /// Opens or creates the file; blocks. Throws `.readOnly`, `.notFound`, `.diskFull`, `.corrupted`.
    init(_ configuration: LMDBSeriesConfiguration) throws(StoreError) {
        var created: OpaquePointer?
        let context = "opening \(configuration.path)"
        try check(mdb_env_create(&created), context)
        guard let handle = created else { throw StoreError(.io, context) }
        var tables: [MDB_dbi] = []
        var status = MDB_stat()
        do throws(StoreError) {
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            let size = max(configuration.mapBytes, Self.fileSize(configuration.path) + (1 << 20))
            try check(mdb_env_set_mapsize(handle, (size + page - 1) / page * page), context)
            try check(mdb_env_set_maxdbs(handle, 3), context)
            let lazy = configuration.durability == .lazy ? UInt32(MDB_NOMETASYNC) : 0
            let flags = UInt32(MDB_NOSUBDIR) | UInt32(MDB_NOTLS) | lazy
            try check(mdb_env_open(handle, configuration.path, flags, 0o644), context)
            try Self.checkLength(handle, configuration.path)
            var dead: Int32 = 0
            try check(mdb_reader_check(handle, &dead), context)
            try check(mdb_env_stat(handle, &status), context)
            tables = try Self.openTables(handle, context)
        } catch {
            mdb_env_close(handle)
            throw error
        }
        self.handle = handle
        path = configuration.path
        file = OpenedFile(configuration.path)
        (series, chunks, meta) = (tables[0], tables[1], tables[2])
        pageSize = Int(status.ms_psize)
        map = .allocate(capacity: 1)
        gate = .allocate(capacity: 1)
        pthread_rwlock_init(map, nil)
        pthread_mutex_init(gate, nil)
    }

    deinit {
        mdb_env_close(handle)
        pthread_rwlock_destroy(map)
        pthread_mutex_destroy(gate)
        map.deallocate()
        gate.deallocate()
    }

    /// Runs `body` while the map cannot move.
    func withStableMap<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
        pthread_mutex_lock(gate)
        pthread_rwlock_rdlock(map)
        pthread_mutex_unlock(gate)
        defer { pthread_rwlock_unlock(map) }
        return try body()
    }

    /// Bytes reserved, and bytes used up to the last page.
    var extent: (reserved: Int, used: Int) {
        var info = MDB_envinfo()
        mdb_env_info(handle, &info)
        return (info.me_mapsize, (info.me_last_pgno + 1) * pageSize)
    }

    /// Reserves at least `bytes` of address space, or follows another process that did. The writer's thread only,
    /// outside its transaction; waits for readers to finish.
    func grow(toAtLeast bytes: Int) throws(StoreError) {
        pthread_mutex_lock(gate)
        pthread_rwlock_wrlock(map)
        defer {
            pthread_rwlock_unlock(map)
            pthread_mutex_unlock(gate)
        }
        // A reader that was killed, a backup say, would keep every page since then from being used again.
        var dead: Int32 = 0
        try check(mdb_reader_check(handle, &dead), "looking for dead readers of the series")
        let size = (max(bytes, extent.reserved) + pageSize - 1) / pageSize * pageSize
        try check(mdb_env_set_mapsize(handle, size), "reserving \(size) bytes for series")
    }

    /// Follows another process that made the file larger.
    func followMap() throws(StoreError) {
        pthread_mutex_lock(gate)
        pthread_rwlock_wrlock(map)
        defer {
            pthread_rwlock_unlock(map)
            pthread_mutex_unlock(gate)
        }
        try check(mdb_env_set_mapsize(handle, 0), "following the series file")
    }

    /// A write that the device took only in part is an I/O error to LMDB: where little room is left, it was the room.
    func explain(_ error: StoreError, wanted: Int) -> StoreError {
        var status = statvfs()
        guard error.code == .io, statvfs(path, &status) == 0 else { return error }
        guard Int(status.f_bavail) * Int(status.f_frsize) < wanted else { return error }
        return StoreError(.diskFull, error.context, underlying: error.underlying)
    }

    private static func openTables(_ handle: OpaquePointer, _ context: String) throws(StoreError) -> [MDB_dbi] {
        let transaction = try LMDBTransaction(handle, flags: 0)
        return try transaction.commit { () throws(StoreError) in
            var tables: [MDB_dbi] = []
            for name in ["series", "chunks", "meta"] {
                var table: MDB_dbi = 0
                try check(mdb_dbi_open(transaction.handle, name, UInt32(MDB_CREATE), &table), context)
                tables.append(table)
            }
            let stored = try transaction.number(tables[2], "format")
            guard stored == nil || stored == format else {
                throw StoreError(.corrupted, context, underlying: "format \(stored ?? 0), not \(format)")
            }
            if stored == nil { try transaction.setNumber(tables[2], "format", format) }
            return tables
        }
    }

    /// A file cut short would end the process when a missing page is touched: refuse it now.
    private static func checkLength(_ handle: OpaquePointer, _ path: String) throws(StoreError) {
        var info = MDB_envinfo()
        var status = MDB_stat()
        mdb_env_info(handle, &info)
        mdb_env_stat(handle, &status)
        let wanted = (info.me_last_pgno + 1) * Int(status.ms_psize)
        // A new file holds its two header pages only when the first write has ended.
        if info.me_last_txnid > 0 && fileSize(path) < wanted {
            throw StoreError(.corrupted, path, underlying: "\(fileSize(path)) bytes, not \(wanted)")
        }
    }

    private static func fileSize(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
