import EngineKit
import Runtime
import TestKit
import Testing

@Suite struct RoundsTests {
    init() { EventLoop.runInBackground() }

    /// Counts rounds; the test turns the clock.
    @LoopActor private final class Counter {
        var count = 0
    }

    @LoopActor private func until(_ condition: () -> Bool) async { while !condition() { await Task.yield() } }

    @Test @LoopActor func aRoundComesAtOnceAndAfterEachWait() async {
        let clock = ManualClock(), counter = Counter(), rounds = Rounds(every: 1_000, clock)
        rounds.start { counter.count += 1 }
        // Beginning twice is beginning once.
        rounds.start { counter.count += 100 }
        await until { counter.count == 1 }
        for expected in 2...4 {
            clock.advance(nanoseconds: 1_000)
            await until { counter.count == expected }
        }
        rounds.stop()
        clock.advance(nanoseconds: 10_000)
        for _ in 0..<100 { await Task.yield() }
        #expect(counter.count == 4)
    }

    @Test @LoopActor func laterWaitsFirstAndAStopIsNotForEver() async {
        let clock = ManualClock(), counter = Counter(), rounds = Rounds(every: 1_000, clock)
        rounds.start(later: true) { counter.count += 1 }
        for _ in 0..<100 { await Task.yield() }
        #expect(counter.count == 0)
        rounds.stop()
        rounds.start { counter.count += 10 }
        await until { counter.count == 10 }
        clock.advance(nanoseconds: 1_000)
        await until { counter.count == 20 }
        rounds.stop()
    }
}
