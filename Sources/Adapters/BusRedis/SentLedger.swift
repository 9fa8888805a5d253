import Market

/// Lossless messages of one stream that are in Redis and not known to be acknowledged by every group.
struct SentLedger {
    private struct Line {
        let entry: EntryID, id: MessageID, source: String
    }

    private var lines: [Line] = []
    private var first = 0

    var count: Int { lines.count - first }
    var isEmpty: Bool { count == 0 }

    /// An entry with these messages was written.
    mutating func add(_ messages: ArraySlice<Message>, entry: EntryID) {
        for message in messages { lines.append(Line(entry: entry, id: message.id, source: message.source)) }
    }

    /// Every group has acknowledged all entries below `floor`; tells their messages.
    mutating func settle(below floor: EntryID, _ body: (MessageID, String) -> Void) {
        while first < lines.count && lines[first].entry < floor {
            body(lines[first].id, lines[first].source)
            first += 1
        }
        if first == lines.count {
            lines.removeAll(keepingCapacity: lines.count < 4096)
            first = 0
        } else if first >= 4096 && first * 2 >= lines.count {
            lines.removeFirst(first)
            first = 0
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
