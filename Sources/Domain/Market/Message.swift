/// The identity of a message: the same over every delivery of it.
public struct MessageID: Hashable, Sendable {
    public var value: UInt128
    public init(_ value: UInt128) { self.value = value }
}

/// Where a message belongs: a family that declares lane and delivery, and the key whose order holds.
///
/// Written `family.key`, as in `market.quote.AAPL`. The family is the part that topic declarations name; a key may
/// contain dots.
public struct Topic: Hashable, Sendable, CustomStringConvertible {
    /// For example `market.quote`.
    public var family: String
    /// For example `AAPL`; may be empty.
    public var key: String

    @inlinable public init(_ family: String, _ key: String) {
        self.family = family
        self.key = key
    }

    public var description: String { key.isEmpty ? family : "\(family).\(key)" }
}

/// One message on the bus: an envelope and a payload of JSON bytes.
public struct Message: Sendable {
    /// Unique; a handler that has seen it does nothing.
    public var id: MessageID
    public var topic: Topic
    /// When what it tells happened (event time), nanoseconds since the epoch.
    public var time: Timestamp
    /// When the platform first saw it: a quote's receive time is carried through everything it causes.
    public var received: Timestamp
    /// The engine that wrote it.
    public var source: String
    /// Rises by one per source and topic family.
    public var sequence: UInt64
    /// The message that led to this one.
    public var cause: MessageID?
    /// W3C `traceparent` of the request that led to it.
    public var trace: String?
    /// Where a reply is to go, for requests; the request a reply answers is its `cause`.
    public var replyTo: String?
    /// One JSON value.
    public var data: [UInt8]

    public init(
        id: MessageID, topic: Topic, time: Timestamp, received: Timestamp, source: String, sequence: UInt64 = 0,
        cause: MessageID? = nil, trace: String? = nil, replyTo: String? = nil, data: [UInt8]
    ) {
        self.id = id
        self.topic = topic
        self.time = time
        self.received = received
        self.source = source
        self.sequence = sequence
        self.cause = cause
        self.trace = trace
        self.replyTo = replyTo
        self.data = data
    }
}
