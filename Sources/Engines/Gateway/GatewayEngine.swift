public import EngineKit
public import HTTP
public import Runtime

/// The gateway engine.
@LoopActor public final class GatewayEngine: Engine {
    public nonisolated static var name: EngineName { .gateway }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
