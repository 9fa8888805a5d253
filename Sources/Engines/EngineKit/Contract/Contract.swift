public import HTTP
public import Runtime

/// A route that callers were promised.
public struct Promise: Sendable {
    public let method: HTTP.Method
    public let path: String
    public let summary: String
    /// What is not there yet, while it is not.
    public let missing: String

    init(_ method: HTTP.Method, _ path: String, _ summary: String, missing: String) {
        self.method = method
        self.path = path
        self.summary = summary
        self.missing = missing
    }
}

/// Every route of the public contract, by the service that owns it. An engine implements a promise by declaring a
/// route with the same method and path; the others answer 501 with what is missing.
public enum Contract {
    public static func promises(of engine: EngineName) -> [Promise] {
        switch engine {
        case .analytics: analytics
        case .risk: risk
        case .factor: factor
        case .ml: ml
        case .features: features
        case .websocket: websocket
        case .strategy: strategy
        case .marketdata: marketdata
        case .portfolio: portfolio
        case .gateway: gateway
        }
    }

    /// 501 routes for what `routes` do not implement.
    public static func later(_ engine: EngineName, besides routes: [Route]) -> [Route] {
        let done = Set(routes.map { shape($0.declaration.method, $0.declaration.path) })
        return promises(of: engine).filter { !done.contains(shape($0.method, $0.path)) }.map { promise in
            .later(promise.method, promise.path, promise.summary, missing: "\(promise.missing): not built yet")
        }
    }

    /// Method and path without the parameters' names.
    private static func shape(_ method: HTTP.Method, _ path: String) -> String {
        method.rawValue + " " + path.split(separator: "/").map { $0.first == "{" ? "{}" : String($0) }.joined(separator: "/")
    }
}
