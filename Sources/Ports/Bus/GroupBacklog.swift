public import Market

/// What waits for one subscription, and in which order it is handed out. A value: no clock, no tasks, no transport.
///
/// A stream is a partition of a family. With more than one worker a stream is split into shards by key, so that
/// several handlers may work at once and a key stays in one place. A key whose message failed moves into a lot of its
/// own: it waits there, and everything after it, while all other keys go on.
public struct GroupBacklog {
    /// Messages for one call of a handler, of one stream and lane.
    public struct Batch {
        public var messages: [Message]
        /// The tickets the messages were enqueued with.
        public var tickets: [UInt64]
        /// How often the (only) message has failed; 0 unless this is a retry.
        public let failures: Int
        public let lane: Lane
        let origin: Origin
        let stream: Int, shard: Int
    }

    enum Origin {
        case shard
        case lot(Int)
    }

    struct Stream {
        let family: TopicFamily, number: Int, partition: Int
        var waiting = 0, pending = 0
        var outstanding: Int { waiting + pending }
    }

    struct Shard {
        var queue: MessageQueue
        let stream: Int
        /// A handler has messages of it; it is among the ready ones.
        var busy = false, listed = false
        /// Keys that wait in a lot.
        var lots: [String: Int] = [:]
    }

    struct Lot {
        let shard: Int, key: String
        var messages = Ring<Message>()
        var tickets = Ring<UInt64>()
        var failures = 0
    }

    /// With more than one worker a stream is split into so many shards.
    static let shardsPerStream = 64

    let shardCount: Int
    var streams: [Stream] = []
    var shards: [Shard] = []
    /// By family number of the bus: its first stream here, or -1.
    private var firstStream: [Int]
    private var outstandingByFamily: [Int]
    private var ready: [Ring<Ready>] = Array(repeating: Ring(), count: Lane.allCases.count)
    private var readyLanes: UInt8 = 0
    private var schedule = LaneSchedule()
    private var lots: [Int: Lot] = [:]
    private var lotsMade = 0
    private var retries = RetryClock()
    private let policy: RetryPolicy
    /// Tickets of messages that will not be handed out: a newer one took their place, or the queue was full.
    private var displaced: [UInt64] = []
    /// How many messages were displaced by newer ones and dropped for want of room, so far.
    public private(set) var conflated = 0, dropped = 0
    /// Messages that wait, and messages that a handler has.
    public private(set) var waiting = 0, pending = 0
    /// Messages of each lane in lots: those that failed and are tried again, and those that wait behind them.
    private var setAside: [4 of Int] = [0, 0, 0, 0]

    /// What is ready to be taken: a shard, or a lot.
    struct Ready {
        let shard: Int, lot: Int
    }

    /// - Parameters:
    ///   - families: every family of the bus; `reads` says which this subscription reads.
    public init(
        families: [TopicFamily], reads: (Int) -> Bool, workers: Int, batchLimit: Int, policy: RetryPolicy
    ) {
        shardCount = workers > 1 ? Self.shardsPerStream : 1
        self.policy = policy
        firstStream = Array(repeating: -1, count: families.count)
        outstandingByFamily = Array(repeating: 0, count: families.count)
        for (number, family) in families.enumerated() where reads(number) {
            firstStream[number] = streams.count
            for partition in 0..<family.partitions {
                for _ in 0..<shardCount {
                    let queue = MessageQueue(chunkLimit: batchLimit, conflates: family.delivery == .conflated)
                    shards.append(Shard(queue: queue, stream: streams.count))
                }
                streams.append(Stream(family: family, number: number, partition: partition))
            }
        }
    }

    /// Whether something can be taken now.
    public var hasReady: Bool { readyLanes != 0 }

    /// Whether something of the critical lane can be taken now.
    public var hasCritical: Bool { readyLanes & 1 << Lane.critical.rawValue != 0 }

    /// How many messages of a family wait or are being handled.
    public func outstanding(family: Int) -> Int { outstandingByFamily[family] }

    /// How many messages of a lane wait or are being handled.
    public func outstanding(lane: Lane) -> Int {
        streams.reduce(0) { $1.family.lane == lane ? $0 + $1.outstanding : $0 }
    }

    /// How many messages of a lane failed and are tried again, or wait behind one of their key that is.
    public func setAside(lane: Lane) -> Int { setAside[Int(lane.rawValue)] }

    /// The same of all lanes.
    public var setAsideCount: Int { setAside[0] + setAside[1] + setAside[2] + setAside[3] }

    /// Waiting and pending messages of each stream.
    public var lag: [(family: TopicFamily, partition: Int, waiting: Int, pending: Int)] {
        streams.map { ($0.family, $0.partition, $0.waiting, $0.pending) }
    }

    // MARK: In

    /// Adds a message to its stream. `family` is its number on the bus.
    public mutating func enqueue(_ message: Message, ticket: UInt64, family: Int, partition: Int) {
        let stream = firstStream[family] + partition
        let shard = shardCount == 1 ? stream : stream * shardCount + shardOf(message.topic.key)
        if !shards[shard].lots.isEmpty, let lot = shards[shard].lots[message.topic.key] {
            enqueue(message, ticket: ticket, inLot: lot, of: stream)
            return
        }
        makeRoom(in: stream, shard: shard, family: family)
        if let old = shards[shard].queue.append(message, ticket: ticket) {
            displaced.append(old)
            conflated += 1
            return
        }
        streams[stream].waiting += 1
        outstandingByFamily[family] += 1
        waiting += 1
        if !shards[shard].busy && !shards[shard].listed { makeReady(shard: shard, lot: -1) }
    }

    /// Adds many messages of a family, in order.
    public mutating func enqueue(contentsOf messages: ArraySlice<Message>, tickets: ArraySlice<UInt64>, family: Int) {
        let stream = firstStream[family], declared = streams[stream].family
        let isPlain = declared.partitions == 1 && shardCount == 1 && shards[stream].lots.isEmpty
            && declared.delivery != .conflated
            && (declared.delivery == .lossless
                || outstandingByFamily[family] + messages.count <= declared.capacity)
        if !isPlain {
            for (index, message) in zip(messages.indices, messages) {
                enqueue(message, ticket: tickets[tickets.startIndex + index - messages.startIndex], family: family,
                        partition: declared.partition(of: message.topic.key))
            }
            return
        }
        shards[stream].queue.append(contentsOf: messages, tickets: tickets)
        streams[stream].waiting += messages.count
        outstandingByFamily[family] += messages.count
        waiting += messages.count
        if !shards[stream].busy && !shards[stream].listed { makeReady(shard: stream, lot: -1) }
    }

    /// Tickets of messages that will never be handed out, since the last call.
    public mutating func takeDisplaced() -> [UInt64] {
        if displaced.isEmpty { return [] }
        defer { displaced.removeAll(keepingCapacity: true) }
        return displaced
    }

    private func shardOf(_ key: String) -> Int {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int((hash ^ (hash >> 29)) % UInt64(shardCount))
    }

    /// A queue that drops makes room by dropping its oldest message. Lossless ones were checked by the publisher.
    private mutating func makeRoom(in stream: Int, shard: Int, family: Int) {
        let declared = streams[stream].family
        if declared.delivery == .lossless || outstandingByFamily[family] < declared.capacity { return }
        let all = firstStream[family] * shardCount..<(firstStream[family] + declared.partitions) * shardCount
        guard let victim = shards[shard].queue.isEmpty ? all.first(where: { !shards[$0].queue.isEmpty }) : shard,
              let ticket = shards[victim].queue.dropFirst()
        else { return }
        streams[shards[victim].stream].waiting -= 1
        outstandingByFamily[family] -= 1
        waiting -= 1
        dropped += 1
        displaced.append(ticket)
    }

    /// Behind a failed message of its key: of a conflated family only the newest waits there, and one that drops
    /// takes nothing when it is full.
    private mutating func enqueue(_ message: Message, ticket: UInt64, inLot lot: Int, of stream: Int) {
        let family = streams[stream].family
        if family.delivery == .conflated, let count = lots[lot]?.messages.count, count > 1 {
            _ = lots[lot]?.messages.replaceLast(with: message)
            if let old = lots[lot]?.tickets.replaceLast(with: ticket) { displaced.append(old) }
            conflated += 1
        } else if family.delivery != .lossless && streams[stream].outstanding >= family.capacity {
            displaced.append(ticket)
            dropped += 1
        } else {
            appendToLot(lot, message, ticket)
        }
    }

    private mutating func makeReady(shard: Int, lot: Int) {
        if lot < 0 { shards[shard].listed = true }
        let lane = streams[shards[shard].stream].family.lane
        ready[Int(lane.rawValue)].append(Ready(shard: shard, lot: lot))
        readyLanes |= 1 << lane.rawValue
    }
}

extension GroupBacklog {
    // MARK: Out

    /// The next batch by lane and turn, or nil where nothing is ready. End it with `finish`, or message by message
    /// with `finish(one:)` and `fail(one:)` and then `release`.
    public mutating func take() -> Batch? {
        while let lane = schedule.next(waiting: readyLanes) {
            let number = Int(lane.rawValue)
            guard let origin = ready[number].popFirst() else { preconditionFailure("a lane without work is ready") }
            if ready[number].isEmpty { readyLanes &= ~(1 << lane.rawValue) }
            if origin.lot >= 0 { return takeFromLot(origin.lot, lane) }
            if let batch = takeFromShard(origin.shard, lane) { return batch }
        }
        return nil
    }

    private mutating func takeFromShard(_ shard: Int, _ lane: Lane) -> Batch? {
        shards[shard].listed = false
        guard var chunk = shards[shard].queue.takeChunk() else { return nil }
        if !shards[shard].lots.isEmpty { divert(&chunk, shard) }
        if chunk.messages.isEmpty {
            if !shards[shard].queue.isEmpty { makeReady(shard: shard, lot: -1) }
            return nil
        }
        shards[shard].busy = true
        let stream = shards[shard].stream, count = chunk.messages.count
        move(stream, count)
        return Batch(messages: chunk.messages, tickets: chunk.tickets, failures: 0, lane: lane, origin: .shard,
                     stream: stream, shard: shard)
    }

    private mutating func takeFromLot(_ id: Int, _ lane: Lane) -> Batch? {
        guard let lot = lots[id], let message = lot.messages.first, let ticket = lot.tickets.first else { return nil }
        let stream = shards[lot.shard].stream
        move(stream, 1)
        return Batch(messages: [message], tickets: [ticket], failures: lot.failures, lane: lane, origin: .lot(id),
                     stream: stream, shard: lot.shard)
    }

    private mutating func move(_ stream: Int, _ count: Int) {
        streams[stream].waiting -= count
        streams[stream].pending += count
        waiting -= count
        pending += count
    }

    /// Messages of keys that wait in lots join them.
    private mutating func divert(_ chunk: inout MessageQueue.Chunk, _ shard: Int) {
        var kept = MessageQueue.Chunk()
        for (message, ticket) in zip(chunk.messages, chunk.tickets) {
            if let lot = shards[shard].lots[message.topic.key] {
                let stream = shards[shard].stream
                streams[stream].waiting -= 1
                waiting -= 1
                countFamily(stream, -1)
                appendToLot(lot, message, ticket)
            } else {
                kept.messages.append(message)
                kept.tickets.append(ticket)
            }
        }
        chunk = kept
    }

    private mutating func appendToLot(_ lot: Int, _ message: Message, _ ticket: UInt64) {
        guard let shard = lots[lot]?.shard else { preconditionFailure("a key waits in a lot that is gone") }
        lots[lot]?.messages.append(message)
        lots[lot]?.tickets.append(ticket)
        let stream = shards[shard].stream
        setAside[Int(streams[stream].family.lane.rawValue)] += 1
        streams[stream].waiting += 1
        waiting += 1
        countFamily(stream, 1)
    }

    private mutating func countFamily(_ stream: Int, _ count: Int) {
        outstandingByFamily[streams[stream].number] += count
    }

    // MARK: Outcomes

    /// The whole batch was handled.
    public mutating func finish(_ batch: Batch) {
        settle(batch, batch.messages.count)
        release(batch)
    }

    /// One message of the batch was handled or parked.
    public mutating func finish(one batch: Batch) { settle(batch, 1) }

    /// Whether a message of the batch must wait behind an earlier one of its key; it then does.
    public mutating func joinsLot(_ batch: Batch, at index: Int) -> Bool {
        guard case .shard = batch.origin, !shards[batch.shard].lots.isEmpty,
              let lot = shards[batch.shard].lots[batch.messages[index].topic.key]
        else { return false }
        settle(batch, 1)
        appendToLot(lot, batch.messages[index], batch.tickets[index])
        return true
    }

    /// One message failed and is to be tried again; returns the time it waits for, by the monotonic clock.
    public mutating func fail(one batch: Batch, at index: Int, now: Int64) -> Int64 {
        let failures = batch.failures + 1
        let due = now + policy.wait(afterFailures: failures)
        switch batch.origin {
        case .lot(let id):
            lots[id]?.failures = failures
            streams[batch.stream].pending -= 1
            streams[batch.stream].waiting += 1
            pending -= 1
            waiting += 1
            retries.add(lot: id, due: due, failures: failures)
        case .shard:
            settle(batch, 1)
            lotsMade += 1
            lots[lotsMade] = Lot(shard: batch.shard, key: batch.messages[index].topic.key, failures: failures)
            shards[batch.shard].lots[batch.messages[index].topic.key] = lotsMade
            appendToLot(lotsMade, batch.messages[index], batch.tickets[index])
            retries.add(lot: lotsMade, due: due, failures: failures)
        }
        return due
    }

    /// The batch is over: its shard, or the rest of its lot, may be taken again.
    public mutating func release(_ batch: Batch) {
        guard case .shard = batch.origin else { return }
        shards[batch.shard].busy = false
        if !shards[batch.shard].queue.isEmpty && !shards[batch.shard].listed {
            makeReady(shard: batch.shard, lot: -1)
        }
    }

    private mutating func settle(_ batch: Batch, _ count: Int) {
        streams[batch.stream].pending -= count
        pending -= count
        countFamily(batch.stream, -count)
        guard case .lot(let id) = batch.origin else { return }
        setAside[Int(batch.lane.rawValue)] -= 1
        _ = lots[id]?.messages.popFirst()
        _ = lots[id]?.tickets.popFirst()
        lots[id]?.failures = 0
        if lots[id]?.messages.isEmpty == true {
            shards[batch.shard].lots[lots[id]?.key ?? ""] = nil
            lots[id] = nil
        } else {
            makeReady(shard: batch.shard, lot: id)
        }
    }

    /// Makes lots ready whose time has come; returns the next time, or nil where nothing waits.
    public mutating func wakeRetries(now: Int64) -> Int64? {
        while let id = retries.popDue(now: now) {
            if let lot = lots[id] { makeReady(shard: lot.shard, lot: id) }
        }
        return retries.nextDue
    }

    /// Takes out everything that waits of a family, in order per key; for a subscription that another replaces.
    public mutating func drain(family: Int) -> [(message: Message, ticket: UInt64, partition: Int)] {
        guard firstStream[family] >= 0 else { return [] }
        var out: [(Message, UInt64, Int)] = []
        let range = firstStream[family]..<firstStream[family] + (streams[firstStream[family]].family.partitions)
        for stream in range {
            for shard in stream * shardCount..<(stream + 1) * shardCount {
                while let chunk = shards[shard].queue.takeChunk() {
                    for (message, ticket) in zip(chunk.messages, chunk.tickets) {
                        out.append((message, ticket, stream - firstStream[family]))
                    }
                }
            }
            waiting -= streams[stream].waiting
            countFamily(stream, -streams[stream].waiting)
            streams[stream].waiting = 0
        }
        return out
    }
}
