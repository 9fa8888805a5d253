import CSQLite
import Glibc

/// A write-ahead log to which a commit is written at once, in place of two writes a page: one system call instead of a
/// dozen, and no page of the file that must be read because half of it is written.
///
/// Lies in memory that SQLite owns, with the file of the system's VFS behind it.
struct SQLiteLogFile {
    /// First, as SQLite finds its methods here.
    private var base: sqlite3_file
    private let file: UnsafeMutablePointer<sqlite3_file>
    /// Room for what is kept; nil until something is, as most connections only read.
    private var kept: UnsafeMutableRawPointer?
    private var appends = SQLiteLogAppends()

    /// A write ends with a page of the file, where a commit does: the next one need not be joined to old bytes.
    private static let filePage = 4096
    /// SQLite's page at most, and what is added to end with the file's.
    private static let room = SQLiteLogAppends.bytesAtMost + 65_536 + 2 * filePage
    /// The system's VFS writes less than 128 KB at a time.
    private static let bytesPerWrite = 65_536

    init(before file: UnsafeMutablePointer<sqlite3_file>) {
        base = sqlite3_file(pMethods: Self.methods)
        self.file = file
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        switch appends.take(bytes, at: offset) {
        case .keep:
            keep(bytes, at: offset)
            return SQLITE_OK
        case .keepAndFlush:
            keep(bytes, at: offset)
            return flush()
        case .flushThenWrite:
            let code = flush()
            return code == SQLITE_OK ? append(bytes, at: offset) : code
        }
    }

    /// Writes what is kept. Where that fails nothing is kept: the commit fails, and its frames are written again.
    mutating func flush() -> Int32 {
        let code = flush(appends.start, appends.count)
        appends.flushed()
        if code != SQLITE_OK { appends.endCommit() }
        return code
    }

    /// The transaction is rolled back.
    private mutating func giveUp() {
        appends.flushed()
        appends.endCommit()
    }

    private func flush(_ start: Int64, _ count: Int) -> Int32 {
        guard let kept, count > 0 else { return SQLITE_OK }
        let end = Int(start) + count, rest = (Self.filePage - end % Self.filePage) % Self.filePage
        // Behind the last frame nothing is valid: zeros are as good as what lies there.
        (kept + count).initializeMemory(as: UInt8.self, repeating: 0, count: rest)
        if append(UnsafeRawBufferPointer(start: kept, count: count + rest), at: start) == SQLITE_OK { return SQLITE_OK }
        // On a full disk there may be room without the zeros.
        return append(UnsafeRawBufferPointer(start: kept, count: count), at: start)
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
        let kept = kept ?? .allocate(byteCount: Self.room, alignment: 16)
        self.kept = kept
        if let start = bytes.baseAddress {
            (kept + Int(offset - appends.start)).copyMemory(from: start, byteCount: bytes.count)
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, Self.bytesPerWrite)
            let code = behind.pointee.xWrite(file, bytes.baseAddress.map { $0 + done }, Int32(count), offset + Int64(done))
            if code != SQLITE_OK { return code }
            done += count
        }
        return SQLITE_OK
    }

    private var behind: UnsafePointer<sqlite3_io_methods> { file.pointee.pMethods }

    private mutating func close() -> Int32 {
        kept?.deallocate()
        kept = nil
        return behind.pointee.xClose(file)
    }
}

// MARK: What SQLite calls

extension SQLiteLogFile {
    /// Has the log of a connection keep what each commit appends.
    static func watch(_ connection: OpaquePointer) {
        let context = UnsafeMutableRawPointer(connection)
        _ = sqlite3_commit_hook(connection, { connection in
            SQLiteLogFile.ofConnection(connection)?.pointee.appends.beginCommit()
            return 0
        }, context)
        _ = sqlite3_rollback_hook(connection, { connection in
            SQLiteLogFile.ofConnection(connection)?.pointee.giveUp()
        }, context)
    }

    /// The log of a connection; nil where it has none of ours.
    private static func ofConnection(_ connection: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<SQLiteLogFile>? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(connection.map { OpaquePointer($0) }, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard code == SQLITE_OK, let file, file.pointee.pMethods == methods else { return nil }
        return at(file)
    }

    /// The name of the VFS whose logs are written so; it is made at the first use, and is the system's in all else.
    static let vfs: String? = {
        // Nobody asks how much memory SQLite holds; counting takes a lock of the whole process at every allocation.
        _ = shim_sqlite_count_memory(0)
        guard let system = sqlite3_vfs_find(nil) else { return nil }
        let name = "nautilus-log"
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        vfs.pointee.zName = UnsafePointer(strdup(name))
        vfs.pointee.szOsFile = Int32(MemoryLayout<SQLiteLogFile>.stride) + system.pointee.szOsFile
        vfs.pointee.xOpen = { _, path, file, flags, opened in
            SQLiteLogFile.open(path, file, flags, opened)
        }
        return sqlite3_vfs_register(vfs, 0) == SQLITE_OK ? name : nil
    }()

    private static func open(
        _ path: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32,
        _ opened: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let system = sqlite3_vfs_find(nil), let file else { return SQLITE_CANTOPEN }
        guard flags & SQLITE_OPEN_WAL != 0 else { return system.pointee.xOpen(system, path, file, flags, opened) }
        let memory = UnsafeMutableRawPointer(file)
        let behind = (memory + MemoryLayout<SQLiteLogFile>.stride).assumingMemoryBound(to: sqlite3_file.self)
        let code = system.pointee.xOpen(system, path, behind, flags, opened)
        guard code == SQLITE_OK else {
            file.pointee.pMethods = nil
            return code
        }
        memory.initializeMemory(as: SQLiteLogFile.self, to: SQLiteLogFile(before: behind))
        return SQLITE_OK
    }

    private static func at(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<SQLiteLogFile> {
        UnsafeMutableRawPointer(file.unsafelyUnwrapped).assumingMemoryBound(to: SQLiteLogFile.self)
    }

    private typealias Call = (UnsafePointer<sqlite3_io_methods>, UnsafeMutablePointer<sqlite3_file>) -> Int32

    private static func behind(_ file: UnsafeMutablePointer<sqlite3_file>?, _ call: Call) -> Int32 {
        let log = at(file)
        return call(log.pointee.behind, log.pointee.file)
    }

    /// What SQLite reads, measures or cuts off is in the file first.
    private static func flushed(_ file: UnsafeMutablePointer<sqlite3_file>?, _ call: Call) -> Int32 {
        let code = at(file).pointee.flush()
        return code == SQLITE_OK ? behind(file, call) : code
    }

    /// The first version has no shared memory and no mapping: SQLite asks the database's file for those. Written once,
    /// before anybody has its address, and never changed or freed: hence `nonisolated(unsafe)`.
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        var table = sqlite3_io_methods()
        table.iVersion = 1
        table.xClose = { at($0).pointee.close() }
        table.xRead = { file, bytes, count, offset in flushed(file) { $0.pointee.xRead($1, bytes, count, offset) } }
        table.xWrite = { file, bytes, count, offset in
            at(file).pointee.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)), at: offset)
        }
        table.xTruncate = { file, size in flushed(file) { $0.pointee.xTruncate($1, size) } }
        table.xSync = { file, flags in flushed(file) { $0.pointee.xSync($1, flags) } }
        table.xFileSize = { file, size in flushed(file) { $0.pointee.xFileSize($1, size) } }
        table.xLock = { file, level in behind(file) { $0.pointee.xLock($1, level) } }
        table.xUnlock = { file, level in behind(file) { $0.pointee.xUnlock($1, level) } }
        table.xCheckReservedLock = { file, held in behind(file) { $0.pointee.xCheckReservedLock($1, held) } }
        table.xFileControl = { file, code, value in flushed(file) { $0.pointee.xFileControl($1, code, value) } }
        table.xSectorSize = { file in behind(file) { $0.pointee.xSectorSize($1) } }
        table.xDeviceCharacteristics = { file in behind(file) { $0.pointee.xDeviceCharacteristics($1) } }
        methods.initialize(to: table)
        return UnsafePointer(methods)
    }()
}
