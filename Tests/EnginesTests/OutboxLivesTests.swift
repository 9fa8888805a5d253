import Bus
@testable import EngineKit
import Market
import Runtime
import Store
import Telemetry
import Testing
import TestKit

/// Several processes of one engine over one database, as gateways are: neither meets the rows of the other.
@Suite struct OutboxLivesTests {
    init() { EventLoop.runInBackground() }

    private static let family = TopicFamily("test.life", lane: .normal, delivery: .lossless, writer: "test", capacity: 1000)

    /// One process: an outbox with a bus of its own, whose reader fails until it is told not to.
    @LoopActor private final class Life {
        struct NotYet: Error {}

        let outbox: Outbox
        private let bus: MemoryBus
        private let identifiers: SeededIdentifiers
        private(set) var keys: [String] = []
        var reads = false

        init(_ records: any RecordStore, seed: UInt64) async throws {
            identifiers = SeededIdentifiers(seed: seed)
            let logger = Logger(engine: "test", level: .error, sink: MemoryLogSink(), now: { Timestamp(seconds: 0) })
            bus = MemoryBus(
                families: [OutboxLivesTests.family], groups: [OutboxLivesTests.family.name: ["reader"]], clock: SystemClock(),
                identifiers: identifiers, metrics: MetricsRegistry(), logger: logger)
            outbox = Outbox(source: "test", bus: bus, records: records, clock: SystemClock(), logger: logger,
                            registry: MetricsRegistry())
            try bus.subscribe(Subscription(group: "reader", families: [OutboxLivesTests.family]) { [weak self] batch in
                guard let self, reads else { throw NotYet() }
                keys += batch.map(\.topic.key)
            })
            await bus.start()
            try await outbox.start()
        }

        func commit(_ key: String) async throws {
            let now = Timestamp(seconds: 1)
            _ = try await outbox.commit([], [Message(
                id: MessageID(identifiers.next()), topic: Topic(OutboxLivesTests.family.name, key), time: now,
                received: now, source: "test", data: [])], urgent: false)
        }

        func settle() async { while outbox.pendingCount > 0 { await Task.yield() } }

        func stop() async {
            await outbox.stop()
            await bus.stop()
        }
    }

    /// Keys of messages, without the rows that tell whether a commit took place.
    private static func stored(_ store: any RecordStore) async throws -> [String] {
        try await store.query(Statement("SELECT key FROM outbox WHERE family <> '' ORDER BY position")).records
            .map { try $0.value(0) }
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func twoShareADatabase(_ kind: EngineRecords) async throws {
        let store = try await kind.open(.gateway, EngineRecords.next())
        try await store.migrate([Outbox.migration, Outbox.byPosition(version: 2), Outbox.lives(version: 3)])
        let first = try await Life(store, seed: 1), second = try await Life(store, seed: 2)
        for number in 0..<4 {
            try await first.commit("a\(number)")
            try await second.commit("b\(number)")
        }
        #expect(try await Self.stored(store) == ["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"])
        // What one has settled goes; what the other has not, stays for whoever comes after it.
        first.reads = true
        await first.settle()
        await first.stop()
        await second.stop()
        #expect(first.keys == ["a0", "a1", "a2", "a3"])
        #expect(try await Self.stored(store) == ["b0", "b1", "b2", "b3"])
        let third = try await Life(store, seed: 3)
        third.reads = true
        await third.settle()
        try await third.commit("c")
        await third.settle()
        await third.stop()
        #expect(third.keys == ["b0", "b1", "b2", "b3", "c"])
        #expect(try await store.query(Statement("SELECT id FROM outbox")).rows.isEmpty)
        await store.close()
    }
}
