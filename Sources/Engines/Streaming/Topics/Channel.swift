import Runtime

/// One topic as the streaming engine keeps it: its numbers, its newest updates, its readers.
@LoopActor final class Channel {
    let topic: String
    /// Set where only the newest value matters: slow readers may get just that.
    let slot: Int?
    var ring = UpdateRing<Update>()
    /// Readers of every update, and those who filter or limit. Looked up again when `isStale`.
    var plain: [Client] = []
    var picky: [(client: Client, wishes: [ClientSubscription])] = []
    var isStale = true

    init(topic: String, slot: Int?) {
        self.topic = topic
        self.slot = slot
    }
}

/// Keeps the updates of all topics together under a bound: the oldest of all go first.
@LoopActor final class RingBudget {
    /// The most bytes of data kept for readers that come back.
    static let byteLimit = 64 << 20

    /// Entries beyond twice the kept updates that may lie here before those that left their rings go.
    static let slack = 4096

    private var order: [(channel: Channel, seq: Int)] = []
    private var head = 0
    /// Updates in the rings.
    private(set) var count = 0
    private(set) var bytes = 0
    /// What the order takes, those that left their rings included.
    var orderCount: Int { order.count - head }

    init() {}

    /// Counts an update that was just appended to its channel's ring.
    func added(_ update: Update, to channel: Channel, dropped: Update?) {
        bytes += update.data.count + 200 - (dropped.map { $0.data.count + 200 } ?? 0)
        count += dropped == nil ? 1 : 0
        order.append((channel, update.seq))
        while bytes > Self.byteLimit, head < order.count { dropOldest() }
        if orderCount > 2 * count + Self.slack { forgetDropped() }
        if head > 4096 && head * 2 > order.count {
            order.removeFirst(head)
            head = 0
        }
    }

    /// What is out of its ring already is passed over.
    private func dropOldest() {
        let (channel, seq) = order[head]
        head += 1
        guard channel.ring.count > 0, channel.ring.first == seq, let oldest = channel.ring.oldest else { return }
        bytes -= oldest.data.count + 200
        count -= 1
        channel.ring.dropFirst()
    }

    /// A full ring drops its own oldest, which stays in the order: more than half of it has gone by then, so that the
    /// walk costs a step or two for each update.
    private func forgetDropped() {
        order = order[head...].filter { $0.seq >= $0.channel.ring.first }
        head = 0
    }
}
