import CLMDB
public import Store

/// Copies of series files that others are using.
public enum LMDBBackup {
    /// Writes one version of a file, without its free pages, to a new file; whoever writes meanwhile does not wait.
    /// Blocks. Throws `.notFound`, `.corrupted`, `.diskFull`, `.io`; also where the new file is there already.
    public static func copy(from source: String, to target: String) throws(StoreError) {
        let context = "copying \(source)"
        var created: OpaquePointer?
        try check(mdb_env_create(&created), context)
        defer { mdb_env_close(created) }
        try check(mdb_env_open(created, source, UInt32(MDB_NOSUBDIR | MDB_RDONLY), 0o644), context)
        try check(mdb_env_copy2(created, target, UInt32(MDB_CP_COMPACT)), context)
    }
}
