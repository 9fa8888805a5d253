import Market
import Runtime
import TestKit
import Testing

@Suite struct EventLoopTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func tasksOfTheLoopStayOnIt() async {
        #expect(EventLoop.main.isOnLoop)
        await spawn { #expect(EventLoop.main.isOnLoop) }.value
        let other = SerialThread(name: "test")
        await Elsewhere(thread: other).visit()
        other.stop()
        #expect(EventLoop.main.isOnLoop)
    }

    @Test @LoopActor func timersFireInOrderAndCancelledOnesDoNot() async {
        var order: [Int] = []
        await withCheckedContinuation { continuation in
            LoopTimer.once(milliseconds: 20) { order.append(2) }
            LoopTimer.once(milliseconds: 1) { order.append(1) }
            let never = LoopTimer.once(milliseconds: 5) { order.append(99) }
            never.cancel()
            LoopTimer.once(milliseconds: 30) { continuation.resume() }
        }
        #expect(order == [1, 2])
    }

    @Test @LoopActor func aCancelledSleepReturns() async {
        let task = spawn { await SystemClock().sleep(nanoseconds: 3_600_000_000_000) }
        task.cancel()
        await task.value
    }

    @Test @LoopActor func theManualClockWakesWhoIsDue() async {
        let clock = ManualClock()
        let task = spawn { await clock.sleep(nanoseconds: 5_000) }
        while clock.sleeping == 0 { await Task.yield() }
        clock.advance(nanoseconds: 4_999)
        #expect(clock.sleeping == 1)
        clock.advance(nanoseconds: 1)
        await task.value
        #expect(clock.monotonic == 5_000)
    }

    @Test func identifiersAreUniqueAndSeededOnesRepeat() {
        let source = ProcessIdentifiers()
        #expect(Set((0..<1000).map { _ in source.nextText() }).count == 1000)
        let a = SeededIdentifiers(seed: 7), b = SeededIdentifiers(seed: 7)
        #expect((0..<10).map { _ in a.nextText() } == (0..<10).map { _ in b.nextText() })
        #expect(hexadecimal(255) == "000000000000000000000000000000ff")
    }
}

/// An actor on a thread of its own.
private actor Elsewhere {
    private let thread: SerialThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    init(thread: SerialThread) { self.thread = thread }
    func visit() { #expect(!EventLoop.main.isOnLoop) }
}
