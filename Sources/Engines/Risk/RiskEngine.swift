public import EngineKit
public import HTTP
public import Runtime

/// The risk engine.
@LoopActor public final class RiskEngine: Engine {
    public nonisolated static var name: EngineName { .risk }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
