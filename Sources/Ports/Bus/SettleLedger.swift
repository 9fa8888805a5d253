import Market

/// Counts who has still to acknowledge a lossless message. Tickets rise by one, so a ledger is an array.
struct SettleLedger {
    private struct Line {
        var remaining: Int32
        /// The number of its source.
        var source: Int32
        var id: MessageID
    }

    private var lines: [Line] = []
    private var base: UInt64 = 1
    private var settledAtFront = 0
    private var sources: [String] = []
    /// Lines that a dead letter keeps open, out of the array, which ends with the oldest open one.
    private var parked: [UInt64: Line] = [:]

    /// Messages that wait for somebody.
    var open: Int { lines.count - settledAtFront }

    /// Opens messages that `groups` (1 or more) must acknowledge; returns the first of their tickets.
    mutating func open(_ messages: ArraySlice<Message>, groups: Int) -> UInt64 {
        let first = base + UInt64(lines.count)
        var source = "", number: Int32 = -1
        for message in messages {
            if number < 0 || message.source != source {
                source = message.source
                number = numberOf(source)
            }
            lines.append(Line(remaining: Int32(groups), source: number, id: message.id))
        }
        return first
    }

    private mutating func numberOf(_ source: String) -> Int32 {
        if let index = sources.firstIndex(of: source) { return Int32(index) }
        sources.append(source)
        return Int32(sources.count - 1)
    }

    /// One group has acknowledged these (0 stands for none); tells the ids that it was the last for, by source.
    mutating func acknowledge(_ tickets: [UInt64], _ body: (_ source: String, _ ids: [MessageID]) -> Void) {
        var ids: [MessageID] = []
        var source: Int32 = -1
        for ticket in tickets where ticket != 0 {
            guard let line = countDown(ticket) else { continue }
            if line.source != source && !ids.isEmpty {
                body(sources[Int(source)], ids)
                ids.removeAll(keepingCapacity: true)
            }
            source = line.source
            ids.append(line.id)
        }
        if !ids.isEmpty { body(sources[Int(source)], ids) }
        forgetSettled()
    }

    /// The line of a ticket whose last group has acknowledged it now.
    private mutating func countDown(_ ticket: UInt64) -> Line? {
        if !parked.isEmpty, var line = parked[ticket] {
            line.remaining -= 1
            parked[ticket] = line.remaining > 0 ? line : nil
            return line.remaining > 0 ? nil : line
        }
        let at = Int(ticket - base)
        lines[at].remaining -= 1
        return lines[at].remaining > 0 ? nil : lines[at]
    }

    /// A group has given a message up: it stays open until that group's dead letter is purged or handled. Returns the
    /// message's source and id, but for one that is parked already.
    mutating func park(_ ticket: UInt64) -> (source: String, id: MessageID)? {
        if ticket == 0 || parked[ticket] != nil { return nil }
        let at = Int(ticket - base), line = lines[at]
        parked[ticket] = line
        lines[at].remaining = 0
        forgetSettled()
        return (sources[Int(line.source)], line.id)
    }

    private mutating func forgetSettled() {
        while settledAtFront < lines.count && lines[settledAtFront].remaining == 0 { settledAtFront += 1 }
        if settledAtFront == lines.count || (settledAtFront >= 4096 && settledAtFront * 2 >= lines.count) {
            base += UInt64(settledAtFront)
            lines.removeFirst(settledAtFront)
            settledAtFront = 0
        }
    }
}
