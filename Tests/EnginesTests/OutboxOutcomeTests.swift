import Bus
@testable import EngineKit
import Market
import Runtime
import Store
import StoreSQLite
import Telemetry
import Testing
import TestKit

/// Commits whose answer is lost on its way: memory follows what the store has.
@Suite struct OutboxOutcomeTests {
    private static let thing = Statement("INSERT INTO things (id) VALUES (1)")

    /// That nobody reads, so that its messages are settled at once.
    private static let family = TopicFamily("test.outcome", lane: .normal, delivery: .lossless, writer: "test", capacity: 9)

    init() { EventLoop.runInBackground() }

    @LoopActor private func make(_ records: LosingStore) async throws -> Outbox {
        try await records.migrate([Outbox.migration, Outbox.byPosition(version: 2), Outbox.lives(version: 3), Migration(
            version: 4, name: "things", statements: ["CREATE TABLE things (id BIGINT PRIMARY KEY)"])])
        let bus = MemoryBus(
            families: [Self.family], clock: SystemClock(), identifiers: SeededIdentifiers(seed: 1), metrics: MetricsRegistry(),
            logger: Logger(engine: "test", level: .error, sink: MemoryLogSink(), now: { Timestamp(seconds: 0) }))
        let outbox = Outbox(
            source: "test", bus: bus, records: records, clock: SystemClock(),
            logger: Logger(engine: "test", level: .error, sink: MemoryLogSink(), now: { Timestamp(seconds: 0) }),
            registry: MetricsRegistry())
        await bus.start()
        try await outbox.start()
        return outbox
    }

    /// Another process of the engine starts before this one has asked what became of its commit: it publishes and deletes
    /// what it finds, and yet this one finds out.
    @Test(arguments: [0, 1])
    @LoopActor func anotherProcessLeavesTheOutcomeToBeAskedFor(_ messages: Int) async throws {
        let folder = TemporaryFolder(), store = try await SQLiteRecordStore.open(
            SQLiteConfiguration(path: folder.path + "/a.sqlite"))
        let records = LosingStore(store), outbox = try await make(records), now = SystemClock().now
        records.lose(happening: true) {
            let other = try? await self.make(records)
            await other?.stop()
        }
        _ = try await outbox.commit([Self.thing], (0..<messages).map { number in
            Message(id: MessageID(UInt128(number + 1)), topic: Topic(Self.family.name, "k"), time: now, received: now,
                    source: "test", data: [])
        }, urgent: false)
        await outbox.stop()
        #expect(try await store.query(Statement("SELECT id FROM outbox")).rows.isEmpty)
        await store.close()
    }

    @Test(arguments: [false, true])
    @LoopActor func aCommitThatTellsNobodyIsKnownToHaveHappenedOrNot(_ happens: Bool) async throws {
        let folder = TemporaryFolder(), store = try await SQLiteRecordStore.open(
            SQLiteConfiguration(path: folder.path + "/a.sqlite"))
        let records = LosingStore(store), outbox = try await make(records)
        records.lose(happening: happens)
        do {
            _ = try await outbox.commit([Self.thing], [], urgent: false)
            #expect(happens)
        } catch let error as StoreError {
            #expect(!happens && error.code == .unavailable)
        }
        #expect(try await store.query(Statement("SELECT id FROM things")).rows.count == (happens ? 1 : 0))
        // The mark goes, in this life or the next, and is never a message.
        let next = try await make(records)
        #expect(next.pendingCount == 0)
        await next.stop()
        await outbox.stop()
        #expect(try await store.query(Statement("SELECT id FROM outbox")).rows.isEmpty)
        await store.close()
    }
}

/// A store whose link breaks at one commit.
private final class LosingStore: RecordStore {
    private let store: SQLiteRecordStore
    @LoopActor private var losing: Bool?
    @LoopActor private var meanwhile: @LoopActor () async -> Void = {}

    init(_ store: SQLiteRecordStore) { self.store = store }

    @LoopActor func lose(happening: Bool, meanwhile: @escaping @LoopActor () async -> Void = {}) {
        losing = happening
        self.meanwhile = meanwhile
    }

    @LoopActor func transaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet] {
        guard let happens = losing else { return try await store.transaction(statements) }
        losing = nil
        if happens { _ = try await store.transaction(statements) }
        await meanwhile()
        throw StoreError(.outcomeUnknown, "the link broke")
    }

    var mayLoseOutcomes: Bool { true }
    var isAvailable: Bool { store.isAvailable }
    func query(_ statement: Statement) async throws(StoreError) -> ResultSet { try await store.query(statement) }
    func migrate(_ migrations: [Migration]) async throws(StoreError) { try await store.migrate(migrations) }
    func close() async { await store.close() }
}
