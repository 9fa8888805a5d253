public import Runtime

/// One at a time per key, first come first served: for changes that read state, wait for the store and then apply.
@LoopActor public final class KeyedLock {
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    public init() {}

    /// Runs `body` when everyone before it with the same key is done.
    public func with<R>(_ key: String, _ body: @LoopActor () async throws -> R) async rethrows -> R {
        await take(key)
        defer { release(key) }
        return try await body()
    }

    /// The same when everyone before it with one of the keys is done. Keys are taken in one order, so that no two wait
    /// for each other; `body` must not ask for another.
    public func with<R>(all keys: [String], _ body: @LoopActor () async throws -> R) async rethrows -> R {
        let keys = Set(keys).sorted()
        for key in keys { await take(key) }
        defer { for key in keys { release(key) } }
        return try await body()
    }

    private func take(_ key: String) async {
        guard waiting[key] != nil else {
            waiting[key] = []
            return
        }
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

    private func release(_ key: String) {
        if waiting[key]?.isEmpty ?? true {
            waiting[key] = nil
        } else {
            waiting[key]?.removeFirst().resume()
        }
    }
}
