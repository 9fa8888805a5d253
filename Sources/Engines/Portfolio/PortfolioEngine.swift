public import EngineKit
public import HTTP
public import Runtime

/// The portfolio engine.
@LoopActor public final class PortfolioEngine: Engine {
    public nonisolated static var name: EngineName { .portfolio }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
