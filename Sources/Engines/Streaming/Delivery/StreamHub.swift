import Bus
import EngineKit
import HTTP
import Market
import Runtime
import Telemetry
import Wire

/// Topics on one side, sockets on the other. An update is numbered, encoded once and handed to those who want it.
@LoopActor final class StreamHub {
    let context: EngineContext
    let metrics: StreamMetrics
    let parser = JSONParser()
    /// Numbers of topics hold within one epoch: a restart begins a new one.
    lazy var epoch = context.identifiers.nextText()
    var index = SubscriptionIndex()
    private(set) var clients: [UInt128: Client] = [:]
    /// Subscriptions of connections that were registered over HTTP and are not open yet.
    private var announced: [UInt128: [String: Int]] = [:]
    private(set) var channels: [String: Channel] = [:]
    let budget = RingBudget()
    private var nextSlot = 0
    /// Clients with an update that waits for its time.
    private var waiting: Set<UInt128> = []
    private var gateTimer: LoopTimer?
    var nextHeartbeat: Int64 = 0
    private let families: Set<String>
    let conflated: Set<String>
    private let lossless: Set<String>
    /// Messages of lossless families that were handed out.
    private var told = RecentMessages()
    /// When the next refusal is logged.
    private var nextRefusalLog: Int64 = .min
    /// The most topics kept.
    var channelLimit = 200_000
    /// How often updates of limited readers are looked at.
    static let gateMilliseconds = 10

    init(_ context: EngineContext) {
        self.context = context
        metrics = StreamMetrics(context.registry)
        families = Set(Topics.all.map(\.name))
        lossless = Set(Topics.all.filter { $0.delivery == .lossless }.map(\.name))
        conflated = Set(Topics.all.filter { $0.delivery == .conflated }.map(\.name))
    }

    func pattern(_ text: String) -> TopicPattern? { TopicPattern(text, families: families) }

    // MARK: Updates

    /// Takes messages of the bus. Their data goes on as it came, so it is looked at here: sockets are told JSON only.
    func publish(_ batch: [Message]) throws(Unreadable) {
        for message in batch where !isJSON(message.data) { throw Unreadable("data is no JSON value") }
        for message in batch {
            // An outbox tells its messages again after a restart; no reader is told twice of a fill.
            if lossless.contains(message.topic.family) && !told.insert(message.id) { continue }
            publish(message.topic.description, type: message.topic.family, time: message.time, data: message.data,
                    isConflated: conflated.contains(message.topic.family))
        }
    }

    private func isJSON(_ data: [UInt8]) -> Bool { (try? parser.withDocument(data) { _ in true }) ?? false }

    /// Numbers an update and hands it out; returns it with the number of readers, or nil where there are too many
    /// topics.
    @discardableResult
    func publish(
        _ topic: String, type: String, time: Timestamp, data: [UInt8], isConflated: Bool
    ) -> (update: Update, recipients: Int)? {
        guard let channel = channel(topic, isConflated: isConflated) else { return nil }
        let update = Update(topic: topic, type: type, seq: channel.ring.last + 1, time: time, data: data,
            slot: channel.slot)
        let dropped = channel.ring.append(update)
        budget.added(update, to: channel, dropped: dropped)
        metrics.updates.increment()
        if channel.isStale { look(up: channel) }
        var recipients = channel.plain.count
        if recipients > 0 {
            let frame = update.frame
            for client in channel.plain { client.socket.send(frame) }
        }
        if !channel.picky.isEmpty { recipients += offer(update, to: channel) }
        metrics.deliveries.add(recipients)
        return (update, recipients)
    }

    private func channel(_ topic: String, isConflated: Bool) -> Channel? {
        if let known = channels[topic] { return known }
        if channels.count >= channelLimit {
            refuse(topic)
            return nil
        }
        nextSlot += 1
        let made = Channel(topic: topic, slot: isConflated ? nextSlot : nil)
        channels[topic] = made
        metrics.topics.set(Double(channels.count))
        return made
    }

    /// Updates of topics beyond the most that are kept go to nobody: that is counted, and logged once a minute.
    private func refuse(_ topic: String) {
        metrics.refused.increment()
        let now = context.clock.monotonic
        if now < nextRefusalLog { return }
        nextRefusalLog = now + 60_000_000_000
        context.logger.warning("too many topics: updates of new ones go to nobody", [
            "topics": .int(channels.count), "topic": .string(topic)])
    }

    private func look(up channel: Channel) {
        let audience = index.audience(of: channel.topic)
        channel.plain = audience.plain.compactMap { clients[$0] }
        channel.picky = audience.picky.compactMap { id, wishes in clients[id].map { ($0, wishes) } }
        channel.isStale = false
    }

    // MARK: Filters and rates

    /// Offers an update to readers who filter or limit; returns how many got it or will.
    private func offer(_ update: Update, to channel: Channel) -> Int {
        let now = context.clock.monotonic
        let isFiltered = channel.picky.contains { $0.wishes.contains { $0.filter != nil } }
        if !isFiltered { return deliver(update, channel, now) { _ in true } }
        let count = try? parser.withDocument(update.data) { json in
            deliver(update, channel, now) { $0.filter?.matches(json) ?? true }
        }
        return count ?? 0
    }

    private func deliver(_ update: Update, _ channel: Channel, _ now: Int64,
        _ passes: (ClientSubscription) -> Bool) -> Int {
        var count = 0
        for (client, wishes) in channel.picky {
            var interval = Int64.max
            for wish in wishes where passes(wish) { interval = min(interval, wish.interval) }
            if interval == .max { continue }
            count += 1
            // What must not be lost is never held back: orders and fills among it.
            if interval == 0 || channel.slot == nil {
                // What waits is older than this one, and must not come after it.
                let missed = client.gates.isEmpty ? 0 : client.gates[update.topic]?.drop() ?? 0
                send(update, missed: missed, to: client)
            } else {
                limit(update, client, interval, now)
            }
        }
        return count
    }

    private func limit(_ update: Update, _ client: Client, _ interval: Int64, _ now: Int64) {
        // One gate for a topic: an update that waits must not come after a newer one of another wish.
        var gate = client.gates[update.topic] ?? RateGate(interval: interval)
        gate.interval = interval
        let passed = gate.offer(update, at: now)
        client.gates[update.topic] = gate
        if let passed {
            client.socket.send(passed.frame)
            return
        }
        waiting.insert(client.id)
        if gateTimer == nil {
            gateTimer = LoopTimer.every(milliseconds: Self.gateMilliseconds) { [weak self] in self?.openGates() }
        }
    }

    /// Sends what has waited long enough.
    func openGates() {
        let now = context.clock.monotonic
        for id in waiting {
            guard let client = clients[id] else {
                waiting.remove(id)
                continue
            }
            var isWaiting = false
            for (topic, gate) in client.gates where gate.isWaiting {
                var gate = gate
                if let (update, missed) = gate.due(at: now) { send(update, missed: missed, to: client) }
                isWaiting = isWaiting || gate.isWaiting
                client.gates[topic] = gate
            }
            if !isWaiting { waiting.remove(id) }
        }
        if waiting.isEmpty {
            gateTimer?.cancel()
            gateTimer = nil
        }
    }

    private func send(_ update: Update, missed: Int, to client: Client) {
        client.socket.send(update.frame(missed: missed))
        if missed == 0 { return }
        client.missed += missed
        metrics.limited.add(missed)
    }

    // MARK: Clients

    func open(_ socket: any WebSocket, id: UInt128) -> Client {
        let client = Client(id: id, socket: socket, hub: self, since: context.clock.now, at: context.clock.monotonic)
        clients[id] = client
        metrics.opened.increment()
        metrics.connections.set(Double(clients.count))
        return client
    }

    func closed(_ client: Client) {
        guard clients.removeValue(forKey: client.id) != nil else { return }
        if client.socket.closeCode == 1008 { metrics.slow.increment() }
        for id in client.subscriptions.values { drop(id) }
        client.subscriptions = [:]
        metrics.connections.set(Double(clients.count))
    }

    /// Subscribes a client; the same text again replaces what was asked before.
    func subscribe(_ client: UInt128, _ pattern: TopicPattern, filter: UpdateFilter?,
        maxRate: Double?) -> ClientSubscription {
        let known = clients[client]
        if let old = known?.subscriptions[pattern.text] ?? announced[client]?[pattern.text] { _ = remove(old) }
        let interval = maxRate.map { Int64(1e9 / $0) } ?? 0
        let made = index.add(client, pattern, filter: filter, interval: interval)
        if let known { known.subscriptions[pattern.text] = made.id } else { announced[client, default: [:]][pattern.text] = made.id }
        changed(pattern)
        if let known { reviewGates(of: known, pattern) }
        return made
    }

    /// Removes a subscription.
    @discardableResult
    func drop(_ id: Int) -> ClientSubscription? {
        guard let old = remove(id) else { return nil }
        if let client = clients[old.client] { reviewGates(of: client, old.pattern) }
        return old
    }

    private func remove(_ id: Int) -> ClientSubscription? {
        guard let old = index.remove(id) else { return nil }
        clients[old.client]?.subscriptions[old.pattern.text] = nil
        announced[old.client]?[old.pattern.text] = nil
        changed(old.pattern)
        return old
    }

    /// An announced connection is open now: what was subscribed for it is its own.
    func adopt(_ client: Client) {
        client.subscriptions = announced.removeValue(forKey: client.id) ?? [:]
        let own = client.subscriptions.values.sorted().compactMap { index[$0] }
        for subscription in own { changed(subscription.pattern) }
        client.socket.send(ServerText.ack("subscribe", id: nil, epoch: epoch, own.map { subscription in
            .init(id: subscription.id, topic: subscription.pattern.text,
                seq: subscription.pattern.topic.map { channels[$0]?.ring.last ?? 0 })
        }))
    }

    /// An announced connection will not be opened.
    func forget(_ client: UInt128) {
        for id in announced.removeValue(forKey: client)?.values.sorted() ?? [] { drop(id) }
    }

    /// The subscriptions of a connection, open or announced.
    func subscriptions(of client: UInt128) -> [ClientSubscription] {
        let ids = clients[client]?.subscriptions ?? announced[client] ?? [:]
        return ids.values.sorted().compactMap { index[$0] }
    }

    private func changed(_ pattern: TopicPattern) {
        metrics.subscriptions.set(Double(index.count))
        if let topic = pattern.topic {
            channels[topic]?.isStale = true
            return
        }
        for (topic, channel) in channels where !channel.isStale && pattern.matches(topic) { channel.isStale = true }
    }

    /// A client's wishes for these topics are others now: what waits for its time goes by those. Where all updates are
    /// wanted it goes at once, before the next one; where none is, never.
    private func reviewGates(of client: Client, _ pattern: TopicPattern) {
        for (topic, gate) in client.gates where pattern.matches(topic) {
            var gate = gate
            client.gates[topic] = nil
            let wishes = subscriptions(of: client.id).filter { $0.pattern.matches(topic) }
            guard let update = gate.pending, let interval = interval(of: wishes, for: update) else { continue }
            if interval == 0 {
                send(update, missed: gate.drop() - 1, to: client)
            } else {
                gate.interval = interval
                client.gates[topic] = gate
            }
        }
    }

    /// The shortest interval among the wishes that an update passes; nil where it passes none.
    private func interval(of wishes: [ClientSubscription], for update: Update) -> Int64? {
        let passed = try? parser.withDocument(update.data) { json in
            wishes.filter { $0.filter?.matches(json) ?? true }.map(\.interval).min()
        }
        return passed ?? nil
    }

    /// Closes every connection; the engine stops.
    func closeAll() {
        for client in clients.values { client.socket.close(code: 1001, reason: "the engine stops") }
        gateTimer?.cancel()
        gateTimer = nil
    }
}
