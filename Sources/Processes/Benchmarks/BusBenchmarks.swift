import Bus
import BusRedis
import Glibc
import Market
import Runtime
import Telemetry

/// One line of a bus benchmark.
struct BusMeasurement {
    var name: String
    var value: Double
    var unit: String
    var runs: Int
    /// Microseconds, for latencies.
    var p50: Double?, p99: Double?, p999: Double?
    var context: [(name: String, value: String)]
}

/// `bus.memory.throughput`: publish → handler → acknowledged through the bus in memory, 100-byte payloads.
@LoopActor func busMemoryThroughput(messages: Int = 6_000_000, runs: Int = 5) async throws -> BusMeasurement {
    var rates: [Double] = []
    for _ in 0...runs {
        let family = TopicFamily("bench.memory", lane: .normal, delivery: .lossless, writer: "bench", capacity: 200_000)
        let bus = MemoryBus(
            families: [family], clock: SystemClock(), identifiers: ProcessIdentifiers(), metrics: MetricsRegistry(),
            logger: quietLogger)
        rates.append(try await BusFlow(bus: bus, family: family, window: 65_536).run(messages))
        await bus.stop()
    }
    return BusMeasurement(
        name: "bus.memory.throughput", value: median(Array(rates.dropFirst())), unit: "msg/s", runs: runs,
        context: [("payload_bytes", "100"), ("durability", "none"), ("acknowledged", "by the handler's return")])
}

/// `bus.redis.throughput`: publish → group read → handler → acknowledge over one Redis, 100-byte payloads, in one
/// process. All keys start with `bench-<run>:` and are deleted at the end.
@LoopActor func busRedisThroughput(
    url: String, folder: String, run: String, framed: Bool, messages: Int, runs: Int = 5
) async throws -> BusMeasurement {
    var rates: [Double] = []
    for _ in 0...runs {
        let family = TopicFamily(
            "bench.flow", lane: .normal, delivery: .lossless, writer: "bench", framed: framed, capacity: 10_000_000)
        let bench = try BenchRedis(url: url, folder: folder, run: run, families: [family])
        rates.append(try await BusFlow(bus: bench.bus, family: family, window: framed ? 65_536 : 8192).run(messages))
        await bench.close()
    }
    return BusMeasurement(
        name: "bus.redis.throughput", value: median(Array(rates.dropFirst())), unit: "msg/s", runs: runs,
        context: [("framed", "\(framed)"), ("payload_bytes", "100"),
                  ("durability", "Redis answered every entry; what Redis writes to disk is its configuration's")])
}

/// `bus.redis.latency`: from publish to the handler at a paced 10,000 msg/s on `lane`, in microseconds; `saturated`
/// keeps the low lane as full as it goes meanwhile.
@LoopActor func busRedisLatency(
    url: String, folder: String, run: String, laneNamed name: String, saturated: Bool, seconds: Int = 5
) async throws -> BusMeasurement {
    let lane = Lane.allCases.first { $0.name == name } ?? .normal
    let paced = TopicFamily("bench.paced", lane: lane, delivery: .lossless, writer: "bench", capacity: 1_000_000)
    let flood = TopicFamily("bench.flood", lane: .low, delivery: .lossless, writer: "bench", capacity: 1_000_000)
    let bench = try BenchRedis(url: url, folder: folder, run: run, families: [paced, flood])
    let pace = BusPace(bus: bench.bus, family: paced)
    let flow = BusFlow(bus: bench.bus, family: flood, window: 8192, batch: 128)
    try bench.bus.subscribe(Subscription(group: "bench", families: [paced, flood]) { batch in
        if batch[0].topic.family == paced.name { pace.handle(batch) } else { flow.handle(batch) }
    })
    await bench.bus.start()
    if saturated { flow.flood() }
    await pace.run(perSecond: 10_000, seconds: seconds)
    let flooded = flow.stop()
    await bench.close()
    let sorted = pace.microseconds.sorted()
    func quantile(_ part: Double) -> Double { sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] }
    return BusMeasurement(
        name: "bus.redis.latency", value: quantile(0.99), unit: "µs", runs: 1, p50: quantile(0.5), p99: quantile(0.99),
        p999: quantile(0.999),
        context: [("lane", lane.name), ("saturated", "\(saturated)"), ("rate", "10000"),
                  ("low_lane_messages_per_second", "\(flooded / (seconds + 1))"), ("payload_bytes", "100")])
}

private let quietLogger = Logger(engine: "bench", level: .warning, sink: StandardErrorSink()) { SystemClock().now }

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// A Redis bus with keys and a spool of its own.
@LoopActor private struct BenchRedis {
    let bus: RedisBus
    private let folder: String

    init(url: String, folder parent: String, run: String, families: [TopicFamily]) throws {
        folder = "\(parent)/bus-\(run)-\(getpid())"
        bus = try RedisBus(
            url: url, families: families, instance: "bench", spoolFolder: folder, streamPrefix: "bench-\(run):",
            clock: SystemClock(), identifiers: ProcessIdentifiers(), metrics: MetricsRegistry(), logger: quietLogger)
        BenchKeys.add(bus)
    }

    func close() async {
        await BenchKeys.close(bus)
        for lane in Lane.allCases { rmdir("\(folder)/\(lane.name)") }
        rmdir(folder)
    }
}

/// Publishes as fast as the other side takes it: at most `window` messages are on their way.
@LoopActor private final class BusFlow {
    private let batchSize: Int
    private let bus: any MessageBus
    private let family: TopicFamily
    private let window: Int
    private let identifiers = ProcessIdentifiers()
    private let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
    private var published = 0, handled = 0
    private var room: CheckedContinuation<Void, Never>?
    private var stopped = false

    init(bus: any MessageBus, family: TopicFamily, window: Int, batch: Int = 512) {
        batchSize = batch
        self.bus = bus
        self.family = family
        self.window = window
    }

    func handle(_ batch: [Message]) {
        handled += batch.count
        if published - handled <= window / 2 || stopped, let waiter = room {
            room = nil
            waiter.resume()
        }
    }

    /// Messages a second.
    func run(_ messages: Int) async throws -> Double {
        try bus.subscribe(Subscription(group: "bench", families: [family]) { [self] batch in handle(batch) })
        await bus.start()
        while !bus.health.connected { await SystemClock().sleep(nanoseconds: 1_000_000) }
        let start = SystemClock().monotonic
        try await publish(upTo: messages)
        while handled < messages { await SystemClock().sleep(nanoseconds: 1_000_000) }
        return Double(messages) / (Double(SystemClock().monotonic - start) / 1e9)
    }

    /// Publishes until `stop`.
    func flood() { spawn { try? await self.publish(upTo: .max) } }

    /// How many were handled.
    func stop() -> Int {
        stopped = true
        room?.resume()
        room = nil
        return handled
    }

    private func publish(upTo messages: Int) async throws {
        let now = SystemClock().now
        var batch: [Message] = []
        while published < messages && !stopped {
            batch.removeAll(keepingCapacity: true)
            for _ in 0..<min(batchSize, messages - published) {
                batch.append(Message(
                    id: MessageID(identifiers.next()), topic: Topic(family.name, "AAPL"), time: now, received: now,
                    source: "bench", data: payload))
            }
            try bus.publish(batch)
            published += batch.count
            if published - handled >= window {
                await withCheckedContinuation { continuation in
                    // Looked at again: the loop may have turned before this runs.
                    if published - handled < window || stopped { continuation.resume() } else { room = continuation }
                }
            } else {
                await Task.yield()
            }
        }
    }
}

/// Publishes at a steady rate, a little every millisecond, and notes how long each message takes.
@LoopActor private final class BusPace {
    private let bus: any MessageBus
    private let family: TopicFamily
    private let identifiers = ProcessIdentifiers()
    private let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
    private let clock = SystemClock()
    private(set) var microseconds: [Double] = []
    private var sent = 0, measured = 0, measuring = false

    init(bus: any MessageBus, family: TopicFamily) {
        self.bus = bus
        self.family = family
    }

    func handle(_ batch: [Message]) {
        let now = clock.monotonic
        for message in batch {
            measured += 1
            if measuring { microseconds.append(Double(now - message.time.nanoseconds) / 1000) }
        }
    }

    func run(perSecond: Int, seconds: Int) async {
        while !bus.health.connected { await clock.sleep(nanoseconds: 1_000_000) }
        let start = clock.monotonic
        let total = perSecond * (seconds + 1)
        while sent < total {
            let due = min(total, Int((clock.monotonic - start) * Int64(perSecond) / 1_000_000_000))
            measuring = sent >= perSecond
            if due > sent { publish(due - sent) }
            await clock.sleep(nanoseconds: 1_000_000)
        }
        while measured < total { await clock.sleep(nanoseconds: 1_000_000) }
    }

    private func publish(_ count: Int) {
        let now = Timestamp(nanoseconds: clock.monotonic)
        let messages = (0..<count).map { _ in
            Message(id: MessageID(identifiers.next()), topic: Topic(family.name, "AAPL"), time: now, received: now,
                    source: "bench", data: payload)
        }
        do throws(BusError) {
            try bus.publish(messages)
            sent += count
        } catch {
            quietLogger.warning("not published", ["error": .string("\(error)")])
        }
    }
}
