/// Entries that were read and are not acknowledged yet. A ticket names one; a frame's messages share theirs, and the
/// entry is acknowledged with the last of them.
struct EntryLedger {
    private struct Line {
        let stream: Int, entry: EntryID
        var remaining: Int
    }

    private var lines: [Line] = []
    private var base: UInt64 = 1
    private var done = 0
    /// Lines that were still open when those around them were given up: an entry may wait for long while others go by.
    private var stragglers: [UInt64: Line] = [:]
    private static let sparse = 16_384
    /// Messages that are not handled yet.
    private(set) var open = 0

    /// The ticket of an entry with so many (1 or more) messages.
    mutating func open(stream: Int, entry: EntryID, messages: Int) -> UInt64 {
        if lines.count - done > Self.sparse + 2 * open { thinOut() }
        lines.append(Line(stream: stream, entry: entry, remaining: messages))
        open += messages
        return base + UInt64(lines.count) - 1
    }

    /// What an open ticket stands for.
    func entry(_ ticket: UInt64) -> (stream: Int, entry: EntryID)? {
        if ticket < base { return stragglers[ticket].map { ($0.stream, $0.entry) } }
        guard ticket - base < UInt64(lines.count) else { return nil }
        let line = lines[Int(ticket - base)]
        return (line.stream, line.entry)
    }

    /// So many messages of an entry are handled; returns the entry when they were the last.
    mutating func finish(_ ticket: UInt64, count: Int = 1) -> (stream: Int, entry: EntryID)? {
        if ticket < base { return finishStraggler(ticket, count) }
        guard ticket - base < UInt64(lines.count) else { return nil }
        let at = Int(ticket - base)
        open -= count
        lines[at].remaining -= count
        if lines[at].remaining > 0 { return nil }
        let line = lines[at]
        while done < lines.count && lines[done].remaining == 0 { done += 1 }
        if done == lines.count || (done >= 1024 && done * 2 >= lines.count) {
            lines.removeFirst(done)
            base += UInt64(done)
            done = 0
        }
        return (line.stream, line.entry)
    }

    /// How many lines are kept, for tests.
    var lineCount: Int { lines.count + stragglers.count }

    private mutating func finishStraggler(_ ticket: UInt64, _ count: Int) -> (stream: Int, entry: EntryID)? {
        guard var line = stragglers[ticket] else { return nil }
        open -= count
        line.remaining -= count
        stragglers[ticket] = line.remaining > 0 ? line : nil
        return line.remaining > 0 ? nil : (line.stream, line.entry)
    }

    /// Most lines are done with, but not the first: the older half goes, and what is open of it is kept by its ticket.
    private mutating func thinOut() {
        let half = done + (lines.count - done) / 2
        for at in done..<half where lines[at].remaining > 0 { stragglers[base + UInt64(at)] = lines[at] }
        lines.removeFirst(half)
        base += UInt64(half)
        done = 0
        while done < lines.count && lines[done].remaining == 0 { done += 1 }
    }

    /// The open entries of a stream.
    func openEntries(of stream: Int) -> Set<EntryID> {
        var entries = Set(lines[done...].lazy.filter { $0.stream == stream && $0.remaining > 0 }.map(\.entry))
        for line in stragglers.values where line.stream == stream { entries.insert(line.entry) }
        return entries
    }
}
