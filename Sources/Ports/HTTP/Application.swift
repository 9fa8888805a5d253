public import Runtime
public import Telemetry

/// The routes of one engine behind its rules: who may call, what is found, what an error looks like, what is counted.
/// It knows no socket: tests call `respond`, an adapter serves it.
@LoopActor public final class Application {
    /// Called once with a response.
    public typealias Completion = @LoopActor (Response) -> Void

    /// What an answer is: at hand, or on its way. `Application.finish` was applied, or will be.
    public enum Answer: Sendable {
        case now(Response)
        /// To be awaited.
        case later(@Sendable @LoopActor () async -> Response)
        /// To be started; the response comes by a call.
        case promised(@LoopActor (@escaping Completion) -> Void)

        /// The response, waited for where it is not there.
        @LoopActor public var response: Response {
            get async {
                switch self {
                case .now(let response): response
                case .later(let work): await work()
                case .promised(let start):
                    await withCheckedContinuation { continuation in start { continuation.resume(returning: $0) } }
                }
            }
        }
    }

    public let name: String
    public private(set) var routes: [Route]
    private var router: Router
    private let access: AccessPolicy
    private let identifiers: any IdentifierSource
    private let logger: Logger
    private let clock: any Clock
    private var histograms: [Histogram]
    private let registry: MetricsRegistry
    private let refused: Counter, failed: Counter
    /// Answers for routes of others; see `forward`.
    private var forwarding: (@LoopActor (Request, Int, @escaping Completion) -> Void)?
    /// Called for a path no route knows; nil where it has nothing to say either.
    public var fallback: (@LoopActor (Request) -> Response?)?

    public init(
        name: String, routes: [Route], access: AccessPolicy, identifiers: any IdentifierSource, clock: any Clock,
        logger: Logger, registry: MetricsRegistry
    ) {
        self.name = name
        self.routes = routes
        self.access = access
        self.identifiers = identifiers
        self.logger = logger
        self.clock = clock
        self.registry = registry
        router = Router(routes.map(\.declaration))
        histograms = routes.map { Self.histogram($0.declaration, registry) }
        refused = registry.counter("nautilus_http_refused_requests_total", "Requests answered with a 4xx status.")
        failed = registry.counter("nautilus_http_failed_requests_total", "Requests answered with a 5xx status.")
    }

    private static func histogram(_ route: RouteDeclaration, _ registry: MetricsRegistry) -> Histogram {
        registry.histogram("nautilus_http_request_duration_seconds", "Time to answer a request.",
                           ["route": route.path, "method": route.method.rawValue])
    }

    /// Takes routes of others too, for a gateway: `work` gets the request, the place in `declarations` and what to call
    /// with the answer. Own routes win; methods, 404, 405 and preflights are told as if all routes were its own.
    public func forward(
        _ declarations: [RouteDeclaration], _ work: @escaping @LoopActor (Request, Int, @escaping Completion) -> Void
    ) {
        forwarding = work
        let own = routes.count
        router = Router(declarations + routes.map(\.declaration)) { $0 < declarations.count ? own + $0 : $0 - declarations.count }
    }

    /// The routes' declarations, for documents and for the gateway.
    public var declarations: [RouteDeclaration] { routes.map(\.declaration) }

    /// Why the caller may not, or nil.
    public func refusal(of request: Request, isHandshake: Bool) -> Response? {
        access.refusal(of: request, isHandshake: isHandshake).map { answer($0, to: request) }
    }

    /// The same request with an id, where it has none yet: the caller's if that can be used, else a new one.
    public func identified(_ request: Request) -> Request {
        if !request.requestID.isEmpty { return request }
        var request = request
        if let given = request.headers["X-Request-ID"], Self.isUsable(requestID: given) {
            request.requestID = given
        } else {
            request.requestID = identifiers.nextText()
        }
        return request
    }

    /// A problem as the whole answer, counted and with what every answer bears: for what is refused before a route is
    /// asked.
    public func answer(_ problem: Problem, to request: Request) -> Response {
        finish(problem.response(instance: request.path), request)
    }

    /// The answer to a method that is none of ours: 405 with those of the path.
    public func answer(_ request: Request, unknownMethod name: String) -> Response {
        let request = identified(request)
        if let refusal = refusal(of: request, isHandshake: false) { return refusal }
        guard let match = router.match(request.path) else { return unknown(request) }
        return finish(notAllowed(name, Self.allowed(match), request), request)
    }

    /// The whole way from request to response.
    public func respond(_ request: Request, isTrusted: Bool = false) async -> Response {
        await answer(request, isTrusted: isTrusted).response
    }

    /// As `respond`, but tells whether anything has to be waited for. A trusted request comes from the platform itself:
    /// it was let in already.
    public func answer(_ request: Request, isTrusted: Bool = false) -> Answer {
        let request = identified(request)
        if !isTrusted, let refusal = access.refusal(of: request) { return .now(answer(refusal, to: request)) }
        guard let match = router.match(request.path) else { return .now(unknown(request)) }
        let wanted = request.method == .head ? Method.get : request.method
        guard let index = match.routes[wanted] else { return .now(finish(methodAnswer(request, match), request)) }
        if let refusal = RequestContent.refusal(of: request) { return .now(answer(refusal, to: request)) }
        if index >= routes.count, let forwarding {
            let place = index - routes.count, sent = request
            return .promised { done in forwarding(sent, place) { done(self.finish($0, sent)) } }
        }
        return run(index, router.parameters(index, match), request)
    }

    private func run(_ index: Int, _ path: [(name: String, value: String)], _ request: Request) -> Answer {
        let start = clock.monotonic
        do {
            switch try routes[index].handler(request, path) {
            case .done(let response): return .now(complete(response, request, index, start))
            case .later(let rest):
                return .later {
                    let response: Response
                    do { response = try await rest() } catch { response = self.response(to: error, request) }
                    return self.complete(response, request, index, start)
                }
            }
        } catch {
            return .now(complete(response(to: error, request), request, index, start))
        }
    }

    private func unknown(_ request: Request) -> Response {
        let response = fallback?(request)
            ?? Problem.notFound("there is nothing at \(request.path)").response(instance: request.path)
        return finish(response, request)
    }

    /// The methods of a path, as `Allow` names them.
    private static func allowed(_ match: Router.Match) -> String {
        var allowed = match.routes.methods.map(\.rawValue)
        if match.routes[.get] != nil { allowed.append("HEAD") }
        allowed.append("OPTIONS")
        return allowed.sorted().joined(separator: ", ")
    }

    private func notAllowed(_ method: String, _ allow: String, _ request: Request) -> Response {
        Problem(405, "\(request.path) takes \(allow), not \(method)", headers: ["Allow": allow])
            .response(instance: request.path)
    }

    private func methodAnswer(_ request: Request, _ match: Router.Match) -> Response {
        let allow = Self.allowed(match)
        guard request.method == .options else { return notAllowed(request.method.rawValue, allow, request) }
        var response = Response.empty(204)
        response.headers.add("Allow", allow)
        if let origin = request.headers["Origin"], access.isAllowed(origin: origin) {
            response.headers.add("Access-Control-Allow-Methods", allow)
            let asked = request.headers["Access-Control-Request-Headers"]
            response.headers.add("Access-Control-Allow-Headers",
                                 asked ?? "Content-Type, Idempotency-Key, X-API-Key, X-Actor, X-Request-ID, traceparent")
            response.headers.add("Access-Control-Max-Age", "600")
        }
        return response
    }

    private func complete(_ response: Response, _ request: Request, _ index: Int, _ start: Int64) -> Response {
        histograms[index].observe(Double(clock.monotonic - start) / 1e9)
        return finish(response, request)
    }

    /// The answer to a thrown error. What is not a `Problem` is our fault: logged whole, told as 500.
    private func response(to error: any Error, _ request: Request) -> Response {
        if let problem = error as? Problem { return problem.response(instance: request.path) }
        logger.with(requestID: request.requestID, traceID: request.traceID)
            .error("request failed", ["method": .string(request.method.rawValue), "path": .string(request.path),
                                      "error": .string("\(error)")])
        return Problem(500, "the engine failed; its log has the reason under this request's id")
            .response(instance: request.path)
    }

    /// Adds what every answer bears.
    public func finish(_ response: Response, _ request: Request) -> Response {
        var response = response
        if response.status >= 500 { failed.increment() } else if response.status >= 400 { refused.increment() }
        if response.headers["X-Request-ID"] == nil { response.headers.add("X-Request-ID", request.requestID) }
        if let origin = request.headers["Origin"], access.isAllowed(origin: origin) {
            response.headers.set("Access-Control-Allow-Origin", origin)
            response.headers.set("Access-Control-Expose-Headers", "X-Request-ID")
            let varies = response.headers["Vary"]
            if varies == nil || !(varies?.contains("Origin") ?? false) { response.headers.add("Vary", "Origin") }
        }
        return response
    }

    /// A caller's id is taken when it is short and printable: it goes into headers and logs.
    private static func isUsable(requestID: String) -> Bool {
        (1...128).contains(requestID.utf8.count) && requestID.utf8.allSatisfy { (33...126).contains($0) }
    }
}
