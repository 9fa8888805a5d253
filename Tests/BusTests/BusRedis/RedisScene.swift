import Bus
import BusRedis
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// A server of its own and buses on it, for tests that do it harm.
@LoopActor final class RedisScene {
    let server: RedisServer
    let metrics = MetricsRegistry()
    let log = MemoryLogSink()
    let identifiers = ProcessIdentifiers()
    var limits = RedisBusLimits()
    private var spools = 0

    init(persistent: Bool = false, arguments: [String] = []) throws {
        server = try RedisServer(persistent: persistent, arguments: arguments)
        limits.stalledConnectionSeconds = 2
        limits.deadConsumerMilliseconds = 1500
    }

    /// A bus on the server. The same `instance` twice shares a spool folder, as a restarted process does.
    func bus(
        _ instance: String = "one", groups: [String: [String]], families: [TopicFamily] = TestFamilies.all,
        url: String? = nil
    ) throws -> RedisBus {
        try RedisBus(
            url: url ?? server.url, families: families, groups: groups, instance: instance,
            spoolFolder: "\(server.folder)/spool-\(instance)", clock: SystemClock(), identifiers: identifiers,
            metrics: metrics, logger: Logger(engine: "test", level: .debug, sink: log, now: { SystemClock().now }),
            retries: RetryPolicy(firstNanoseconds: 2_000_000, longestNanoseconds: 10_000_000), limits: limits)
    }

    func message(_ family: TopicFamily, _ key: String, _ number: Int, padding: Int = 0) -> Message {
        let now = SystemClock().now
        return Message(
            id: MessageID(identifiers.next()), topic: Topic(family.name, key), time: now, received: now,
            source: "tester", data: Array("\(number)".utf8) + [UInt8](repeating: 32, count: padding))
    }

    /// Publishes `range` in fives, two keys in turn, a little every millisecond.
    func publish(_ range: Range<Int>, of family: TopicFamily, on bus: RedisBus, slowly: Bool = true) async throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 5) {
            let numbers = start..<min(start + 5, range.upperBound)
            try bus.publish(numbers.map { message(family, "K\($0 % 2)", $0) })
            if slowly { await SystemClock().sleep(nanoseconds: 1_000_000) }
        }
    }
}

/// Numbers by key in the order they were first seen; what is seen again (its id is known) does not count.
@LoopActor final class Tally {
    private var seen: Set<MessageID> = []
    private(set) var numbers: [String: [Int]] = [:]
    private(set) var repeats = 0

    func add(_ batch: [Message]) {
        for message in batch {
            if !seen.insert(message.id).inserted {
                repeats += 1
                continue
            }
            let text = String(decoding: message.data.prefix { $0 != 32 }, as: UTF8.self)
            numbers[message.topic.key, default: []].append(Int(text) ?? -1)
        }
    }

    var count: Int { seen.count }

    /// Whether exactly `range` came, each key in order.
    func isComplete(_ range: Range<Int>) -> Bool {
        numbers["K0"] == range.filter { $0 % 2 == 0 } && numbers["K1"] == range.filter { $0 % 2 == 1 }
    }
}
