public import Market
import Glibc
import Synchronization

/// Time, passed in. Nothing else in the platform asks the operating system what time it is.
public protocol Clock: Sendable {
    /// The wall clock; may step backwards.
    var now: Timestamp { get }
    /// Nanoseconds that never go backwards, from an arbitrary start; for durations and deadlines.
    var monotonic: Int64 { get }
    /// Returns after `nanoseconds`, or at once when the task is cancelled.
    @LoopActor func sleep(nanoseconds: Int64) async
}

/// The operating system's clocks, and timers on the loop.
public struct SystemClock: Clock {
    public init() {}

    public var now: Timestamp { Timestamp(nanoseconds: Self.read(CLOCK_REALTIME)) }
    public var monotonic: Int64 { Self.read(CLOCK_MONOTONIC) }

    @LoopActor public func sleep(nanoseconds: Int64) async {
        let sleeper = Sleeper()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                sleeper.start(milliseconds: Int((nanoseconds + 999_999) / 1_000_000), continuation)
            }
        } onCancel: {
            spawn { sleeper.wake() }
        }
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// One sleep: woken by its timer or by cancellation, whichever comes first.
@LoopActor private final class Sleeper {
    private var timer: LoopTimer?
    private var continuation: CheckedContinuation<Void, Never>?
    private var woken = false

    nonisolated init() {}

    func start(milliseconds: Int, _ continuation: CheckedContinuation<Void, Never>) {
        if woken || Task.isCancelled {
            continuation.resume()
            return
        }
        self.continuation = continuation
        timer = LoopTimer.once(milliseconds: milliseconds) { self.wake() }
    }

    func wake() {
        woken = true
        timer?.cancel()
        timer = nil
        continuation?.resume()
        continuation = nil
    }
}
