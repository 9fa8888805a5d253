// Bus: topics, lanes, messages, and the port that publishes and subscribes, with its in-memory implementation.
// Protocol rules only: Redis lives in the BusRedis adapter.

/// How urgent a message is. A lower lane waits for the upper ones, but never longer than the starvation bound.
public enum Lane: UInt8, CaseIterable, Comparable, Sendable {
    case critical, high, normal, low

    public static func < (a: Lane, b: Lane) -> Bool { a.rawValue < b.rawValue }

    /// The lane's name on the wire: `critical`, `high`, `normal`, `low`.
    public var name: String {
        switch self {
        case .critical: "critical"
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }
}

/// What a topic promises.
public enum Delivery: Sendable, Equatable {
    /// Every group gets every message at least once, in order per key. A full queue refuses the publisher.
    case lossless
    /// Only the newest message of a key matters: a slow reader or an absent Redis keeps just that.
    case conflated
    /// A full queue drops the oldest and counts it.
    case dropOldest
}

/// The declaration of a topic family: one writer, one lane, one behaviour when a queue is full.
public struct TopicFamily: Sendable, Hashable {
    /// For example `market.quote`.
    public let name: String
    public let lane: Lane
    public let delivery: Delivery
    /// The single engine that publishes it; `*` where any may (requests, status).
    public let writer: String
    /// A message's key picks one of so many partitions; order holds per key.
    public let partitions: Int
    /// Whether many messages travel in one entry (high rates).
    public let framed: Bool
    /// The most messages that wait for one group, or unsent while the transport is away.
    public let capacity: Int

    public init(
        _ name: String, lane: Lane, delivery: Delivery, writer: String, partitions: Int = 1, framed: Bool = false,
        capacity: Int = 100_000
    ) {
        self.name = name
        self.lane = lane
        self.delivery = delivery
        self.writer = writer
        self.partitions = partitions
        self.framed = framed
        self.capacity = capacity
    }

    public static func == (a: TopicFamily, b: TopicFamily) -> Bool { a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// The partition of a key: FNV-1a over its bytes, so that any language finds the same one.
    public func partition(of key: String) -> Int {
        if partitions == 1 { return 0 }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int(hash % UInt64(partitions))
    }
}
