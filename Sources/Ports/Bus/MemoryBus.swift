public import Market
public import Runtime
public import Telemetry

/// The bus of an embedded platform: all groups in one process, nothing leaves it.
///
/// A crash loses what waits here; outboxes publish their unsettled messages again. Dead letters too: a lossless message
/// that a group has given up is not settled before its letter is purged, or replayed and handled.
@LoopActor public final class MemoryBus: MessageBus {
    private let families: [TopicFamily]
    private let numbers: [String: Int]
    private let clock: any Clock
    private let identifiers: any IdentifierSource
    private let registry: MetricsRegistry
    private let metrics: BusMetrics
    private let logger: Logger
    private let policy: RetryPolicy
    private let replies: PendingReplies
    private let settled = SettledNotices(), givenUp = SettledNotices()
    private var ledger = SettleLedger()
    private var letters = DeadLetterShelf()
    private var readers: [GroupReader] = []
    /// By family number: one reader a group.
    private var readersByFamily: [[GroupReader]]
    private var familyScratch: [Int] = [], ticketScratch: [UInt64] = [], countScratch: [Int]
    private var started = false, stopped = false
    /// Whether handlers wait behind critical ones; and for how many turns of the loop.
    private var pumpsLater = false
    private static let turnsBehindCritical = 3
    private var lagTimer: LoopTimer?

    /// - Parameters:
    ///   - families: every topic family of the platform.
    ///   - groups: which groups read a family, by its name, whether or not they have subscribed yet: messages wait for
    ///     them. A group that is not named here gets what is published after it subscribed.
    public init(
        families: [TopicFamily], groups: [String: [String]] = [:], clock: any Clock,
        identifiers: any IdentifierSource, metrics: MetricsRegistry, logger: Logger,
        retries: RetryPolicy = RetryPolicy()
    ) {
        self.families = families
        numbers = Dictionary(uniqueKeysWithValues: families.enumerated().map { ($1.name, $0) })
        self.clock = clock
        self.identifiers = identifiers
        registry = metrics
        self.metrics = BusMetrics(families: families, registry: metrics)
        self.logger = logger
        policy = retries
        replies = PendingReplies(clock: clock)
        readersByFamily = Array(repeating: [], count: families.count)
        countScratch = Array(repeating: 0, count: families.count)
        declare(groups)
    }

    private func declare(_ groups: [String: [String]]) {
        var reads: [String: Set<Int>] = [:]
        for (family, names) in groups {
            guard let number = numbers[family] else { continue }
            for name in names { reads[name, default: []].insert(number) }
        }
        for (group, numbers) in reads.sorted(by: { $0.key < $1.key }) { addReader(group, numbers, nil) }
    }

    private func addReader(_ group: String, _ reads: Set<Int>, _ subscription: Subscription?) {
        let reader = GroupReader(
            group: group, subscription: subscription, families: families, reads: reads, policy: policy, clock: clock,
            metrics: GroupMetrics(group: group, registry: registry), logger: logger, owner: self)
        for number in reads.sorted() {
            if let index = readersByFamily[number].firstIndex(where: { $0.group == group }) {
                let old = readersByFamily[number][index]
                for waiting in old.backlog.drain(family: number) {
                    reader.backlog.enqueue(
                        waiting.message, ticket: waiting.ticket, family: number, partition: waiting.partition)
                }
                readersByFamily[number][index] = reader
            } else {
                readersByFamily[number].append(reader)
            }
        }
        readers.append(reader)
        if started { reader.start() }
    }

    // MARK: Publishing

    public func publish(_ messages: [Message]) throws(BusError) {
        if stopped { throw .stopped }
        try resolve(messages)
        var start = 0
        while start < messages.count {
            var end = start + 1
            while end < messages.count && familyScratch[end] == familyScratch[start] { end += 1 }
            publish(messages, start..<end, family: familyScratch[start])
            start = end
        }
        pump()
    }

    /// The loop runs handlers in the order they are started. Where something critical came, its handlers go first, and
    /// the others a few turns later: a decision, and what follows from it, goes before the bookkeeping of fills.
    private func pump() {
        var isUrgent = false
        for reader in readers where reader.backlog.hasCritical {
            reader.pump()
            isUrgent = true
        }
        if !isUrgent {
            for reader in readers { reader.pump() }
        } else if !pumpsLater {
            pumpsLater = true
            spawn { [self] in
                for _ in 0..<Self.turnsBehindCritical { await Task.yield() }
                pumpsLater = false
                for reader in readers { reader.pump() }
            }
        }
    }

    /// Finds every message's family, and that lossless ones have room with every group.
    private func resolve(_ messages: [Message]) throws(BusError) {
        familyScratch.removeAll(keepingCapacity: true)
        for index in countScratch.indices { countScratch[index] = 0 }
        var lastName = "", last = -1
        for message in messages {
            if last < 0 || message.topic.family != lastName {
                guard let number = numbers[message.topic.family] else { throw .unknownFamily(message.topic.family) }
                lastName = message.topic.family
                last = number
            }
            familyScratch.append(last)
            countScratch[last] += 1
        }
        for number in countScratch.indices where countScratch[number] > 0 && families[number].delivery == .lossless {
            for reader in readersByFamily[number]
            where reader.backlog.outstanding(family: number) + countScratch[number] > families[number].capacity {
                metrics.refused.add(messages.count)
                throw .full(family: families[number].name)
            }
        }
    }

    private func publish(_ messages: [Message], _ range: Range<Int>, family: Int) {
        let groups = readersByFamily[family].count, part = messages[range]
        var first: UInt64 = 0
        if families[family].delivery == .lossless {
            if groups == 0 {
                for message in part { settled.settle([message.id], source: message.source) }
            } else {
                first = ledger.open(part, groups: groups)
            }
        }
        ticketScratch.removeAll(keepingCapacity: true)
        for offset in 0..<UInt64(range.count) { ticketScratch.append(first == 0 ? 0 : first + offset) }
        for reader in readersByFamily[family] {
            reader.backlog.enqueue(contentsOf: part, tickets: ticketScratch[...], family: family)
        }
        metrics.published[family].add(range.count)
    }

    public func onSettled(source: String, _ handler: @escaping @LoopActor ([MessageID]) -> Void) {
        settled.add(source: source, handler)
    }

    public func onParked(source: String, _ handler: @escaping @LoopActor ([MessageID]) -> Void) {
        givenUp.add(source: source, handler)
    }

    public func onTransportReset(_ handler: @escaping @LoopActor () -> Void) {}

    // MARK: Reading

    public func subscribe(_ subscription: Subscription) throws(BusError) {
        if stopped { throw .stopped }
        var reads: Set<Int> = []
        for family in subscription.families {
            guard let number = numbers[family.name] else { throw .unknownFamily(family.name) }
            reads.insert(number)
        }
        addReader(subscription.group, reads, subscription)
    }

    public var takesNewWork: Bool { true }

    public var health: BusHealth { BusHealth(connected: !stopped, transport: "memory") }

    public func lag() async -> [StreamLag] { currentLag }

    private var currentLag: [StreamLag] {
        var lags: [StreamLag] = []
        for reader in readers {
            for (number, family) in families.enumerated()
            where readersByFamily[number].contains(where: { $0 === reader }) {
                for line in reader.backlog.lag where line.family == family {
                    lags.append(StreamLag(
                        family: family.name, partition: line.partition, lane: family.lane, group: reader.group,
                        waiting: line.waiting, pending: line.pending))
                }
            }
        }
        return lags
    }

    // MARK: Requests

    public func request(_ message: Message, deadlineNanoseconds: Int64) async throws(BusError) -> Message {
        var request = message
        request.replyTo = "memory"
        return try await replies.wait(
            for: request.id, family: request.topic.family, deadlineNanoseconds: deadlineNanoseconds
        ) { () throws(BusError) in try self.publish([request]) }
    }

    public func reply(to request: Message, data: [UInt8], from source: String) {
        let reply = Message(
            id: MessageID(identifiers.next()), topic: Topic("reply", request.replyTo ?? ""), time: clock.now,
            received: request.received, source: source, cause: request.id, trace: request.trace, data: data)
        replies.resolve(request.id, .success(reply))
    }

    public func refuse(_ request: Message, reason: String, from source: String) {
        replies.resolve(request.id, .failure(.refused(reason)))
    }

    // MARK: Dead letters

    public func deadLetters(limit: Int) async throws(BusError) -> [DeadLetter] { letters.oldest(limit) }

    public func replay(entry: String) async throws(BusError) -> Bool {
        guard let (letter, ticket) = letters.remove(entry), let number = numbers[letter.message.topic.family],
              let reader = readersByFamily[number].first(where: { $0.group == letter.group })
        else { return false }
        let partition = families[number].partition(of: letter.message.topic.key)
        reader.backlog.enqueue(letter.message, ticket: ticket, family: number, partition: partition)
        reader.pump()
        return true
    }

    public func purge(entry: String) async throws(BusError) -> Bool {
        guard let (_, ticket) = letters.remove(entry) else { return false }
        acknowledge([ticket])
        return true
    }

    // MARK: Life

    public func start() async {
        started = true
        for reader in readers { reader.start() }
        lagTimer = LoopTimer.every(milliseconds: 1000) { [weak self] in
            guard let self else { return }
            for lag in self.currentLag { self.metrics.setLag(lag) }
        }
    }

    public func stop() async {
        stopped = true
        lagTimer?.cancel()
        lagTimer = nil
        replies.failAll(.stopped)
        for reader in readers { await reader.stop() }
    }
}

extension MemoryBus: GroupReaderOwner {
    public func acknowledged(_ tickets: [UInt64], by reader: GroupReader) { acknowledge(tickets) }

    private func acknowledge(_ tickets: [UInt64]) {
        ledger.acknowledge(tickets) { source, ids in settled.settle(ids, source: source) }
    }

    public func park(_ message: Message, ticket: UInt64, reason: String, attempts: Int, by reader: GroupReader) {
        letters.add(ticket: ticket) { entry in
            DeadLetter(entry: entry, group: reader.group, reason: reason, attempts: attempts, parked: clock.now,
                       message: message)
        }
        logger.warning("A message was given up.", ["group": .string(reader.group), "topic": .string("\(message.topic)"),
                                                   "reason": .string(reason)])
        if let (source, id) = ledger.park(ticket) { givenUp.settle([id], source: source) }
    }
}
