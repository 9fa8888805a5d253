import Bus
import HTTP
import Runtime
import Telemetry
import Wire

extension EngineHost {
    private static let healthExample = """
        {"status":"healthy","engine":"risk","version":"0.1.0","uptime_seconds":12.5,\
        "bus":{"connected":true,"transport":"memory","spooled":0},\
        "checks":{"records":{"status":"healthy","detail":"available"}}}
        """

    /// The routes that every engine has.
    func standardRoutes(_ own: [Route]) -> [Route] {
        let routes: [Route] = [
            .document("/health/live", "The process is up.", answer: #"{"status":"alive"}"#) { _ in
                Response(body: Array(#"{"status":"alive"}"#.utf8))
            },
            .document("/health/ready", "Its dependencies are usable; 503 names the one that is not.",
                      answer: #"{"status":"ready"}"#, errors: [503]) { [unowned self] _ in try readiness() },
            .document("/metrics", "Prometheus metrics.", produces: ["text/plain; version=0.0.4"]) { [unowned self] _ in
                Response(contentType: "text/plain; version=0.0.4; charset=utf-8", body: context.registry.render())
            },
        ]
        let hasOwnHealth = own.contains { $0.declaration.path == "/health" }
        let health = hasOwnHealth ? [] : [
            Route.document("/health", "How the engine is and what it depends on.", answer: Self.healthExample, errors: [503]) {
                [unowned self] _ in healthAnswer()
            },
        ]
        let document = Route.document("/openapi.json", "The OpenAPI document of this process.") { [unowned self] _ in
            Response(body: OpenAPIDocument.render(
                title: "Nautilus \(context.name.rawValue)", version: Version.text,
                description: "Routes of the \(context.name.rawValue) service.",
                [.init(tag: context.name.rawValue, routes: application.declarations)]))
        }
        return health + routes + [document]
    }

    private func readiness() throws -> Response {
        if let failing = checks.first(where: { $0.status != .healthy && $0.isRequired }) {
            throw Problem.unavailable(failing.name, failing.detail)
        }
        return Response(body: Array(#"{"status":"ready"}"#.utf8))
    }
}
