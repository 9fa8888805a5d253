public import Market
public import Runtime

/// Why the bus refused.
public enum BusError: Error, Equatable, Sendable {
    /// A lossless topic's queue or spool is at its bound; nothing of the call was taken. HTTP says 503.
    case full(family: String)
    /// The family was not declared to this bus.
    case unknownFamily(String)
    /// No reply came in time.
    case deadlineExceeded
    /// The transport is away and the call cannot wait for it (requests).
    case unavailable(String)
    case stopped
    /// The other side answered a request with this error.
    case refused(String)
}

/// Thrown by a handler that cannot work now through no fault of the message, because its database is away: the message
/// is tried again, with the same back-off, until it can be handled. It is never parked for this.
public struct Postponed: Error, Sendable, CustomStringConvertible {
    /// What is missing.
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Thrown by a handler for a message that it can never read, however often it is tried: it is parked at once. A handler
/// that throws it is given the other messages of its call again, as with any error.
public struct Unreadable: Error, Sendable, CustomStringConvertible {
    /// Begins with `unreadable:`.
    public let description: String

    public init(_ fault: String) { description = "unreadable: \(fault)" }
}

/// Handles messages of one partition and lane, in order. When it throws, the batch is handed over again, one message
/// at a time, so that a poison message stands alone; it is retried with back-off and then parked as a dead letter.
/// Delivery is at least once: a handler recognises a message it has seen by its id.
public typealias MessageHandler = @Sendable @LoopActor (_ batch: [Message]) async throws -> Void

/// A group's wish to read some families.
public struct Subscription: Sendable {
    /// The consumer group: one per subscribing engine.
    public var group: String
    public var families: [TopicFamily]
    /// How many handlers may run at once, 1–50. Messages of one key never run at once or out of order.
    public var workers: ClosedRange<Int>
    /// The most messages in one call of the handler.
    public var batchLimit: Int
    /// How often a failing message is tried before it is parked.
    public var attempts: Int
    /// Handlers for a key get only the newest waiting message of a conflated family.
    public var handler: MessageHandler

    public init(
        group: String, families: [TopicFamily], workers: ClosedRange<Int> = 1...1, batchLimit: Int = 512,
        attempts: Int = 5, handler: @escaping MessageHandler
    ) {
        self.group = group
        self.families = families
        self.workers = workers
        self.batchLimit = batchLimit
        self.attempts = attempts
        self.handler = handler
    }
}

/// What is known of the transport right now.
public struct BusHealth: Sendable, Equatable {
    public var connected: Bool
    /// `memory` or `redis`.
    public var transport: String
    /// Messages that wait on disk or in memory for the transport to return.
    public var spooled: Int
    /// What is wrong, for people.
    public var detail: String?

    public init(connected: Bool, transport: String, spooled: Int = 0, detail: String? = nil) {
        self.connected = connected
        self.transport = transport
        self.spooled = spooled
        self.detail = detail
    }
}

/// How far behind a group is on one stream.
public struct StreamLag: Sendable, Equatable {
    public var family: String, partition: Int, lane: Lane, group: String
    /// Messages not yet delivered, and delivered but not acknowledged.
    public var waiting: Int, pending: Int

    public init(family: String, partition: Int, lane: Lane, group: String, waiting: Int, pending: Int) {
        self.family = family
        self.partition = partition
        self.lane = lane
        self.group = group
        self.waiting = waiting
        self.pending = pending
    }
}

/// A message that was given up.
public struct DeadLetter: Sendable {
    /// The identity of the parked entry, for `replay` and `purge`.
    public var entry: String
    public var group: String
    public var reason: String
    public var attempts: Int
    public var parked: Timestamp
    public var message: Message

    public init(entry: String, group: String, reason: String, attempts: Int, parked: Timestamp, message: Message) {
        self.entry = entry
        self.group = group
        self.reason = reason
        self.attempts = attempts
        self.parked = parked
        self.message = message
    }
}

/// The bus as engines see it. All calls are made on the loop.
@LoopActor public protocol MessageBus: AnyObject {
    /// Takes messages, in order, for their families' streams. Returns at once: nothing waits for the network.
    /// Throws `BusError.full` and takes none of them when a lossless queue or spool is at its bound.
    func publish(_ messages: [Message]) throws(BusError)

    /// Starts reading. The handler runs on the loop. Call before `start`, or later for a further group.
    func subscribe(_ subscription: Subscription) throws(BusError)

    /// Publishes `message` with a reply address and waits for the reply, or `BusError.deadlineExceeded`.
    func request(_ message: Message, deadlineNanoseconds: Int64) async throws(BusError) -> Message

    /// Answers a request: `data` goes back to whoever asked, once.
    func reply(to request: Message, data: [UInt8], from source: String)

    /// Answers a request with an error: whoever asked gets `BusError.refused(reason)`.
    func refuse(_ request: Message, reason: String, from source: String)

    /// Lossless messages that every group has acknowledged are told here, so that an outbox may forget them.
    func onSettled(source: String, _ handler: @escaping @LoopActor ([MessageID]) -> Void)

    /// Lossless messages that a group has given up, on a bus that keeps their dead letters in memory only: nobody need
    /// wait for them, but they are settled only when the letter is purged, or replayed and handled.
    func onParked(source: String, _ handler: @escaping @LoopActor ([MessageID]) -> Void)

    /// The transport came back without what it held: whatever is not settled must be published again, with the same
    /// ids. Never called by a bus in memory.
    func onTransportReset(_ handler: @escaping @LoopActor () -> Void)

    /// Whether work that nobody has begun may be begun: false while the transport is short of memory or disk. What is
    /// under way goes on, as its messages are what empties the transport; `publish` throws for them until there is room,
    /// and an outbox keeps them.
    var takesNewWork: Bool { get }

    var health: BusHealth { get }
    func lag() async -> [StreamLag]

    /// Dead letters, oldest first.
    func deadLetters(limit: Int) async throws(BusError) -> [DeadLetter]
    /// Publishes a dead letter again for its group and removes it; false where it is not known.
    func replay(entry: String) async throws(BusError) -> Bool
    /// Removes a dead letter; false where it is not known.
    func purge(entry: String) async throws(BusError) -> Bool

    /// Starts reading and publishing; returns at once even when the transport is away.
    func start() async
    /// Finishes running handlers, flushes what can be flushed, and closes.
    func stop() async
}

extension MessageBus {
    /// A bus whose dead letters outlive the process has nothing to tell.
    public func onParked(source: String, _ handler: @escaping @LoopActor ([MessageID]) -> Void) {}
}
