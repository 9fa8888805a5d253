import Runtime

/// What a handler leads to: a result that is there, or work that has to be waited for. Only the latter needs a task.
public enum Work<R: Sendable>: Sendable {
    case done(R)
    case later(@Sendable @LoopActor () async throws -> R)

    /// The same with its result changed.
    @LoopActor public func map<T: Sendable>(_ change: @escaping @LoopActor (R) -> T) -> Work<T> {
        switch self {
        case .done(let result): .done(change(result))
        case .later(let rest): .later { change(try await rest()) }
        }
    }
}
