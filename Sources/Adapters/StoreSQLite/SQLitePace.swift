/// Whether transactions are short enough to run on their callers' thread. After one that was not (the disk was busy,
/// the log's pages had to be written back) they go to the writer's thread until a few there were short: a disk that hangs
/// once delays a handful, one that stays slow holds a caller up ever more seldom.
struct SQLitePace {
    /// A transaction that takes longer is not short.
    static let limitNanoseconds: Int64 = 5_000_000
    /// So many in a row must be short on the writer's thread before the callers' is used again, and at most so many: each
    /// time that the first one back is slow again the number doubles.
    static let fewestShort = 4, mostShort = 1024

    private var owed = 0, price = SQLitePace.fewestShort
    /// Whether a transaction on a caller's thread was short since the last that was not.
    private var isProven = true

    /// Whether the next one may run on its caller's thread.
    var isQuick: Bool { owed == 0 }

    /// One ended on its caller's thread.
    mutating func tookHere(_ nanoseconds: Int64) {
        if nanoseconds <= Self.limitNanoseconds {
            isProven = true
            return
        }
        price = isProven ? Self.fewestShort : min(2 * price, Self.mostShort)
        owed = price
        isProven = false
    }

    /// One, or a group of them, ended on the writer's thread.
    mutating func tookOnItsThread(_ nanoseconds: Int64) {
        guard owed > 0 else { return }
        owed = nanoseconds <= Self.limitNanoseconds ? owed - 1 : price
    }
}
