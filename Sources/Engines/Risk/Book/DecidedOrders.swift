import Market

/// Which orders were decided, so that none is decided twice, and which ended before they were, so that nothing is
/// reserved for them. A value type that forgets the oldest.
struct DecidedOrders: Sendable {
    /// Decided orders that are remembered, at least.
    static let memory = 100_000
    /// The same of those that ended before they were decided.
    static let endedMemory = 10_000

    private var decided: Set<String>
    private var sequence: [String]
    private var ended: [String: OrderState]
    private var endedSequence: [String]

    /// As they were written, oldest first.
    init(_ decided: [String] = [], ended: [(id: String, state: OrderState)] = []) {
        sequence = decided
        self.decided = Set(decided)
        endedSequence = ended.map(\.id)
        self.ended = Dictionary(ended.map { ($0.id, $0.state) }) { $1 }
    }

    func contains(_ order: String) -> Bool { decided.contains(order) }

    /// How an order has ended that was not decided; nil where it has not.
    func end(of order: String) -> OrderState? { ended.isEmpty ? nil : ended[order] }

    /// An order is decided. True where it had ended before.
    mutating func insert(_ order: String) -> Bool {
        if decided.insert(order).inserted {
            sequence.append(order)
            if sequence.count > 2 * Self.memory {
                for old in sequence.prefix(Self.memory) { decided.remove(old) }
                sequence.removeFirst(Self.memory)
            }
        }
        guard !ended.isEmpty, ended.removeValue(forKey: order) != nil else { return false }
        endedSequence.removeAll { $0 == order }
        return true
    }

    /// An order has ended. True where it is not decided yet, and will trade nothing when it is. One that was filled was
    /// decided by an older life, whose records are gone.
    mutating func end(_ order: String, _ state: OrderState) -> Bool {
        guard state != .filled, !decided.contains(order) else { return false }
        if ended.updateValue(state, forKey: order) == nil { endedSequence.append(order) }
        if endedSequence.count > 2 * Self.endedMemory {
            for old in endedSequence.prefix(Self.endedMemory) { ended[old] = nil }
            endedSequence.removeFirst(Self.endedMemory)
        }
        return true
    }
}
