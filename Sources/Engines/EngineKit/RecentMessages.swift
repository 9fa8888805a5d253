public import Market

/// The newest messages that were handled, by their ids: each comes at least once, and is to be handled once.
public struct RecentMessages {
    /// So many are remembered.
    static let limit = 10_000

    private var known: Set<MessageID> = []
    private var order: [MessageID] = []
    private var next = 0

    public init() {}

    /// Remembers a message in place of the oldest; false where it is known.
    public mutating func insert(_ id: MessageID) -> Bool {
        guard known.insert(id).inserted else { return false }
        if order.count < Self.limit {
            order.append(id)
            return true
        }
        known.remove(order[next])
        order[next] = id
        next = (next + 1) % Self.limit
        return true
    }
}
