import Market

/// Lossless messages of one stream that are in Redis and not known to be acknowledged by every group.
struct SentLedger {
    /// An entry, or the part of a frame that one source wrote.
    private struct Line {
        let entry: EntryID, source: Int32, count: Int32
    }

    private var lines: [Line] = []
    private var ids: [MessageID] = []
    private var firstLine = 0, firstID = 0
    private var sources: [String] = []

    var count: Int { ids.count - firstID }
    var isEmpty: Bool { count == 0 }
    /// The oldest entry that is not known to be acknowledged.
    var oldest: EntryID? { firstLine < lines.count ? lines[firstLine].entry : nil }

    /// An entry with these messages was written.
    mutating func add(_ messages: ArraySlice<Message>, entry: EntryID) {
        var source = "", number: Int32 = -1, run: Int32 = 0
        for message in messages {
            if number < 0 || message.source != source {
                if run > 0 { lines.append(Line(entry: entry, source: number, count: run)) }
                source = message.source
                number = numberOf(source)
                run = 0
            }
            run += 1
            ids.append(message.id)
        }
        if run > 0 { lines.append(Line(entry: entry, source: number, count: run)) }
    }

    private mutating func numberOf(_ source: String) -> Int32 {
        if let index = sources.firstIndex(of: source) { return Int32(index) }
        sources.append(source)
        return Int32(sources.count - 1)
    }

    /// Every group has acknowledged all entries below `floor`; tells their messages, by source.
    mutating func settle(below floor: EntryID, _ body: (_ ids: [MessageID], _ source: String) -> Void) {
        while firstLine < lines.count && lines[firstLine].entry < floor {
            let source = lines[firstLine].source
            let start = firstID
            while firstLine < lines.count && lines[firstLine].entry < floor && lines[firstLine].source == source {
                firstID += Int(lines[firstLine].count)
                firstLine += 1
            }
            body(Array(ids[start..<firstID]), sources[Int(source)])
        }
        if firstLine == lines.count || (firstLine >= 4096 && firstLine * 2 >= lines.count) {
            lines.removeFirst(firstLine)
            ids.removeFirst(firstID)
            firstLine = 0
            firstID = 0
        }
    }
}

/// What one group has acknowledged of a stream, as Redis tells it.
struct GroupFloor {
    /// From `XINFO GROUPS`: the last entry that was handed to the group.
    var lastDelivered: EntryID
    /// From `XPENDING`, asked for afterwards: the oldest entry that it has not acknowledged.
    var oldestPending: EntryID?

    /// Everything below is acknowledged.
    var floor: EntryID { min(lastDelivered.next, oldestPending ?? lastDelivered.next) }
}
