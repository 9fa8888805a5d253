public import EngineKit
public import HTTP
public import Runtime

/// The ml engine.
@LoopActor public final class LearningEngine: Engine {
    public nonisolated static var name: EngineName { .ml }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
