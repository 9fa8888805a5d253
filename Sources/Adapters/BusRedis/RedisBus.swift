public import Bus
public import Market
public import Runtime
public import Telemetry

/// The bus over Redis Streams. docs/bus.md describes keys and fields.
///
/// Connections: one for control (groups, acknowledgements, trimming, dead letters), one a lane for publishing, one a
/// lane and subscription for reading, one for replies. Each reconnects by itself.
@LoopActor public final class RedisBus: MessageBus {
    /// What every part needs.
    struct Services {
        let url: RedisURL
        let instance: String
        let clock: any Clock
        let identifiers: any IdentifierSource
        let registry: MetricsRegistry
        let logger: Logger
        let retries: RetryPolicy
        let limits: RedisBusLimits
        let order: LaneOrder
    }

    let services: Services
    let layout: StreamLayout
    let metrics: BusMetrics
    let transport: TransportMetrics
    /// By family number: the groups that hold its streams back.
    var groups: [[String]]
    let configured: [Set<String>]
    var control: RedisLink! = nil
    var acks: AckSender! = nil
    var writers: [LaneWriter] = []
    var readings: [RedisReading] = []
    let settled = SettledNotices()
    /// By stream: what was sent and is not settled.
    var sent: [SentLedger]
    /// By family: lossless messages that were accepted and are not settled.
    var unsettled: [Int]
    var trimmed: [EntryID]
    var asksFloor: [Bool]
    /// By stream: how many entries each group has read since it was made.
    var entriesRead: [[String: Int]]
    /// By stream: whether it was made anew, and what was sent to the old one is not published again yet.
    var madeAnew: [Bool]
    /// By stream: the oldest unsettled entry a moment ago.
    var oldestSeen: [EntryID?]
    var losses = LossPace()
    /// By stream: when its groups are asked about next.
    var paces: [FloorPace]
    var floorTimer: LoopTimer?, floorDue = Int64.max
    let replies: PendingReplies
    var replyLink: RedisLink?
    var resetHandlers: [@LoopActor () -> Void] = []
    var epoch: String?
    var groupsMade: Set<String> = []
    var settingUp = false, setUpAgain = false, isSetUp = false
    var memoryUsed = 0, memoryLimit = 0
    var problem: String?
    private var familyScratch: [Int] = []
    /// Bytes that a spool has left where new work is begun.
    private static let smallestRoom = 4096
    var started = false, stopped = false
    var timers: [LoopTimer] = []
    var ticks = 0

    /// - Parameters:
    ///   - url: `redis://[user:password@]host[:port][/database]`.
    ///   - families: every topic family of the platform.
    ///   - groups: which groups read a family, by its name. Their streams are trimmed behind the slowest of them, and a
    ///     message is settled when all have acknowledged it. Every process must be given the same.
    ///   - instance: this process among those of its group, the same after a restart: it then takes up at once what it
    ///     had not acknowledged. Entries of instances that stay away are claimed by others.
    ///   - spoolFolder: a folder of this process alone, for lossless messages while Redis is away.
    ///   - streamPrefix: what all keys start with.
    public init(
        url: String, families: [TopicFamily], groups: [String: [String]] = [:], instance: String, spoolFolder: String,
        streamPrefix: String = "bus:", clock: any Clock, identifiers: any IdentifierSource, metrics: MetricsRegistry,
        logger: Logger, retries: RetryPolicy = RetryPolicy(), limits: RedisBusLimits = RedisBusLimits()
    ) throws(RedisBusError) {
        guard let parsed = RedisURL(url) else { throw .url("not a redis:// address") }
        services = Services(
            url: parsed, instance: instance, clock: clock, identifiers: identifiers, registry: metrics, logger: logger,
            retries: retries, limits: limits, order: LaneOrder())
        layout = StreamLayout(families: families, prefix: streamPrefix)
        self.metrics = BusMetrics(families: families, registry: metrics)
        transport = TransportMetrics(registry: metrics)
        configured = families.map { Set(groups[$0.name] ?? []) }
        self.groups = families.map { Array(Set(groups[$0.name] ?? [])).sorted() }
        sent = Array(repeating: SentLedger(), count: layout.streams.count)
        trimmed = Array(repeating: .zero, count: layout.streams.count)
        asksFloor = Array(repeating: false, count: layout.streams.count)
        entriesRead = Array(repeating: [:], count: layout.streams.count)
        madeAnew = Array(repeating: false, count: layout.streams.count)
        oldestSeen = Array(repeating: nil, count: layout.streams.count)
        paces = Array(repeating: FloorPace(), count: layout.streams.count)
        unsettled = Array(repeating: 0, count: families.count)
        replies = PendingReplies(clock: clock)
        control = RedisLink(name: "control", url: parsed, clock: clock, order: services.order, rank: LaneOrder.last,
                            onUp: { [weak self] in self?.controlUp() },
                            onDown: { [weak self] reason in self?.controlDown(reason) })
        acks = AckSender(layout: layout, link: control, order: services.order)
        for lane in Lane.allCases {
            let spool = try Spool(folder: "\(spoolFolder)/\(lane.name)", capacityBytes: limits.spoolBytesPerLane)
            for (name, count) in spool.counts {
                if let number = layout.family(name) { unsettled[number] += count }
            }
            writers.append(LaneWriter(
                lane: lane, layout: layout, url: parsed, spool: spool, clock: clock, logger: logger,
                order: services.order, owner: self))
        }
        services.order.criticalWriter = writers[Int(Lane.critical.rawValue)].link
    }

    // MARK: Publishing

    public func publish(_ messages: [Message]) throws(BusError) {
        if stopped { throw .stopped }
        try resolve(messages)
        var start = 0
        while start < messages.count {
            let number = familyScratch[start]
            let stream = layout.stream(family: number, key: messages[start].topic.key)
            var end = start + 1
            while end < messages.count && familyScratch[end] == number
                && (layout.families[number].partitions == 1
                    || layout.stream(family: number, key: messages[end].topic.key) == stream) { end += 1 }
            if layout.families[number].delivery == .lossless { unsettled[number] += end - start }
            metrics.published[number].add(end - start)
            writers[Int(layout.families[number].lane.rawValue)].publish(messages[start..<end], stream: stream)
            start = end
        }
    }

    /// Finds every message's family, and that lossless ones have room.
    private func resolve(_ messages: [Message]) throws(BusError) {
        familyScratch.removeAll(keepingCapacity: true)
        var counts: [Int] = []
        var bytes: [4 of Int] = [0, 0, 0, 0]
        var last = -1
        for index in messages.indices {
            if last < 0 || messages[index].topic.family != layout.families[last].name {
                guard let number = layout.family(messages[index].topic.family) else {
                    throw .unknownFamily(messages[index].topic.family)
                }
                last = number
            }
            if !FrameCodec.canHold(messages[index]) {
                throw .refused("a text of the message is longer than 65,535 bytes")
            }
            familyScratch.append(last)
            if layout.families[last].delivery == .lossless {
                if counts.isEmpty { counts = Array(repeating: 0, count: layout.families.count) }
                counts[last] += 1
                bytes[Int(layout.families[last].lane.rawValue)] += messages[index].data.count + 256
            }
        }
        for number in counts.indices where counts[number] > 0 {
            let family = layout.families[number]
            let lane = Int(family.lane.rawValue)
            if unsettled[number] + counts[number] > family.capacity || memoryPart >= services.limits.memoryRefusal
                || !writers[lane].spool.hasRoom(bytes[lane]) {
                metrics.refused.add(messages.count)
                throw .full(family: family.name)
            }
        }
    }

    /// Used part of Redis' memory; 0 where it has no bound.
    var memoryPart: Double { memoryLimit > 0 ? Double(memoryUsed) / Double(memoryLimit) : 0 }

    public func onSettled(source: String, _ handler: @escaping @LoopActor ([MessageID]) -> Void) {
        settled.add(source: source, handler)
    }

    public func onTransportReset(_ handler: @escaping @LoopActor () -> Void) { resetHandlers.append(handler) }

    // MARK: Reading

    public func subscribe(_ subscription: Subscription) throws(BusError) {
        if stopped { throw .stopped }
        var reads: Set<Int> = []
        for family in subscription.families {
            guard let number = layout.family(family.name) else { throw .unknownFamily(family.name) }
            reads.insert(number)
        }
        for number in reads where !groups[number].contains(subscription.group) {
            groups[number].append(subscription.group)
        }
        let reading = RedisReading(subscription, families: reads, bus: self, services: services)
        readings.append(reading)
        if started {
            reading.start()
            setUp()
        }
    }

    // MARK: Life

    public func start() async {
        if started { return }
        started = true
        control.open()
        for writer in writers { writer.link.open() }
        for reading in readings { reading.start() }
        timers = [LoopTimer.every(milliseconds: 1000) { [weak self] in self?.keepHouse() }]
    }

    public func stop() async { await stop {} }

    /// Nothing is sent any more when `last` is called but by itself, over `control`.
    func stop(_ last: () async -> Void) async {
        if stopped { return }
        stopped = true
        replies.failAll(.stopped)
        for reading in readings { await reading.stop() }
        await drain()
        for timer in timers { timer.cancel() }
        timers = []
        floorTimer?.cancel()
        replyLink?.close()
        for writer in writers { writer.close() }
        await last()
        control.close()
    }

    /// Waits, at most two seconds, until everything is written and acknowledged.
    func drain() async {
        let deadline = services.clock.monotonic + 2_000_000_000
        while isSetUp, services.clock.monotonic < deadline {
            if acks.isIdle && writers.allSatisfy({ $0.unsent == 0 && $0.spool.isEmpty }) { return }
            await services.clock.sleep(nanoseconds: 2_000_000)
        }
    }

    public var takesNewWork: Bool {
        memoryPart < services.limits.memoryRefusal && writers.allSatisfy { $0.spool.hasRoom(Self.smallestRoom) }
    }

    public var health: BusHealth {
        let spooled = writers.reduce(0) { $0 + $1.spool.count + $1.held }
        return BusHealth(connected: isSetUp && !stopped, transport: "redis", spooled: spooled, detail: detail)
    }

    private var detail: String? {
        let part = memoryPart
        if !isSetUp { return problem ?? "not connected" }
        if part >= services.limits.memoryRefusal {
            return "Redis uses \(Int(part * 100)) % of its memory: lossless messages are refused"
        }
        if part >= services.limits.memoryWarning { return "Redis uses \(Int(part * 100)) % of its memory" }
        return problem ?? crowded
    }

    private var crowded: String? {
        guard let reading = readings.first(where: { $0.lanes.contains(where: \.isCrowded) }) else { return nil }
        return "group \(reading.group) has more than \(services.limits.setAsideMessages) messages behind failed ones of "
            + "their keys: see nautilus bus dead-letters"
    }
}

extension RedisBus: LaneWriterOwner {
    func stored(_ messages: ArraySlice<Message>, stream: Int, entry: EntryID) {
        if groups[layout.streams[stream].family].isEmpty {
            unsettled[layout.streams[stream].family] -= messages.count
            for message in messages { settled.settle([message.id], source: message.source) }
        } else {
            let isFirst = sent[stream].isEmpty
            sent[stream].add(messages, entry: entry)
            if isFirst { expectFloor(stream) }
        }
    }

    func refused(_ reason: String, lane: Lane) {
        transport.rejected.increment()
        problem = "Redis refuses messages: \(reason)"
        if reason.hasPrefix("OOM") { askMemory() }
        services.logger.warning("Redis refuses messages; they are sent again.",
                                ["lane": .string(lane.name), "reason": .string(reason)])
    }

    func lost(conflated: Int, dropped: Int) {
        transport.heldConflated.add(conflated)
        transport.heldDropped.add(dropped)
    }
}
