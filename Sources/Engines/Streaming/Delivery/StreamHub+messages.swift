import EngineKit
import HTTP
import Runtime
import Telemetry
import Wire

extension StreamHub {
    /// The most subscriptions of one client.
    static let subscriptionLimit = 1000

    /// Takes a message of a client and answers it.
    func received(_ payload: [UInt8], isText: Bool, from client: Client) {
        metrics.received.increment()
        guard isText else {
            client.socket.send(ServerText.error(.init(code: "not_text", message: "messages are JSON text")))
            return
        }
        do throws(ClientMessage.Refusal) {
            try act(try ClientMessage.read(payload, parser), client)
        } catch {
            client.socket.send(ServerText.error(error))
        }
    }

    private func act(_ message: ClientMessage, _ client: Client) throws(ClientMessage.Refusal) {
        switch message.request {
        case .ping: client.socket.send(ServerText.pong(id: message.id, context.clock.now))
        case .auth:
            throw .init(code: "not_available",
                message: "there is no login yet: who may connect is decided at the handshake",
                        op: message.op, id: message.id)
        case .subscribe(let wish): try subscribe(client, wish, id: message.id)
        case .unsubscribe(let topics): unsubscribe(client, topics, id: message.id)
        case .resume(let epoch, let after): try resume(client, epoch, after, id: message.id)
        }
    }

    // MARK: Subscribing

    /// Subscribes to all or, where one cannot be a topic, to none of them.
    func subscribe(_ client: Client, _ wish: ClientRequest.Wish, id: [UInt8]?) throws(ClientMessage.Refusal) {
        let patterns = try patterns(wish.topics, op: "subscribe", id: id)
        let added = patterns.count { client.subscriptions[$0.text] == nil }
        guard client.subscriptions.count + added <= Self.subscriptionLimit else {
            throw .init(code: "too_many", message: "a connection has at most \(Self.subscriptionLimit) subscriptions",
                        op: "subscribe", id: id)
        }
        let entries = patterns.map { pattern in
            let made = subscribe(client.id, pattern, filter: wish.filter, maxRate: wish.maxRate)
            return ServerText.Entry(id: made.id, topic: pattern.text,
                seq: pattern.topic.map { channels[$0]?.ring.last ?? 0 })
        }
        let unlimited = wish.maxRate == nil ? [] : patterns.filter(hasLossless).map(\.text)
        client.socket.send(ServerText.ack("subscribe", id: id, epoch: epoch, entries, unlimited: unlimited))
        if wish.snapshot { sendLatest(of: patterns, wish.filter, to: client) }
    }

    /// Whether updates of its topics are never held back: of one of them, or of a family it may match.
    private func hasLossless(_ pattern: TopicPattern) -> Bool {
        if let topic = pattern.topic, let channel = channels[topic] { return channel.slot == nil }
        return !conflated.contains { pattern.isWithin($0) }
    }

    private func patterns(_ topics: [String], op: String,
        id: [UInt8]?) throws(ClientMessage.Refusal) -> [TopicPattern] {
        var patterns: [TopicPattern] = [], wrong: [Int] = []
        for (place, text) in topics.enumerated() {
            if let pattern = pattern(text) { patterns.append(pattern) } else { wrong.append(place) }
        }
        guard let first = wrong.first else { return patterns }
        throw .init(code: "invalid", message: "/topics/\(first) cannot be a topic: 1 to \(TopicPattern.lengthLimit) "
            + "characters without blanks, * only for a whole part between dots", op: op, id: id)
    }

    /// Sends the newest update of each topic where only that matters, unless the filter keeps it back.
    private func sendLatest(of patterns: [TopicPattern], _ filter: UpdateFilter?, to client: Client) {
        for (topic, channel) in channels where channel.slot != nil && patterns.contains(where: { $0.matches(topic) }) {
            guard let newest = channel.ring.newest else { continue }
            if filter == nil || passes(newest, [filter]) { client.socket.send(newest.frame) }
        }
    }

    /// Whether one of the filters lets an update through; no filter lets all.
    private func passes(_ update: Update, _ filters: [UpdateFilter?]) -> Bool {
        if filters.contains(nil) { return true }
        return (try? parser.withDocument(update.data) { json in filters.contains { $0?.matches(json) ?? true } }) ?? false
    }

    private func unsubscribe(_ client: Client, _ topics: [String]?, id: [UInt8]?) {
        var entries: [ServerText.Entry] = []
        for text in topics ?? client.subscriptions.keys.sorted() {
            guard let known = client.subscriptions[text], let old = drop(known) else { continue }
            entries.append(.init(id: old.id, topic: text))
        }
        client.socket.send(ServerText.ack("unsubscribe", id: id, epoch: epoch, entries))
    }

    // MARK: Resuming

    /// Subscribes to the topics named and sends what came after the numbers seen, or says what is gone.
    private func resume(
        _ client: Client, _ known: String, _ after: [(topic: String, seq: Int)], id: [UInt8]?
    ) throws(ClientMessage.Refusal) {
        let patterns = try patterns(after.map(\.topic), op: "resume", id: id)
        guard patterns.allSatisfy({ $0.topic != nil }) else {
            throw .init(code: "invalid", message: "resume takes topics, not patterns", op: "resume", id: id)
        }
        let added = patterns.count { client.subscriptions[$0.text] == nil }
        guard client.subscriptions.count + added <= Self.subscriptionLimit else {
            throw .init(code: "too_many", message: "a connection has at most \(Self.subscriptionLimit) subscriptions",
                        op: "resume", id: id)
        }
        // Numbers beyond the newest are of another life too: of a copy that was restored, say.
        let isSame = known == epoch && after.allSatisfy { $0.seq <= channels[$0.topic]?.ring.last ?? 0 }
        var told: [ServerText.Resumed] = [], updates: [Update] = []
        for pattern in patterns where client.subscriptions[pattern.text] == nil {
            _ = subscribe(client.id, pattern, filter: nil, maxRate: nil)
        }
        let own = subscriptions(of: client.id), isFiltered = own.contains { $0.filter != nil }
        for (topic, seq) in after {
            var replay = isSame ? channels[topic]?.ring.after(seq) ?? Replay() : Replay()
            if isFiltered && !replay.updates.isEmpty {
                let filters = own.filter { $0.pattern.matches(topic) }.map(\.filter)
                replay.updates = replay.updates.filter { passes($0, filters) }
            }
            told.append(.init(topic: topic, count: replay.updates.count, missing: replay.missing))
            // What waits for its time is among them.
            if let last = replay.updates.last?.seq, let waiting = client.gates[topic]?.pending, waiting.seq <= last {
                client.gates[topic]?.drop()
            }
            updates += replay.updates
        }
        client.socket.send(ServerText.resumed(id: id, epoch: epoch, isSame: isSame, told))
        for update in updates { client.socket.send(update.frame) }
    }
}
