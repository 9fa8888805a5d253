/// How often lost entries are published again where somebody goes on deleting them: after a second, then twice as long
/// each time up to five minutes, until it has been quiet for ten times the last pause.
struct LossPace {
    private static let shortest: Int64 = 1_000_000_000, longest: Int64 = 300_000_000_000
    private var pause = LossPace.shortest
    private var last: Int64?

    /// Entries were lost at a time of the monotonic clock. Whether they are published again now.
    mutating func note(at now: Int64) -> Bool {
        if let last {
            if now - last < pause { return false }
            pause = now - last < 10 * pause ? min(pause * 2, Self.longest) : Self.shortest
        }
        last = now
        return true
    }
}
