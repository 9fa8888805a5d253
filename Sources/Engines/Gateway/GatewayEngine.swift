// Gateway: one door to all services: forwards their routes, tells how the whole is, serves the documents.
public import EngineKit
public import HTTP
public import Runtime
public import Store
import Wire

/// Owns no figures of its own beside alerts: what it tells it has asked the others.
@LoopActor public final class GatewayEngine: RouteForwarder {
    public nonisolated static var name: EngineName { .gateway }
    public nonisolated static var migrations: [Migration] { AlertRecords.migrations }
    /// Health is asked this often, and published on the low lane.
    static let pollMilliseconds = 5000
    /// Until every service was healthy once it is asked more often.
    static let firstPollMilliseconds = 250

    let context: EngineContext
    let forwarder: Forwarder
    let board: HealthBoard
    let idempotency: Idempotency
    let audit: AuditTrail
    var load = LoadMeter()
    private var poll: LoopTimer?
    private var document: [UInt8] = []
    private(set) var counts = RouteCounts()

    public init(_ context: EngineContext) {
        self.context = context
        forwarder = Forwarder(context)
        board = HealthBoard(context)
        idempotency = Idempotency(context)
        audit = AuditTrail(context)
    }

    public var routes: [Route] {
        audit.audited(rootRoutes + systemRoutes + alertRoutes + documentRoutes + [auditRoute], [
            AuditedAction("alert.raise", .post, "/api/v1/system/alerts"),
            AuditedAction("alert.change", .patch, "/api/v1/system/alerts"),
        ])
    }

    // MARK: Life

    public func start() async throws {
        try await AlertRecords.begin(context)
        audit.start()
        load.sample(context.clock.monotonic)
        schedule(Self.firstPollMilliseconds)
    }

    public func stop() async {
        audit.stop()
        poll?.cancel()
        poll = nil
    }

    private func schedule(_ milliseconds: Int) {
        poll?.cancel()
        poll = LoopTimer.once(milliseconds: milliseconds) { [weak self] in
            spawn { await self?.look() }
        }
    }

    private func look() async {
        await board.refresh()
        if poll == nil { return }
        load.sample(context.clock.monotonic)
        context.publish([context.message(Topics.systemHealth, "platform", time: context.clock.now, data: board.json)])
        schedule(board.isAllHealthy || board.rounds > 40 ? Self.pollMilliseconds : Self.firstPollMilliseconds)
    }

    public var checks: [HealthCheck] { board.checks }

    // MARK: Routes of others

    public func describe(_ sections: [(engine: EngineName, routes: [RouteDeclaration])]) {
        counts = RouteCounts(sections)
        document = OpenAPIDocument.render(
            title: "Nautilus", version: Version.text,
            description: "Every HTTP route of the platform. The gateway answers all of them; each service also answers "
                + "its own on its own port.",
            sections.map { .init(tag: $0.engine.rawValue, routes: $0.routes) })
    }

    /// The document of all services; empty before `describe`.
    var mergedDocument: [UInt8] { document }

    public func forward(
        _ request: Request, to engine: EngineName, isCalculation: Bool, _ done: @escaping Application.Completion
    ) {
        forwarder.forward(request, to: engine, isCalculation: isCalculation, done)
    }

    public func unknown(_ request: Request) -> Response? {
        guard request.path == "/ws" || request.path.hasPrefix("/ws/") || request.path.hasPrefix("/api/v1/streaming/ws/")
        else { return nil }
        let host = context.configuration.host(of: .websocket), port = context.configuration.port(of: .websocket)
        return Problem(426, "WebSockets are served by the websocket engine itself: ws://\(host):\(port)\(request.path)",
                       headers: ["Upgrade": "websocket"]).response(instance: request.path)
    }
}
