public import HTTP
public import Runtime

/// An engine that takes requests for the routes of all services: the gateway.
@LoopActor public protocol RouteForwarder: Engine {
    /// Tells it every route of the platform, its own first. Called once, before it is started.
    func describe(_ sections: [(engine: EngineName, routes: [RouteDeclaration])])
    /// Answers a request for another engine's route, by a call at once or later.
    /// A calculation may go to any instance.
    func forward(
        _ request: Request, to engine: EngineName, isCalculation: Bool, _ done: @escaping Application.Completion)
    /// What to say of a path that nobody knows; nil for the plain 404.
    func unknown(_ request: Request) -> Response?
}

extension EngineHost {
    /// Gives a forwarding engine the routes of all; does nothing with any other engine.
    public func describe(_ sections: [(engine: EngineName, routes: [RouteDeclaration])]) {
        guard let forwarder = engine as? any RouteForwarder else { return }
        forwarder.describe(sections)
        var declarations: [RouteDeclaration] = [], owners: [(engine: EngineName, isCalculation: Bool)] = []
        for (engine, routes) in sections where engine != context.name {
            for route in routes where !Self.isEveryones(route.path) {
                declarations.append(route)
                owners.append((engine, route.isCalculation))
            }
        }
        application.forward(declarations) { [owners] request, place, done in
            let owner = owners[place]
            forwarder.forward(request, to: owner.engine, isCalculation: owner.isCalculation, done)
        }
        application.fallback = { request in forwarder.unknown(request) }
    }

    /// Whether every engine has this path for itself.
    private static func isEveryones(_ path: String) -> Bool {
        path == "/metrics" || path == "/audit" || path == "/openapi.json" || path == "/health" || path == "/health/live" || path == "/health/ready"
    }
}
