public import Market
public import Runtime

/// Requests that wait for their reply, each until its deadline.
@LoopActor public final class PendingReplies {
    /// How many may wait at once.
    public static let limit = 10_000

    private struct Waiter {
        let continuation: CheckedContinuation<Result<Message, BusError>, Never>
        var deadline: Task<Void, Never>?
    }

    private let clock: any Clock
    private var waiters: [MessageID: Waiter] = [:]

    public init(clock: any Clock) { self.clock = clock }

    /// How many wait.
    public var count: Int { waiters.count }

    /// Sends a request and waits until `resolve` names its id, or the deadline passes.
    public func wait(
        for request: MessageID, family: String, deadlineNanoseconds: Int64, send: () throws(BusError) -> Void
    ) async throws(BusError) -> Message {
        if waiters.count >= Self.limit { throw .full(family: family) }
        let result = await withCheckedContinuation { continuation in
            waiters[request] = Waiter(continuation: continuation)
            do throws(BusError) {
                try send()
            } catch {
                resolve(request, .failure(error))
                return
            }
            let timer = spawn {
                await self.clock.sleep(nanoseconds: deadlineNanoseconds)
                self.resolve(request, .failure(.deadlineExceeded))
            }
            waiters[request]?.deadline = timer
        }
        return try result.get()
    }

    /// Ends a wait; nothing where nobody waits (any more).
    public func resolve(_ request: MessageID, _ result: Result<Message, BusError>) {
        guard let waiter = waiters.removeValue(forKey: request) else { return }
        waiter.deadline?.cancel()
        waiter.continuation.resume(returning: result)
    }

    /// Ends all waits with an error.
    public func failAll(_ error: BusError) {
        for request in Array(waiters.keys) { resolve(request, .failure(error)) }
    }
}
