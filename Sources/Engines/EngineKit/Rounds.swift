public import Runtime

/// Something that is done again and again, one round after the other, until it is stopped. A round cannot fail: what may is
/// told where it happens.
@LoopActor public final class Rounds {
    private let clock: any Clock
    private let nanoseconds: Int64
    private var task: Task<Void, Never>?

    /// - Parameter nanoseconds: how long to wait after a round.
    public init(every nanoseconds: Int64, _ clock: any Clock) {
        self.nanoseconds = nanoseconds
        self.clock = clock
    }

    /// Begins with a round, or `later` with a wait; harmless when it has begun. May begin again after a stop.
    public func start(later: Bool = false, _ round: @escaping @LoopActor @Sendable () async -> Void) {
        guard task == nil else { return }
        task = spawn { [clock, nanoseconds] in
            if later { await clock.sleep(nanoseconds: nanoseconds) }
            while !Task.isCancelled {
                await round()
                await clock.sleep(nanoseconds: nanoseconds)
            }
        }
    }

    /// Ends when the round that is under way does.
    public func stop() {
        task?.cancel()
        task = nil
    }
}
