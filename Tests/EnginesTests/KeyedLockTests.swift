import EngineKit
import Runtime
import Testing

/// One at a time per key.
@Suite struct KeyedLockTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func whoTakesSeveralKeysWaitsForEachAndHoldsAll() async {
        let lock = KeyedLock()
        var open = false, order: [String] = []
        let held = spawn {
            await lock.with("b") {
                order.append("b")
                while !open { await Task.yield() }
                order.append("b ends")
            }
        }
        while order.isEmpty { await Task.yield() }
        let all = spawn { await lock.with(all: ["c", "b", "a", "b"]) { order.append("all") } }
        let later = spawn { await lock.with("a") { order.append("a") } }
        for _ in 0..<50 { await Task.yield() }
        #expect(order == ["b"])
        open = true
        for task in [held, all, later] { await task.value }
        #expect(order == ["b", "b ends", "all", "a"])
    }
}
