import Bus
import BusRedis
import Glibc
public import Runtime
import Synchronization

/// Keys that benchmarks have in a Redis now, so that one that is ended leaves none.
@LoopActor public enum BenchKeys {
    private static var open: [ObjectIdentifier: RedisBus] = [:], closing: Set<ObjectIdentifier> = []
    private nonisolated static let count = Atomic(0)
    private nonisolated static let isErased = Atomic(false)

    static func add(_ bus: RedisBus) {
        open[ObjectIdentifier(bus)] = bus
        count.store(open.count, ordering: .releasing)
    }

    /// Stops a bus and deletes its keys. Where `erase` is at it already, the benchmark goes no further.
    static func close(_ bus: RedisBus) async {
        let id = ObjectIdentifier(bus)
        while !closing.insert(id).inserted { await SystemClock().sleep(nanoseconds: 1_000_000_000) }
        await bus.stopAndErase()
        open[id] = nil
        closing.remove(id)
        count.store(open.count, ordering: .releasing)
    }

    /// Deletes all of them, called on any thread but the loop's; the loop stands still from then on. Gives up after so
    /// many milliseconds, as where the loop or Redis does not answer.
    public nonisolated static func erase(withinMilliseconds patience: Int) {
        if count.load(ordering: .acquiring) == 0 { return }
        spawn {
            while !open.isEmpty {
                // One that is just connecting would make some afterwards.
                if let bus = open.first(where: { !closing.contains($0.key) && $0.value.health.connected })?.value {
                    await close(bus)
                } else {
                    await SystemClock().sleep(nanoseconds: 1_000_000)
                }
            }
            isErased.store(true, ordering: .releasing)
            while true { pause() }
        }
        var waited = 0
        while !isErased.load(ordering: .acquiring), waited < patience {
            usleep(5_000)
            waited += 5
        }
    }
}
