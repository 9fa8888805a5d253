public import Market
public import Runtime
import Synchronization

/// A clock that stands still until told. Sleepers wake when `advance` passes their deadline, in deadline order.
public final class ManualClock: Clock {
    private struct State {
        var wall: Timestamp
        var monotonic: Int64 = 0
        var sleepers: [(deadline: Int64, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    /// A clock that starts at `start`, 2024-01-02T00:00:00Z unless said.
    public init(start: Timestamp = Timestamp(seconds: 1_704_153_600)) { state = Mutex(State(wall: start)) }

    public var now: Timestamp { state.withLock { $0.wall } }
    public var monotonic: Int64 { state.withLock { $0.monotonic } }

    /// Moves both clocks on and wakes whoever is due.
    public func advance(nanoseconds: Int64) {
        let due = state.withLock { state in
            state.wall = state.wall.adding(nanoseconds: nanoseconds)
            state.monotonic += nanoseconds
            let due = state.sleepers.filter { $0.deadline <= state.monotonic }.sorted { $0.deadline < $1.deadline }
            state.sleepers.removeAll { $0.deadline <= state.monotonic }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Steps the wall clock alone, backwards too.
    public func setWall(_ time: Timestamp) { state.withLock { $0.wall = time } }

    /// How many tasks sleep.
    public var sleeping: Int { state.withLock { $0.sleepers.count } }

    @LoopActor public func sleep(nanoseconds: Int64) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.sleepers.append(($0.monotonic + nanoseconds, continuation)) }
        }
    }
}
