/// How much the low lane does at a time. Redis works off all that one connection has sent before it looks at others, so a
/// large step of the low lane is a wait of the upper ones. While those are in use its steps are small; alone, they are
/// large, since small ones cost it some two fifths of what it carries.
struct LowLanePace {
    /// Upper lanes are in use for so long after their last message.
    static let patienceNanoseconds: Int64 = 1_000_000_000

    private var upperAt: Int64?

    /// A message of an upper lane was sent or read.
    mutating func noteUpper(at monotonic: Int64) { upperAt = monotonic }

    /// The most commands without an answer.
    func window(at monotonic: Int64) -> Int { isNarrow(monotonic) ? 24 : 128 }

    /// The most entries read at once.
    func entries(at monotonic: Int64) -> Int { isNarrow(monotonic) ? 8 : 32 }

    private func isNarrow(_ monotonic: Int64) -> Bool {
        upperAt.map { monotonic - $0 < Self.patienceNanoseconds } ?? false
    }
}
