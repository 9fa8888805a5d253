public import EngineKit
public import HTTP
public import Runtime

/// The strategy engine.
@LoopActor public final class StrategyEngine: Engine {
    public nonisolated static var name: EngineName { .strategy }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
