@testable import EngineKit
import Market
import Runtime
import Store
import Testing

/// Messages that are committed together are written several to a statement: each is read back as it was, in order.
@Suite struct OutboxRowsTests {
    init() { EventLoop.runInBackground() }

    private static func message(_ index: Int) -> Message {
        let time = Timestamp(nanoseconds: Int64(index))
        let cause = index % 2 == 0 ? nil : MessageID(7), trace = index % 3 == 0 ? nil : "trace \(index)"
        return Message(
            id: MessageID(UInt128(1) << 100 + UInt128(index)), topic: Topic("order.intent", "p\(index)"), time: time,
            received: time.adding(nanoseconds: 1000), source: "strategy", sequence: UInt64(index), cause: cause,
            trace: trace, data: Array("{\"n\":\(index)}".utf8))
    }

    @Test(arguments: EngineRecords.here, [0, 1, 8, 9, 17])
    @LoopActor func everyMessageIsARow(_ records: EngineRecords, _ count: Int) async throws {
        let store = try await records.open(.strategy, EngineRecords.next())
        try await store.migrate([Outbox.migration])
        let messages = (0..<count).map(Self.message)
        let statements = OutboxRows.inserts(messages.enumerated().map { ($0.element, Int64($0.offset + 5)) })
        #expect(statements.count == (count + 7) / 8)
        if !statements.isEmpty { try await store.transaction(statements) }
        let rows = try await store.query(Statement("""
            SELECT id, position, family, key, time, received, sequence, cause, trace, data FROM outbox ORDER BY position
            """))
        let read = try rows.map { (row) throws(StoreError) -> Message in
            try OutboxRows.message(row, source: "strategy")
        }
        #expect(read.map(\.id) == messages.map(\.id) && read.map(\.data) == messages.map(\.data))
        #expect(read.map(\.topic) == messages.map(\.topic) && read.map(\.cause) == messages.map(\.cause))
        #expect(read.map(\.trace) == messages.map(\.trace) && read.map(\.sequence) == messages.map(\.sequence))
        #expect(read.map(\.time) == messages.map(\.time) && read.map(\.received) == messages.map(\.received))
        await store.close()
    }
}
