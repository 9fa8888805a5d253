/// When to ask Redis how far a stream's groups have come: soon while few messages are unsettled, for somebody may wait
/// for each of them; less often the longer nothing happens, and at the old pace when many are under way.
struct FloorPace {
    /// The shortest and the longest pause between two questions.
    static let shortest: Int64 = 1_000_000, longest: Int64 = 20_000_000
    /// More unsettled messages than this on a stream are a flow: asking often would not make it faster.
    static let few = 64

    /// Since when nothing was settled.
    private var since: Int64 = 0
    /// The time of the next question.
    private(set) var due: Int64 = .max

    /// The first message was sent, or some were settled.
    mutating func progressed(at now: Int64, unsettled: Int) {
        since = now
        plan(at: now, unsettled: unsettled)
    }

    /// An answer brought nothing new: the pause grows with the time that has passed, by a quarter.
    mutating func stalled(at now: Int64, unsettled: Int) { plan(at: now, unsettled: unsettled) }

    /// The question was put, or nothing is left to ask for.
    mutating func rest() { due = .max }

    private mutating func plan(at now: Int64, unsettled: Int) {
        if unsettled == 0 {
            due = .max
        } else if unsettled > Self.few {
            due = now + Self.longest
        } else {
            due = now + max(Self.shortest, min(Self.longest, (now - since) / 4))
        }
    }
}
