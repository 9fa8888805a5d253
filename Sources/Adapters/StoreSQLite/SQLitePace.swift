import Glibc

/// Whether transactions are short enough to run on their callers' thread. After one that was not (the disk was busy,
/// the log's pages had to be written back) they go to the writer's thread for a while, so that a slow disk holds
/// a caller up once in that time, and not at each commit.
struct SQLitePace {
    /// A transaction that takes longer is not short.
    static let limitNanoseconds: Int64 = 5_000_000
    /// How long none runs on a caller's thread after one that was not short.
    static let pauseNanoseconds: Int64 = 1_000_000_000

    private var quickFrom: Int64 = .min

    /// Monotonic nanoseconds.
    var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Whether the next one may run on its caller's thread.
    var isQuick: Bool { quickFrom == .min || now >= quickFrom }

    /// One ended that began at `began`.
    mutating func took(since began: Int64) {
        let ended = now
        quickFrom = ended - began > Self.limitNanoseconds ? ended + Self.pauseNanoseconds : .min
    }
}
