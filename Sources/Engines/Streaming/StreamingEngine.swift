public import EngineKit
public import HTTP
public import Runtime

/// The websocket engine.
@LoopActor public final class StreamingEngine: Engine {
    public nonisolated static var name: EngineName { .websocket }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
