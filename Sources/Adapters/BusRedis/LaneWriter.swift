import Bus
import Market
import Runtime
import Telemetry

/// What a lane's writer tells the bus.
@LoopActor protocol LaneWriterOwner: AnyObject {
    /// An entry with these lossless messages is in its stream.
    func stored(_ messages: ArraySlice<Message>, stream: Int, entry: EntryID)
    /// Redis did not take an entry.
    func refused(_ reason: String, lane: Lane)
    /// Messages that may get lost were replaced or dropped.
    func lost(conflated: Int, dropped: Int)
}

/// Publishes the messages of one lane over a connection of its own, so that a full lower lane delays no upper one.
///
/// Commands are pipelined within a window. What fails, or has no answer when the connection is lost, is sent again
/// before anything newer; nothing else is sent meanwhile, so the order of a stream holds. While Redis is away, or more
/// waits than memory should hold, lossless messages go to the spool.
@LoopActor final class LaneWriter: TurnWork {
    /// The most commands without an answer (on the low lane its pace tells), and the most messages in memory.
    static let window = 2048, memoryBound = 131_072
    /// Messages of a transaction, and of a batch from the spool.
    private static let transactionSize = 256, replaySize = 1024
    private static let refusedWaitMilliseconds = 100

    let lane: Lane
    let spool: Spool
    private let layout: StreamLayout
    private let logger: Logger
    private let clock: any Clock
    private let order: LaneOrder
    private weak var owner: (any LaneWriterOwner)?
    private(set) var link: RedisLink! = nil
    private var heads: [[UInt8]] = []
    private var queue: OutgoingQueue
    private var holding = HeldMessages()
    private var flights = Flights()
    private var inFlight = 0, commandsInFlight = 0
    private var replaying = false, queued = false, waiting = false, stopping = false
    /// Told by the bus: groups exist, so that entries may be written.
    var gateOpen = false { didSet { if gateOpen { wake() } } }
    /// Told by the bus: Redis is near its bound, so that a failure in the middle of the pipeline is likely. Chunks then
    /// are transactions, one at a time.
    var careful = false

    init(
        lane: Lane, layout: StreamLayout, url: RedisURL, spool: Spool, clock: any Clock, logger: Logger,
        order: LaneOrder, owner: any LaneWriterOwner
    ) {
        self.clock = clock
        self.order = order
        self.lane = lane
        self.layout = layout
        self.spool = spool
        self.logger = logger
        self.owner = owner
        queue = OutgoingQueue(streams: layout.streams.count)
        heads = layout.streams.map(Self.head)
        link = RedisLink(name: "write-\(lane.name)", url: url, clock: clock, order: order,
                         rank: LaneOrder.writing(lane), onUp: { [self] in wake() },
                         onDown: { [self] reason in connectionLost(reason) })
    }

    private static func head(_ stream: StreamLayout.Stream) -> [UInt8] {
        var buffer = CommandBuffer()
        buffer.word("XADD")
        buffer.word(stream.key)
        if stream.declared.delivery != .lossless {
            buffer.word("MAXLEN")
            buffer.word("~")
            buffer.word(stream.declared.capacity)
        }
        buffer.word("*")
        return buffer.bytes
    }

    private var isOpen: Bool { gateOpen && link.isReady }
    /// Messages that are neither in Redis nor on disk.
    var unsent: Int { queue.count + inFlight + holding.count }

    /// Messages that may get lost and wait in memory for Redis.
    var held: Int { holding.count }

    // MARK: In

    /// Takes messages of one stream. Lossless ones were checked to have room.
    func publish(_ messages: ArraySlice<Message>, stream: Int) {
        let family = layout.streams[stream].declared
        let isDirect = isOpen && queue.count < Self.memoryBound
        if family.delivery == .lossless {
            if isDirect && spool.isEmpty && !replaying {
                queue.append(contentsOf: messages, stream: stream)
            } else {
                for message in messages { spool.append(message) }
            }
        } else if isDirect {
            queue.append(contentsOf: messages, stream: stream)
        } else {
            for message in messages { hold(message, stream, family) }
        }
        // What is urgent does not wait for the end of the turn, unless Redis is still at what came before it.
        if lane == .critical && isDirect && !link.isOwed { sendAtOnce() } else { wake() }
    }

    private func sendAtOnce() {
        endOfTurn()
        link.endOfTurn()
    }

    private func hold(_ message: Message, _ stream: Int, _ family: TopicFamily) {
        switch holding.add(message, stream: stream, family: family) {
        case .kept: break
        case .conflated: owner?.lost(conflated: 1, dropped: 0)
        case .dropped: owner?.lost(conflated: 0, dropped: 1)
        }
    }

    private func wake() {
        if queued { return }
        queued = true
        order.add(self, rank: LaneOrder.writing(lane))
    }

    // MARK: Out

    func endOfTurn() {
        queued = false
        spool.flush()
        guard isOpen, !waiting else { return }
        if queue.isEmpty && holding.count > 0 {
            for (message, stream) in holding.takeAll() { queue.append(message, stream: stream) }
        }
        if careful { return sendCarefully() }
        if lane != .low && !queue.isEmpty { order.lowPace.noteUpper(at: clock.monotonic) }
        let window = lane == .low ? order.lowPace.window(at: clock.monotonic) : Self.window
        // A full window is filled again when half of it is free, not command by command.
        while !queue.isEmpty && (commandsInFlight <= window / 2 || commandsInFlight + queue.count <= window) {
            send(OutgoingChunk(runs: queue.take(window - commandsInFlight)))
        }
        if !spool.isEmpty && !replaying && queue.isEmpty && inFlight == 0 { replay(Self.replaySize) }
    }

    private func sendCarefully() {
        guard inFlight == 0 else { return }
        if !queue.isEmpty {
            send(OutgoingChunk(runs: queue.take(Self.transactionSize), isTransaction: true))
        } else if !spool.isEmpty && !replaying {
            replay(Self.transactionSize)
        }
    }

    private func replay(_ limit: Int) {
        let messages = spool.read(limit: limit)
        if messages.isEmpty { return }
        var gathered = OutgoingQueue(streams: layout.streams.count)
        var unknown: [Message] = []
        for message in messages {
            guard let family = layout.family(message.topic.family), layout.families[family].lane == lane else {
                unknown.append(message)
                continue
            }
            gathered.append(message, stream: layout.stream(family: family, key: message.topic.key))
        }
        if !unknown.isEmpty {
            logger.error("Spooled messages belong to no family of this bus and are dropped.",
                         ["messages": .int(unknown.count), "topic": .string("\(unknown[0].topic)")])
        }
        replaying = true
        if gathered.isEmpty {
            spool.confirm(messages)
            replaying = false
            return wake()
        }
        send(OutgoingChunk(runs: gathered.takeAll(), spooled: messages, isTransaction: careful))
    }

    private func send(_ chunk: OutgoingChunk) {
        var chunk = chunk
        let number = flights.nextNumber
        var messages = 0
        for run in chunk.runs { messages += run.messages.count }
        let transaction = chunk.isTransaction
        if transaction { link.send({ _ in }) { $0.raw("*1\r\n$5\r\nMULTI\r\n") } }
        plan(&chunk)
        let count = chunk.commands.count
        link.send(replies: count, { [self] reply in
            if transaction { queuedInTransaction(number, reply) } else { answered(number, reply) }
        }) { out in
            for command in chunk.commands { encode(command, chunk, &out) }
        }
        flights.append(chunk)
        inFlight += messages
        commandsInFlight += count
        if transaction {
            link.send({ [self] reply in transactionEnded(number, reply) }) { $0.raw("*1\r\n$4\r\nEXEC\r\n") }
        }
    }

    /// Splits runs into commands: one a message, or one a frame.
    private func plan(_ chunk: inout OutgoingChunk) {
        for (index, run) in chunk.runs.enumerated() {
            if !layout.streams[run.stream].declared.framed {
                for at in run.messages.indices { chunk.commands.append(.init(run: index, first: at, count: 1)) }
                continue
            }
            var first = 0
            while first < run.messages.count {
                var count = 0, size = 0
                while first + count < run.messages.count && count < FrameCodec.maximumCount
                    && size < FrameCodec.closingSize {
                    size += run.messages[first + count].data.count + 64
                    count += 1
                }
                chunk.commands.append(.init(run: index, first: first, count: count))
                first += count
            }
        }
    }

    private func encode(_ command: OutgoingChunk.Command, _ chunk: OutgoingChunk, _ out: inout CommandBuffer) {
        let stream = chunk.runs[command.run].stream
        let declared = layout.streams[stream].declared
        let headWords = declared.delivery == .lossless ? 3 : 6
        if declared.framed {
            out.begin(headWords + 2)
            out.raw(heads[stream])
            out.raw("$5\r\nframe\r\n")
            chunk.runs[command.run].messages.withUnsafeBufferPointer { messages in
                let part = UnsafeBufferPointer(rebasing: messages[command.first..<command.first + command.count])
                out.word(count: FrameCodec.size(part, family: declared.name)) {
                    FrameCodec.write(part, family: declared.name, to: $0)
                }
            }
        } else {
            let message = chunk.runs[command.run].messages[command.first]
            out.begin(headWords + EntryCodec.words(message))
            out.raw(heads[stream])
            EntryCodec.append(message, to: &out)
        }
    }

    // MARK: Answers

    private func answered(_ number: Int, _ reply: Reply?) {
        guard let reply else { return }
        flights.update(number) { chunk in
            let command = chunk.commands[chunk.answered]
            chunk.answered += 1
            settle(command, &chunk, reply)
        }
        commandsInFlight -= 1
        if flights.first?.isAnswered == true { finishFirst() }
    }

    private func settle(_ command: OutgoingChunk.Command, _ chunk: inout OutgoingChunk, _ reply: Reply) {
        let run = chunk.runs[command.run]
        let range = command.first..<command.first + command.count
        inFlight -= command.count
        if let entry = reply.isError ? nil : reply.withBytes({ EntryID($0) }) {
            if layout.streams[run.stream].declared.delivery == .lossless {
                owner?.stored(run.messages[range], stream: run.stream, entry: entry)
            }
        } else {
            waiting = true
            if chunk.failed.isEmpty { owner?.refused(reply.text ?? "", lane: lane) }
            chunk.failed.append(OutgoingRun(stream: run.stream, messages: Array(run.messages[range])))
        }
    }

    private func queuedInTransaction(_ number: Int, _ reply: Reply?) {
        guard let reply, reply.isError else { return }
        flights.update(number) { $0.transactionFailed = true }
        owner?.refused(reply.text ?? "", lane: lane)
    }

    private func transactionEnded(_ number: Int, _ reply: Reply?) {
        guard let reply else { return }
        let items = reply.items
        flights.update(number) { chunk in
            for (index, command) in chunk.commands.enumerated() {
                chunk.answered += 1
                commandsInFlight -= 1
                settle(command, &chunk, index < items.count ? items[index] : reply)
            }
        }
        finishFirst()
    }

    /// Chunks are answered in order. After a failure nothing is sent until all answers are there; then what failed goes
    /// first.
    private func finishFirst() {
        while let chunk = flights.first, chunk.isAnswered {
            if chunk.failed.isEmpty {
                flights.removeFirst()
                if let spooled = chunk.spooled {
                    spool.confirm(spooled)
                    replaying = false
                }
            } else if flights.allAnswered {
                return retryFailed()
            } else {
                return
            }
        }
        wake()
    }

    private func retryFailed() {
        let chunks = flights.removeAll()
        if chunks.contains(where: { $0.spooled != nil }) {
            spool.rewind()
            replaying = false
        } else {
            queue.putBack(chunks.flatMap(\.failed))
        }
        LoopTimer.once(milliseconds: Self.refusedWaitMilliseconds) { [self] in
            waiting = false
            wake()
        }
    }

    private func connectionLost(_ reason: String) {
        saveUnsent()
        waiting = false
        logger.debug("Connection lost.", ["link": .string(link.name), "reason": .string(reason)])
    }

    /// Puts everything that is not known to be in Redis on disk, or among the held, in order.
    private func saveUnsent() {
        var rescued: [Message] = []
        var loose: [(Message, Int)] = []
        for chunk in flights.removeAll() {
            if chunk.spooled != nil {
                spool.rewind()
                replaying = false
                continue
            }
            for run in chunk.unsettled { sort(run, &rescued, &loose) }
        }
        for run in queue.takeAll() { sort(run, &rescued, &loose) }
        inFlight = 0
        commandsInFlight = 0
        spool.prepend(rescued)
        let newer = holding.takeAll()
        for (message, stream) in loose { hold(message, stream, layout.streams[stream].declared) }
        for (message, stream) in newer { hold(message, stream, layout.streams[stream].declared) }
    }

    private func sort(_ run: OutgoingRun, _ rescued: inout [Message], _ loose: inout [(Message, Int)]) {
        if layout.streams[run.stream].declared.delivery == .lossless {
            rescued += run.messages
        } else {
            loose += run.messages.map { ($0, run.stream) }
        }
    }

    // MARK: End

    /// Closes the connection and the spool; what was not sent is on disk.
    func close() {
        gateOpen = false
        link.close()
        saveUnsent()
        spool.close()
    }
}

/// Chunks without all their answers, by number.
private struct Flights {
    private var chunks: [OutgoingChunk] = []
    private var base = 0

    var nextNumber: Int { base + chunks.count }
    var first: OutgoingChunk? { chunks.first }
    var allAnswered: Bool { chunks.allSatisfy(\.isAnswered) }

    mutating func append(_ chunk: OutgoingChunk) { chunks.append(chunk) }

    mutating func update(_ number: Int, _ body: (inout OutgoingChunk) -> Void) {
        guard number >= base, number - base < chunks.count else { return }
        body(&chunks[number - base])
    }

    mutating func removeFirst() {
        chunks.removeFirst()
        base += 1
    }

    mutating func removeAll() -> [OutgoingChunk] {
        base += chunks.count
        defer { chunks = [] }
        return chunks
    }
}
