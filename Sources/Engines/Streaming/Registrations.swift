import EngineKit
import Market
import Runtime

/// Connections that were announced over HTTP and are not open yet.
@LoopActor final class Registrations {
    /// One of them.
    struct Registration {
        let id: UInt128
        let client: String
        let since: Timestamp
        /// Monotonic.
        let expires: Int64
    }

    /// A registered connection is opened within so long, or forgotten.
    static let lifeNanoseconds: Int64 = 300_000_000_000
    /// The most that wait.
    static let limit = 10_000

    private let context: EngineContext
    private(set) var waiting: [UInt128: Registration] = [:]
    /// Told of those that were never opened.
    var onExpired: (@LoopActor (UInt128) -> Void)?

    init(_ context: EngineContext) { self.context = context }

    /// Notes a connection; nil where too many wait.
    func add(client: String) -> Registration? {
        if waiting.count >= Self.limit { return nil }
        let made = Registration(id: context.identifiers.next(), client: client, since: context.clock.now,
                                expires: context.clock.monotonic + Self.lifeNanoseconds)
        waiting[made.id] = made
        return made
    }

    /// The connection is opened now; false where it is not known.
    func take(_ id: UInt128) -> Bool { waiting.removeValue(forKey: id) != nil }

    /// Forgets a connection; false where it is not known.
    func remove(_ id: UInt128) -> Bool {
        guard waiting.removeValue(forKey: id) != nil else { return false }
        onExpired?(id)
        return true
    }

    /// Forgets what was not opened in time.
    func sweep() {
        let now = context.clock.monotonic
        for (id, registration) in waiting where registration.expires <= now { _ = remove(id) }
    }
}
