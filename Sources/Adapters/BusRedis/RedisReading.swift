import Bus
import Market
import Runtime
import Telemetry

/// One subscription: a reader for each lane it has families in, and the handler's workers.
@LoopActor final class RedisReading: LaneReaderOwner, GroupReaderOwner {
    let group: String
    let streams: [Int]
    private(set) var reader: GroupReader! = nil
    private(set) var lanes: [LaneReader] = []
    private var byLane: [LaneReader?] = Array(repeating: nil, count: Lane.allCases.count)
    private let layout: StreamLayout
    private weak var bus: RedisBus?

    init(_ subscription: Subscription, families: Set<Int>, bus: RedisBus, services: RedisBus.Services) {
        group = subscription.group
        layout = bus.layout
        self.bus = bus
        streams = families.sorted().flatMap { bus.layout.streams(of: $0) }
        reader = GroupReader(
            group: subscription.group, subscription: subscription, families: bus.layout.families, reads: families,
            policy: services.retries, clock: services.clock,
            metrics: GroupMetrics(group: subscription.group, registry: services.registry), logger: services.logger,
            owner: self)
        for lane in Lane.allCases {
            let mine = streams.filter { layout.streams[$0].declared.lane == lane }
            if mine.isEmpty { continue }
            let laneReader = LaneReader(
                lane: lane, streams: mine, layout: layout, url: services.url, group: group,
                consumer: services.instance, batchLimit: subscription.batchLimit,
                setAsideLimit: services.limits.setAsideMessages, clock: services.clock, order: services.order,
                owner: self)
            lanes.append(laneReader)
            byLane[Int(lane.rawValue)] = laneReader
        }
    }

    func start() {
        reader.start()
        for lane in lanes { lane.link.open() }
    }

    func setGate(_ open: Bool) { for lane in lanes { lane.gateOpen = open } }

    func stop() async {
        await reader.stop()
        for lane in lanes { lane.close() }
    }

    /// The lane's reader of a stream.
    func lane(of stream: Int) -> LaneReader? { byLane[Int(layout.streams[stream].declared.lane.rawValue)] }

    private func lane(ofTicket ticket: UInt64) -> LaneReader? { byLane[Int(ticket >> LaneReader.laneShift) & 3] }

    // MARK: From lanes

    func received(_ messages: [Message], tickets: [UInt64], stream: Int) {
        let place = layout.streams[stream]
        reader.backlog.enqueue(contentsOf: messages[...], tickets: tickets[...], family: place.family)
    }

    func receivedAll() { reader.pump() }

    func unreadable(_ fields: Reply, stream: Int, entry: EntryID, reason: String) {
        bus?.parkUnreadable(fields, stream: stream, entry: entry, group: group, reason: reason)
    }

    func acknowledge(stream: Int, entry: EntryID) { bus?.acks.add(stream: stream, group: group, entry: entry) }

    func groupsMissing() { bus?.groupsMissing() }

    func setAside(_ lane: Lane) -> Int { reader.backlog.setAside(lane: lane) }

    // MARK: From workers

    func setAsideChanged(by reader: GroupReader) { for lane in lanes { lane.askAgain() } }

    func acknowledged(_ tickets: [UInt64], by reader: GroupReader) {
        var start = 0
        while start < tickets.count {
            var end = start + 1
            while end < tickets.count && tickets[end] == tickets[start] { end += 1 }
            lane(ofTicket: tickets[start])?.finish(tickets[start], count: end - start)
            start = end
        }
    }

    func park(_ message: Message, ticket: UInt64, reason: String, attempts: Int, by reader: GroupReader) {
        guard let lane = lane(ofTicket: ticket), let (stream, entry) = lane.entry(ticket) else { return }
        bus?.park(message, stream: stream, entry: entry, group: group, reason: reason, attempts: attempts) {
            lane.finish(ticket)
        }
    }
}
