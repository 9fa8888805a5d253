import Runtime

/// Decisions that are being written. Whoever turns the kill switch on waits for them: when it answers, none that was
/// approved before is still on its way.
@LoopActor final class PendingDecisions {
    private var count = 0
    private var waiters: [(deadline: Int64, continuation: CheckedContinuation<Bool, Never>)] = []
    private var sweeper: LoopTimer?
    /// How often deadlines of waiters are looked at.
    private static let sweepMilliseconds = 50

    func began() { count += 1 }

    func ended() {
        count -= 1
        if count == 0 { release { _ in true } }
    }

    /// Returns once none is being written, or after so long; whether none is.
    func areWritten(within nanoseconds: Int64, _ clock: any Clock) async -> Bool {
        if count == 0 { return true }
        let deadline = clock.monotonic + nanoseconds
        return await withCheckedContinuation { continuation in
            if count == 0 { return continuation.resume(returning: true) }
            waiters.append((deadline, continuation))
            if sweeper == nil {
                sweeper = LoopTimer.every(milliseconds: Self.sweepMilliseconds) { [weak self] in
                    let now = clock.monotonic
                    self?.release { $0 <= now }
                }
            }
        }
    }

    private func release(_ isDue: (Int64) -> Bool) {
        let due = waiters.filter { isDue($0.deadline) }
        waiters.removeAll { isDue($0.deadline) }
        if waiters.isEmpty {
            sweeper?.cancel()
            sweeper = nil
        }
        for waiter in due { waiter.continuation.resume(returning: count == 0) }
    }
}
