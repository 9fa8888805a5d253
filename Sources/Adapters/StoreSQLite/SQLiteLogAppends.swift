/// Which writes to a write-ahead log may wait for the commit they belong to, and when they are due.
///
/// SQLite hands over a frame (https://www.sqlite.org/fileformat2.html#the_write_ahead_log) as two writes, a header of 24
/// bytes and the page; nobody reads them before the frame whose header names the database's size: that one commits. What
/// is kept is one run of bytes, and it is due with that page.
///
/// Only a commit's frames are kept, from its beginning to that page. What a transaction too large for the cache writes
/// sooner may be rolled back, and then another process may write there; the headers that SQLite mends where such a
/// transaction wrote a page twice come after that page.
struct SQLiteLogAppends {
    /// What is to be done with a write.
    enum Step: Equatable {
        /// It joins what is kept.
        case keep
        /// It joins what is kept, and all of that is due.
        case keepAndFlush
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
    private var isCommitting = false, isPageDue = false, isLast = false

    /// A transaction is about to be written whole and to commit.
    mutating func beginCommit() { isCommitting = true }

    /// From now on nothing is kept until the next commit begins: this one failed, or wrote what is not expected of it.
    mutating func endCommit() { isCommitting = false }

    /// - Parameter bytes: What is to be written at `offset` of the file.
    mutating func take(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Step {
        let follows = count == 0 || offset == start + Int64(count)
        let isPage = isPageDue && bytes.count >= Self.smallestPage
        let isHead = !isPageDue
            && (bytes.count == Self.frameHeader || bytes.count == Self.logHeader && offset == 0 && count == 0)
        guard isCommitting && follows && (isPage || isHead) else {
            endCommit()
            return .flushThenWrite
        }
        if count == 0 { start = offset }
        count += bytes.count
        if isHead {
            isPageDue = bytes.count == Self.frameHeader
            // The database's size in pages, zero in a frame that does not commit.
            if isPageDue { isLast = bytes[4..<8].contains { $0 != 0 } }
            return .keep
        }
        isPageDue = false
        if isLast { endCommit() }
        return isLast || count >= Self.bytesAtMost ? .keepAndFlush : .keep
    }

    /// What was kept is in the file, or given up.
    mutating func flushed() {
        count = 0
        isPageDue = false
    }
}
