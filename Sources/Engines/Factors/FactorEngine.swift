public import EngineKit
public import HTTP
public import Runtime

/// The factor engine.
@LoopActor public final class FactorEngine: Engine {
    public nonisolated static var name: EngineName { .factor }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
