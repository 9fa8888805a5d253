import Market

/// Counts who has still to acknowledge a lossless message. Tickets rise by one, so a ledger is an array.
struct SettleLedger {
    private struct Line {
        var remaining: Int
        var source: String
        var id: MessageID
    }

    private var lines: [Line] = []
    private var base: UInt64 = 1
    private var settledAtFront = 0

    /// Messages that wait for somebody.
    var open: Int { lines.count - settledAtFront }

    /// The ticket of a message that `groups` (1 or more) must acknowledge.
    mutating func open(id: MessageID, source: String, groups: Int) -> UInt64 {
        lines.append(Line(remaining: groups, source: source, id: id))
        return base + UInt64(lines.count) - 1
    }

    /// One group has acknowledged; returns the message's source and id when it was the last.
    mutating func acknowledge(_ ticket: UInt64) -> (source: String, id: MessageID)? {
        let at = Int(ticket - base)
        lines[at].remaining -= 1
        if lines[at].remaining > 0 { return nil }
        let settled = (lines[at].source, lines[at].id)
        while settledAtFront < lines.count && lines[settledAtFront].remaining == 0 { settledAtFront += 1 }
        if settledAtFront == lines.count || (settledAtFront >= 4096 && settledAtFront * 2 >= lines.count) {
            lines.removeFirst(settledAtFront)
            base += UInt64(settledAtFront)
            settledAtFront = 0
        }
        return settled
    }
}
