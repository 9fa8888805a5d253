import HTTP
import HTTPServer
import Runtime
import Telemetry
import Wire

/// A body with a few fields, for tests of refusals.
struct SampleBody: RequestBody {
    let name: String, value: Double, list: [Double]

    static func read(_ fields: FieldReader) -> SampleBody {
        SampleBody(name: fields.string("name", "A name.", length: 1...20),
                   value: fields.number("value", "A number.", above: 0),
                   list: fields.numbers("list", "Numbers.", required: false) ?? [])
    }
}

struct ItemPath: RequestParameters {
    let id: String, limit: Int

    static func read(_ parameters: ParameterReader) -> ItemPath {
        ItemPath(id: parameters.path("id", "An item."), limit: parameters.int("limit", "How many.", 1...10, default: 5))
    }
}

/// Holds requests until it is opened.
@LoopActor final class Door {
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private(set) var isOpen = false
    private(set) var arrived = 0

    nonisolated init() {}

    func pass() async {
        arrived += 1
        if isOpen { return }
        await withCheckedContinuation { continuation in
            if isOpen { continuation.resume() } else { waiting.append(continuation) }
        }
    }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}

/// A server on a port of its own.
@LoopActor final class HTTPScene {
    let server: HTTPServer
    let door = Door()
    let application: Application
    nonisolated let port: Int
    private let registry = MetricsRegistry()

    /// Answers with a 4xx or 5xx status so far.
    var refusals: Int {
        ["refused", "failed"].reduce(0) { $0 + registry.counter("nautilus_http_\($1)_requests_total", "").value }
    }

    static func start(
        access: AccessPolicy = AccessPolicy(), sockets: (any WebSocketAcceptor)? = nil,
        _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) async throws -> HTTPScene {
        return try HTTPScene(access, sockets, change)
    }

    private init(
        _ access: AccessPolicy, _ sockets: (any WebSocketAcceptor)?, _ change: (inout HTTPServerConfiguration) -> Void
    ) throws {
        var configuration = HTTPServerConfiguration(address: "127.0.0.1", port: 0)
        change(&configuration)
        let clock = SystemClock()
        application = Application(
            name: "test", routes: Self.routes(door), access: access, identifiers: ProcessIdentifiers(), clock: clock,
            logger: Logger(engine: "test", level: .error, sink: MemoryLogSink()) { clock.now }, registry: registry)
        server = HTTPServer(application, configuration, clock: clock, registry: registry, sockets: sockets)
        try server.start()
        port = server.boundPort
    }

    private static func routes(_ door: Door) -> [Route] {
        [
            .document("/hello", "Says hello.") { _ in Response(contentType: "text/plain", body: Array("hello".utf8)) },
            .document("/health", "How it is.") { _ in Response(body: Array(#"{"status":"healthy"}"#.utf8)) },
            .document("/large", "Many bytes.") { _ in Response(body: Array(repeating: 97, count: 100_000)) },
            .raw(.post, "/echo", "Gives the body back.", types: ["text/plain"]) { (_: NoParameters, request) in
                Response(contentType: "application/octet-stream", body: request.body)
            },
            .raw(.get, "/slow", "Waits.") { (_: NoParameters, _) in
                await door.pass()
                return Response(body: Array("late".utf8))
            },
            .json(.post, "/sample", "Takes a body.", example: #"{"name":"a","value":1}"#, answer: "{}") {
                (_: NoParameters, body: SampleBody, _) in
                JSONBody { json in
                    json.beginObject()
                    json.key("sum")
                    json.double(body.list.reduce(body.value, +))
                    json.endObject()
                }
            },
            .json(.get, "/items/{id}", "One item.", answer: "{}") { (path: ItemPath, _: NoBody, _) in
                JSONBody { json in
                    json.beginArray()
                    json.string(path.id)
                    json.int(path.limit)
                    json.endArray()
                }
            },
        ]
    }

    func stop() async { await server.stop(graceNanoseconds: 100_000_000) }
}

extension HTTPScene {
    /// A request's head, with a local Host.
    nonisolated static func head(_ line: String, _ fields: String...) -> String {
        line + " HTTP/1.1\r\nHost: 127.0.0.1:1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}
