import Bus
import EngineKit
import Market
import Runtime
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
