public import Market
public import Runtime

/// Tells outboxes which of their messages are settled, at the end of the turn in which that was known.
@LoopActor public final class SettledNotices: TurnWork {
    private var handlers: [String: [@LoopActor ([MessageID]) -> Void]] = [:]
    private var ready: [String: [MessageID]] = [:]
    private var queued = false

    public init() {}

    /// Adds a handler for the messages of `source`.
    public func add(source: String, _ handler: @escaping @LoopActor ([MessageID]) -> Void) {
        handlers[source, default: []].append(handler)
    }

    /// Whether anybody wants to know about `source`.
    public func wants(_ source: String) -> Bool { handlers[source] != nil }

    /// Messages are settled.
    public func settle(_ ids: [MessageID], source: String) {
        if ids.isEmpty || handlers[source] == nil { return }
        ready[source, default: []] += ids
        if !queued {
            queued = true
            EventLoop.main.atEndOfTurn(self)
        }
    }

    /// Tells them.
    public func endOfTurn() {
        queued = false
        let told = ready
        ready = [:]
        for (source, ids) in told {
            for handler in handlers[source] ?? [] { handler(ids) }
        }
    }
}
