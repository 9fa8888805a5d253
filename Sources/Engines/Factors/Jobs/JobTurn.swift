import Runtime

/// Lets calculations that someone waits for go before the next block of a job: a job waits for one of them to end and
/// then takes its turn, so that it is never kept waiting for good.
@LoopActor final class JobTurn {
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    nonisolated init() {}

    /// Whether a job waits for its turn.
    var hasWaiting: Bool { !waiting.isEmpty }

    func began() { running += 1 }

    func ended() {
        running -= 1
        let ready = waiting
        waiting = []
        for continuation in ready { continuation.resume() }
    }

    /// Returns at once where nothing is calculated, else when the next calculation has ended.
    func next() async {
        if running == 0 { return }
        await withCheckedContinuation { continuation in
            if running == 0 { continuation.resume() } else { waiting.append(continuation) }
        }
    }
}
