/// One wish of one client.
struct ClientSubscription {
    let id: Int
    /// The client's number in the hub.
    let client: UInt128
    let pattern: TopicPattern
    let filter: UpdateFilter?
    /// Nanoseconds between two updates of one topic; 0 for all of them.
    let interval: Int64

    /// Whether every update goes through.
    var isPlain: Bool { filter == nil && interval == 0 }
}

/// Who wants what: topics are looked up by their name, patterns are tried one by one.
struct SubscriptionIndex {
    private var byID: [Int: ClientSubscription] = [:]
    private var exact: [String: Set<Int>] = [:]
    private var patterns: [TopicPattern: Set<Int>] = [:]
    private var nextID = 1

    var count: Int { byID.count }
    subscript(_ id: Int) -> ClientSubscription? { byID[id] }
    /// All of them, oldest first.
    var all: [ClientSubscription] { byID.values.sorted { $0.id < $1.id } }

    mutating func add(
        _ client: UInt128, _ pattern: TopicPattern, filter: UpdateFilter?, interval: Int64
    ) -> ClientSubscription {
        let made = ClientSubscription(id: nextID, client: client, pattern: pattern, filter: filter, interval: interval)
        nextID += 1
        byID[made.id] = made
        if let topic = pattern.topic {
            exact[topic, default: []].insert(made.id)
        } else {
            patterns[pattern, default: []].insert(made.id)
        }
        return made
    }

    @discardableResult
    mutating func remove(_ id: Int) -> ClientSubscription? {
        guard let old = byID.removeValue(forKey: id) else { return nil }
        if let topic = old.pattern.topic {
            exact[topic]?.remove(id)
            if exact[topic]?.isEmpty ?? false { exact[topic] = nil }
        } else {
            patterns[old.pattern]?.remove(id)
            if patterns[old.pattern]?.isEmpty ?? false { patterns[old.pattern] = nil }
        }
        return old
    }

    /// Whether somebody names the topic itself.
    func isNamed(_ topic: String) -> Bool { exact[topic] != nil }

    /// Who gets a topic: each client once, with all its wishes that match.
    func audience(of topic: String) -> Audience {
        var byClient: [UInt128: [ClientSubscription]] = [:], order: [UInt128] = []
        func add(_ ids: Set<Int>) {
            for id in ids {
                guard let subscription = byID[id] else { continue }
                if byClient[subscription.client] == nil { order.append(subscription.client) }
                byClient[subscription.client, default: []].append(subscription)
            }
        }
        if let ids = exact[topic] { add(ids) }
        for (pattern, ids) in patterns where pattern.matches(topic) { add(ids) }
        var audience = Audience()
        for client in order {
            let wishes = byClient[client] ?? []
            if wishes.contains(where: \.isPlain) { audience.plain.append(client) } else { audience.picky.append((client, wishes)) }
        }
        return audience
    }
}

/// The readers of one topic.
struct Audience {
    /// Those who get every update.
    var plain: [UInt128] = []
    /// Those who filter or limit.
    var picky: [(client: UInt128, wishes: [ClientSubscription])] = []

    var count: Int { plain.count + picky.count }
}
