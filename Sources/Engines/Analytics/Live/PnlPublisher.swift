import Bus
import EngineKit
import Market
import Runtime

/// Says when a portfolio's figures are told: at once after a fill, else at most every 100 ms, the newest then.
@LoopActor final class PnlPublisher {
    /// Between two tellings of a portfolio, fills apart.
    static let intervalNanoseconds: Int64 = 100_000_000

    private let context: EngineContext
    /// The figures of a portfolio as they are now.
    private let figures: @LoopActor (_ portfolio: String, _ cause: Message) -> Message?
    /// When each was told last, on the monotonic clock.
    private var told: [String: Int64] = [:]
    /// What waits, with what it is about.
    private var waiting: [String: Message] = [:]
    private var timer: Task<Void, Never>?

    init(_ context: EngineContext, _ figures: @escaping @LoopActor (String, Message) -> Message?) {
        self.context = context
        self.figures = figures
    }

    /// Something changed. A fill is told now.
    func changed(_ causes: [String: Message], filled: Set<String> = []) {
        let now = context.clock.monotonic
        var due: [String: Message] = [:]
        for (id, cause) in causes {
            if filled.contains(id) || isDue(id, now) { due[id] = cause } else { waiting[id] = cause }
        }
        tell(due, now)
        schedule()
    }

    /// Nothing more will be told.
    func stop() {
        timer?.cancel()
        timer = nil
        waiting = [:]
    }

    private func isDue(_ id: String, _ now: Int64) -> Bool {
        told[id].map { now - $0 >= Self.intervalNanoseconds } ?? true
    }

    private func tell(_ due: [String: Message], _ now: Int64) {
        if due.isEmpty { return }
        for id in due.keys {
            told[id] = now
            waiting[id] = nil
        }
        context.publish(due.sorted { $0.key < $1.key }.compactMap { figures($0.key, $0.value) })
    }

    private func schedule() {
        guard timer == nil, !waiting.isEmpty else { return }
        let now = context.clock.monotonic
        let next = waiting.keys.reduce(Int64.max) { min($0, (told[$1] ?? now) + Self.intervalNanoseconds - now) }
        timer = spawn { [weak self, clock = context.clock] in
            await clock.sleep(nanoseconds: max(1_000_000, next))
            if !Task.isCancelled { self?.wake() }
        }
    }

    private func wake() {
        timer = nil
        let now = context.clock.monotonic
        tell(waiting.filter { isDue($0.key, now) }, now)
        schedule()
    }
}
