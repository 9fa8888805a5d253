import Bus
import Market
import Runtime
import Telemetry

/// What a lane's reader tells the bus.
@LoopActor protocol LaneReaderOwner: AnyObject {
    /// Messages of one stream were read, each with its entry's ticket.
    func received(_ messages: [Message], tickets: [UInt64], stream: Int)
    /// Messages were read; handlers may run.
    func receivedAll()
    /// An entry could not be read.
    func unreadable(_ fields: Reply, stream: Int, entry: EntryID, reason: String)
    /// An entry is dealt with.
    func acknowledge(stream: Int, entry: EntryID)
    /// A stream or its group is not there.
    func groupsMissing()
    /// How many messages of a lane wait behind failed ones of their keys.
    func setAside(_ lane: Lane) -> Int
}

/// Reads the streams of one lane for one subscription, over a connection of its own: a blocked read delays no other
/// lane. The next read is asked for before the last is handled; when enough waits for the handler, reading pauses.
///
/// After every connect it first reads what was delivered to this consumer and not acknowledged: replies that were lost,
/// and what an earlier run of this instance left behind.
@LoopActor final class LaneReader {
    /// A ticket's lane is in its top byte.
    static let laneShift: UInt64 = 56
    private static let blockMilliseconds = 1000, pageSize = 256, retryMilliseconds = 100

    let lane: Lane
    let streams: [Int]
    private let layout: StreamLayout
    private let group: String, consumer: String
    private let prefetch: Int, setAsideLimit: Int
    private weak var owner: (any LaneReaderOwner)?
    private(set) var link: RedisLink! = nil
    private(set) var ledger = EntryLedger()
    private let clock: any Clock, order: LaneOrder
    private let entries: Int
    private var readCommand: (count: Int, bytes: [UInt8]) = (0, [])
    private var recovering: (index: Int, cursor: EntryID, known: Set<EntryID>)?
    private var recovered = false
    private var asking = false, stopped = false
    /// Told by the bus: the groups exist.
    var gateOpen = false { didSet { if gateOpen { ask() } } }

    init(
        lane: Lane, streams: [Int], layout: StreamLayout, url: RedisURL, group: String, consumer: String,
        batchLimit: Int, setAsideLimit: Int, clock: any Clock, order: LaneOrder, owner: any LaneReaderOwner
    ) {
        self.lane = lane
        self.streams = streams
        self.layout = layout
        self.group = group
        self.consumer = consumer
        self.setAsideLimit = setAsideLimit
        self.owner = owner
        let framed = streams.contains { layout.streams[$0].declared.framed }
        self.clock = clock
        self.order = order
        entries = framed ? 8 : max(64, min(512, batchLimit))
        prefetch = framed ? 8192 : max(1024, 2 * batchLimit)
        link = RedisLink(name: "read-\(group)-\(lane.name)", url: url, clock: clock, order: order,
                         rank: LaneOrder.reading(lane), onUp: { [self] in connected() },
                         onDown: { [self] _ in asking = false })
    }

    private var setAside: Int { owner?.setAside(lane) ?? 0 }

    /// What waits behind a failed message of its key takes no other key's room, up to a bound: it may wait for long.
    var hasRoom: Bool { ledger.open - min(setAside, setAsideLimit) < prefetch }

    /// Whether so much waits behind failed messages that others are read more slowly, or not at all.
    var isCrowded: Bool { setAside > setAsideLimit }

    /// There may be room again.
    func askAgain() { if !asking && hasRoom { ask() } }

    func close() {
        stopped = true
        link.close()
    }

    // MARK: Asking

    private func connected() {
        asking = false
        recovered = false
        recovering = nil
        ask()
    }

    private func ask() {
        guard !asking, !stopped, gateOpen, link.isReady else { return }
        if !recovered { return askForPending() }
        guard hasRoom else { return }
        asking = true
        let count = lane == .low ? min(entries, order.lowPace.entries(at: clock.monotonic)) : entries
        if readCommand.count != count { readCommand = (count, command(count)) }
        link.send({ [self] reply in got(reply) }) { $0.raw(readCommand.bytes) }
    }

    /// Asks for at most so many entries of the lane's streams.
    private func command(_ count: Int) -> [UInt8] {
        var buffer = CommandBuffer()
        buffer.command(
            ["XREADGROUP", "GROUP", group, consumer, "COUNT", "\(count)", "BLOCK", "\(Self.blockMilliseconds)",
             "STREAMS"]
                + streams.map { layout.streams[$0].key } + streams.map { _ in ">" })
        return buffer.bytes
    }

    private func askForPending() {
        var state = recovering ?? (0, .zero, ledger.openEntries(of: streams[0]))
        if state.index == streams.count {
            recovering = nil
            recovered = true
            return ask()
        }
        if recovering == nil { recovering = state }
        state = recovering ?? state
        let stream = layout.streams[streams[state.index]]
        asking = true
        link.send({ [self] reply in gotPending(reply) }) { out in
            out.command(["XREADGROUP", "GROUP", group, consumer, "COUNT", "\(Self.pageSize)", "STREAMS", stream.key,
                         "\(state.cursor)"])
        }
    }

    private func again() {
        LoopTimer.once(milliseconds: Self.retryMilliseconds) { [self] in
            asking = false
            ask()
        }
    }

    // MARK: Replies

    private func got(_ reply: Reply?) {
        guard let reply else { return }
        if reply.isError { return failed(reply) }
        asking = false
        if let count = reply.elements, count > 0 {
            if lane != .low { order.lowPace.noteUpper(at: clock.monotonic) }
            var cursor = reply
            cursor.step()
            for _ in 0..<count {
                cursor.step()
                let stream = streams.first { cursor.equals(layout.streams[$0].keyBytes) }
                cursor.skip()
                if let stream { take(&cursor, stream: stream, known: []) } else { cursor.skip() }
            }
            owner?.receivedAll()
        }
        ask()
    }

    private func gotPending(_ reply: Reply?) {
        guard let reply, let state = recovering else { return }
        if reply.isError { return failed(reply) }
        asking = false
        var last: EntryID?
        if let count = reply.elements, count > 0 {
            var cursor = reply
            cursor.step()
            cursor.step()
            cursor.skip()
            last = take(&cursor, stream: streams[state.index], known: state.known)
            owner?.receivedAll()
        }
        if let last {
            recovering?.cursor = last
        } else {
            let next = state.index + 1
            recovering = (next, .zero, next < streams.count ? ledger.openEntries(of: streams[next]) : [])
        }
        ask()
    }

    private func failed(_ reply: Reply) {
        if reply.text?.hasPrefix("NOGROUP") == true { owner?.groupsMissing() }
        again()
    }

    /// Takes an array of entries; returns the last id, and leaves the cursor behind the array.
    @discardableResult
    func take(_ cursor: inout Reply, stream: Int, known: Set<EntryID>) -> EntryID? {
        guard let count = cursor.elements else {
            cursor.skip()
            return nil
        }
        cursor.step()
        var last: EntryID?
        var read = ReadBatch()
        read.messages.reserveCapacity(count)
        read.tickets.reserveCapacity(count)
        for _ in 0..<count {
            if cursor.isNull {
                cursor.skip()
                continue
            }
            cursor.step()
            let entry = cursor.withBytes { EntryID($0) }
            cursor.skip()
            if let entry {
                last = entry
                if known.isEmpty || !known.contains(entry) { take(cursor, stream, entry, &read) }
            }
            cursor.skip()
        }
        if !read.messages.isEmpty { owner?.received(read.messages, tickets: read.tickets, stream: stream) }
        return last
    }

    private struct ReadBatch {
        var messages: [Message] = [], tickets: [UInt64] = []
    }

    private func take(_ fields: Reply, _ stream: Int, _ entry: EntryID, _ read: inout ReadBatch) {
        if fields.isNull {
            owner?.acknowledge(stream: stream, entry: entry)
            return
        }
        do throws(UnreadableEntry) {
            let content = try EntryCodec.read(fields, family: layout.streams[stream].declared.name)
            let count = content.single == nil ? content.framed.count : 1
            if count == 0 || (content.only.map { $0 != group } ?? false) {
                owner?.acknowledge(stream: stream, entry: entry)
                return
            }
            let mark = UInt64(lane.rawValue) << Self.laneShift
            let ticket = ledger.open(stream: stream, entry: entry, messages: count) | mark
            if let single = content.single {
                read.messages.append(single)
                read.tickets.append(ticket)
            } else {
                read.messages += content.framed
                for _ in 0..<count { read.tickets.append(ticket) }
            }
        } catch {
            if let only = EntryCodec.only(fields), only != group {
                owner?.acknowledge(stream: stream, entry: entry)
            } else {
                owner?.unreadable(fields, stream: stream, entry: entry, reason: error.reason)
            }
        }
    }

    /// The entry of a ticket.
    func entry(_ ticket: UInt64) -> (stream: Int, entry: EntryID)? { ledger.entry(ticket & (1 << Self.laneShift - 1)) }

    /// So many messages of an entry are handled.
    func finish(_ ticket: UInt64, count: Int = 1) {
        if let (stream, entry) = ledger.finish(ticket & (1 << Self.laneShift - 1), count: count) {
            owner?.acknowledge(stream: stream, entry: entry)
        }
        askAgain()
    }
}
