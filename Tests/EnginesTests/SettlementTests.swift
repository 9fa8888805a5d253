import Bus
import EngineKit
import Market
import Runtime
import Store
import Testing
import TestKit

/// Waiting until every group has acknowledged a message.
@Suite struct SettlementTests {
    init() { EventLoop.runInBackground() }

    @Test(.timeLimit(.minutes(1))) @LoopActor func aReaderThatNeverAcknowledgesIsToldAtTheDeadline() async throws {
        let fixture = try await EngineFixture.make([])
        let gate = Gate()
        try fixture.bus.subscribe(Subscription(group: "stuck", families: [Topics.bar]) { _ in await gate.pass() })
        let context = try #require(fixture.hosts[.marketdata]).context
        let bar = BarColumns.walk(1).bar(0, "KO")
        let message = context.message(Topics.bar, "KO", time: bar.closeTime, bar)
        try await context.commit([], [message])
        await fixture.until("the reader has it") { gate.waiting == 1 }
        var outcomes: [SettlementError?] = []
        func wait(_ seconds: Int64) -> Task<Void, Never> {
            spawn {
                do throws(SettlementError) {
                    try await context.outbox.settlement(of: message.id, deadlineNanoseconds: seconds * 1_000_000_000)
                    outcomes.append(nil)
                } catch {
                    outcomes.append(error)
                }
            }
        }
        let cancelled = wait(60)
        cancelled.cancel()
        await cancelled.value
        #expect(outcomes == [.cancelled])
        let late = wait(5), patient = wait(60)
        await Task.yield()
        fixture.clock.advance(nanoseconds: 6_000_000_000)
        await late.value
        #expect(outcomes == [.cancelled, .late])
        // The message is still there, and whoever waits longer sees it settled.
        #expect(context.outbox.pendingCount == 1)
        gate.open()
        await patient.value
        #expect(outcomes == [.cancelled, .late, nil])
        try await context.outbox.settlement(of: message.id, deadlineNanoseconds: 0)
        await fixture.stop()
    }
}

/// What a group has given up on a bus in memory.
@Suite struct GivenUpTests {
    private struct Poison: Error {}

    /// A reader that fails until it is mended, and how much the other has handled.
    @LoopActor private final class Readers { var isMended = false, handled = 0 }

    init() { EventLoop.runInBackground() }

    /// Its dead letter is lost with the process, so its row stays; nobody waits for it.
    @Test(arguments: [false, true]) @LoopActor func itStaysInTheOutboxUntilItsLetterIsDealtWith(_ isReplayed: Bool)
        async throws {
        let fixture = try await EngineFixture.make([])
        let readers = Readers()
        try fixture.bus.subscribe(Subscription(group: "broken", families: [Topics.bar], attempts: 1) { _ in
            if !readers.isMended { throw Poison() }
        })
        try fixture.bus.subscribe(Subscription(group: "sound", families: [Topics.bar]) { readers.handled += $0.count })
        let context = try #require(fixture.hosts[.marketdata]).context
        func rows() async throws -> Int {
            try await context.records.query(Statement("SELECT id FROM outbox")).rows.count
        }
        for (row, bar) in [BarColumns.walk(2).bar(0, "KO"), BarColumns.walk(2).bar(1, "KO")].enumerated() {
            readers.isMended = row == 1
            let message = context.message(Topics.bar, "KO", time: bar.closeTime, bar)
            try await context.commit([], [message])
            try await context.outbox.settlement(of: message.id, deadlineNanoseconds: 60_000_000_000)
        }
        // The second is forgotten, the first is not, though it came before.
        await fixture.until("both were handled") { readers.handled == 2 }
        try await fixture.until("one row is left") { try await rows() == 1 }
        let letter = try #require(try await fixture.bus.deadLetters(limit: 10).first)
        #expect(context.outbox.pendingCount == 1)
        let isDone = try await isReplayed ? fixture.bus.replay(entry: letter.entry) : fixture.bus.purge(entry: letter.entry)
        #expect(isDone)
        try await fixture.until("no row is left") { try await rows() == 0 }
        #expect(context.outbox.pendingCount == 0 && readers.handled == 2)
        await fixture.stop()
    }
}

/// Holds handlers until it is opened.
@LoopActor private final class Gate {
    private var held: [CheckedContinuation<Void, Never>] = []
    private var isOpen = false
    var waiting: Int { held.count }

    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { continuation in
            if isOpen { continuation.resume() } else { held.append(continuation) }
        }
    }

    func open() {
        isOpen = true
        for continuation in held { continuation.resume() }
        held = []
    }
}
