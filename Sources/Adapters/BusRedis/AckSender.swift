import Runtime

/// Acknowledges entries, many in a command. What got no answer is sent again after the next connect.
@LoopActor final class AckSender: TurnWork {
    private struct Place: Hashable {
        let stream: Int, group: String
    }

    private static let perCommand = 128

    private let layout: StreamLayout
    private let link: RedisLink
    private let order: LaneOrder
    private var waiting: [Place: [EntryID]] = [:]
    private var queued = false
    private var inFlight = 0
    var gateOpen = false { didSet { if gateOpen { wake() } } }

    init(layout: StreamLayout, link: RedisLink, order: LaneOrder) {
        self.order = order
        self.layout = layout
        self.link = link
    }

    var isIdle: Bool { waiting.isEmpty && inFlight == 0 }

    func add(stream: Int, group: String, entry: EntryID) {
        waiting[Place(stream: stream, group: group), default: []].append(entry)
        wake()
    }

    private func wake() {
        if queued || waiting.isEmpty { return }
        queued = true
        order.add(self, rank: LaneOrder.last)
    }

    func endOfTurn() {
        queued = false
        guard gateOpen, link.isReady else { return }
        let ready = waiting
        waiting = [:]
        for (place, entries) in ready {
            for start in stride(from: 0, to: entries.count, by: Self.perCommand) {
                send(place, Array(entries[start..<min(entries.count, start + Self.perCommand)]))
            }
        }
    }

    private func send(_ place: Place, _ entries: [EntryID]) {
        inFlight += 1
        link.send({ [self] reply in
            inFlight -= 1
            if reply == nil { waiting[place, default: []] += entries }
        }) { out in
            out.begin(3 + entries.count)
            out.word("XACK")
            out.word(layout.streams[place.stream].keyBytes)
            out.word(place.group)
            for entry in entries { out.word(entry) }
        }
    }
}
