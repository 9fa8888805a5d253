public import Runtime

/// Why a process that runs until a signal should end without one: what it was started for cannot be done.
@LoopActor public final class Ending {
    /// The first failure that was told.
    public private(set) var failure: (any Error)?
    private var wake: (@LoopActor () -> Void)?

    /// Nothing has failed.
    public init() {}

    /// Tells of a failure; whoever waits goes on.
    public func fail(_ error: any Error) {
        if failure == nil { failure = error }
        wake?()
    }

    /// Calls `body` once there is a failure: at once where there is one.
    func whenFailed(_ body: @escaping @LoopActor () -> Void) {
        wake = body
        if failure != nil { body() }
    }
}
