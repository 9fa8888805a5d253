import Bus
import BusRedis
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// Which bus a conformance test runs against.
enum BusKind: String, CaseIterable, Sendable {
    case memory, redis
}

/// The server that all conformance tests share; each has a prefix of its own.
enum TestRedis {
    static let server = Result { try RedisServer() }
}

/// The families that the conformance tests publish to.
enum TestFamilies {
    static let orders = TopicFamily("test.order", lane: .critical, delivery: .lossless, writer: "tester")
    static let fills = TopicFamily("test.fill", lane: .high, delivery: .lossless, writer: "tester", partitions: 4)
    static let quotes = TopicFamily("test.quote", lane: .normal, delivery: .conflated, writer: "tester")
    static let history = TopicFamily("test.history", lane: .low, delivery: .lossless, writer: "tester", framed: true)
    static let logs = TopicFamily("test.log", lane: .low, delivery: .dropOldest, writer: "*", capacity: 50)
    static let small = TopicFamily("test.small", lane: .normal, delivery: .lossless, writer: "tester", capacity: 10)
    static let all = [orders, fills, quotes, history, logs, small]
}

/// A bus under test, and what it takes to make messages for it.
@LoopActor struct BusFixture {
    let bus: any MessageBus
    let identifiers = SeededIdentifiers(seed: 7)
    let metrics: MetricsRegistry
    let log: MemoryLogSink

    static func make(_ kind: BusKind, groups: [String: [String]] = [:]) async throws -> BusFixture {
        let metrics = MetricsRegistry()
        let log = MemoryLogSink()
        let logger = Logger(engine: "test", level: .warning, sink: log, now: { Timestamp(seconds: 0) })
        let retries = RetryPolicy(firstNanoseconds: 2_000_000, longestNanoseconds: 10_000_000)
        switch kind {
        case .memory:
            let bus = MemoryBus(
                families: TestFamilies.all, groups: groups, clock: SystemClock(), identifiers: ProcessIdentifiers(),
                metrics: metrics, logger: logger, retries: retries)
            return BusFixture(bus: bus, metrics: metrics, log: log)
        case .redis:
            let server = try TestRedis.server.get()
            let name = ProcessIdentifiers().nextText()
            let bus = try RedisBus(
                url: server.url, families: TestFamilies.all, groups: groups, instance: "one",
                spoolFolder: "\(server.folder)/spool-\(name)", streamPrefix: "\(name):", clock: SystemClock(),
                identifiers: ProcessIdentifiers(), metrics: metrics, logger: logger, retries: retries)
            return BusFixture(bus: bus, metrics: metrics, log: log)
        }
    }

    func message(_ family: TopicFamily, _ key: String, _ text: String = "0") -> Message {
        Message(
            id: MessageID(identifiers.next()), topic: Topic(family.name, key), time: Timestamp(seconds: 5),
            received: Timestamp(seconds: 6), source: "tester", data: Array(text.utf8))
    }

    func messages(_ family: TopicFamily, keys: Int, count: Int) -> [Message] {
        (0..<count).map { message(family, "K\($0 % keys)", "\($0)") }
    }
}

/// Collects what a handler was given.
@LoopActor final class Inbox {
    private(set) var messages: [Message] = []
    private(set) var batches: [Int] = []
    /// Told to handlers that ask whether to fail.
    var refuses = false

    func add(_ batch: [Message]) {
        messages += batch
        batches.append(batch.count)
    }

    var texts: [String] { messages.map { String(decoding: $0.data, as: UTF8.self) } }

    /// The payloads of a key, as numbers, in the order they came.
    func numbers(_ key: String) -> [Int] {
        messages.filter { $0.topic.key == key }.compactMap { Int(String(decoding: $0.data, as: UTF8.self)) }
    }
}

/// Waits until a condition holds; records an issue when it does not within `seconds`.
@LoopActor func eventually(
    _ what: String, seconds: Double = 20, location: SourceLocation = #_sourceLocation,
    _ condition: @LoopActor () async throws -> Bool
) async throws {
    let clock = SystemClock()
    let deadline = clock.monotonic + Int64(seconds * 1e9)
    while try await !condition() {
        if clock.monotonic > deadline {
            Issue.record("never happened: \(what)", sourceLocation: location)
            throw ConditionNeverHeld(what: what)
        }
        await clock.sleep(nanoseconds: 1_000_000)
    }
}

struct ConditionNeverHeld: Error { let what: String }

struct Poison: Error {}

/// A door that handlers wait at until it is opened.
@LoopActor final class Gate {
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private(set) var open = false
    private(set) var arrived = 0

    func pass() async {
        arrived += 1
        if open { return }
        await withCheckedContinuation { continuation in
            if open { continuation.resume() } else { waiters.append(continuation) }
        }
    }

    func release() {
        open = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }
}
