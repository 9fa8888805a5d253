/// Which writes to a write-ahead log may wait for the commit they belong to, and when they are due.
///
/// SQLite hands over a frame (https://www.sqlite.org/fileformat2.html#the_write_ahead_log) as two writes, a header of 24
/// bytes and the page; nobody reads them before the frame whose header names the database's size: that one commits. What
/// is kept is one run of bytes, and it is due with that page. Every other write comes after what is kept, by itself.
///
/// Where a transaction is too large for the cache, a page may be written again over its frame; then SQLite goes back
/// and mends the headers after it, the last one after the commit's page. No write tells that it is the last, so from
/// then on nothing is kept, until the log begins anew.
struct SQLiteLogAppends {
    /// What is to be done with a write.
    enum Step: Equatable {
        /// It joins what is kept.
        case keep
        /// It joins what is kept, and all of that is due.
        case keepAndFlush
        /// What is kept is due; then this begins what is kept.
        case flushThenKeep
        /// What is kept is due; then this is written.
        case flushThenWrite
    }

    /// So many bytes are not kept any longer.
    static let bytesAtMost = 56 << 10
    private static let frameHeader = 24, logHeader = 32, smallestPage = 512

    /// Where in the file what is kept begins.
    private(set) var start: Int64 = 0
    /// How many bytes are kept.
    private(set) var count = 0
    private var isPageDue = false, isCommit = false, keepsNothing = false

    /// - Parameter bytes: What is to be written at `offset` of the file.
    mutating func take(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Step {
        let follows = count > 0 && offset == start + Int64(count)
        if isPageDue {
            guard follows && bytes.count >= Self.smallestPage else { return write() }
            isPageDue = false
            count += bytes.count
            return isCommit || count >= Self.bytesAtMost ? .keepAndFlush : .keep
        }
        if bytes.count == Self.logHeader && offset == 0 {
            keepsNothing = false
        } else {
            guard bytes.count == Self.frameHeader && !keepsNothing else { return write() }
            isPageDue = true
            // The database's size in pages, zero in a frame that does not commit.
            isCommit = bytes[4..<8].contains { $0 != 0 }
        }
        if follows {
            count += bytes.count
            return .keep
        }
        let isFirst = count == 0
        start = offset
        count = bytes.count
        return isFirst ? .keep : .flushThenKeep
    }

    /// What was kept is in the file, or given up.
    mutating func flushed() {
        count = 0
        isPageDue = false
    }

    private mutating func write() -> Step {
        keepsNothing = true
        return .flushThenWrite
    }
}
