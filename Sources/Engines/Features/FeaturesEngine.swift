public import EngineKit
public import HTTP
public import Runtime

/// The features engine.
@LoopActor public final class FeaturesEngine: Engine {
    public nonisolated static var name: EngineName { .features }
    let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    public var routes: [Route] { [] }
}
