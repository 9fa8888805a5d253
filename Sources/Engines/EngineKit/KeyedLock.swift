public import Runtime

/// One at a time per key, first come first served: for changes that read state, wait for the store and then apply.
@LoopActor public final class KeyedLock {
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    public init() {}

    /// Runs `body` when everyone before it with the same key is done.
    public func with<R>(_ key: String, _ body: @LoopActor () async throws -> R) async rethrows -> R {
        if waiting[key] == nil {
            waiting[key] = []
        } else {
            await withCheckedContinuation { continuation in
                // The loop may have turned before this runs: whoever held the key may have let go of it.
                if waiting[key] == nil {
                    waiting[key] = []
                    continuation.resume()
                } else {
                    waiting[key]?.append(continuation)
                }
            }
        }
        defer { release(key) }
        return try await body()
    }

    private func release(_ key: String) {
        if waiting[key]?.isEmpty ?? true {
            waiting[key] = nil
        } else {
            waiting[key]?.removeFirst().resume()
        }
    }
}
