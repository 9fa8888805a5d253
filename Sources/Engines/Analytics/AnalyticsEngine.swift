public import EngineKit
public import HTTP
public import Runtime

/// The analytics engine.
@LoopActor public final class AnalyticsEngine: Engine {
    public nonisolated static var name: EngineName { .analytics }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
