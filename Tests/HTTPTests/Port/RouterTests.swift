@testable import HTTP
import Runtime
import Telemetry
import Testing

/// Finding routes, and taking those of others.
@Suite struct RouterTests {
    init() { EventLoop.runInBackground() }

    private static func route(_ method: HTTP.Method, _ path: String) -> Route {
        .later(method, path, "", missing: "all of it")
    }

    @Test func literalsWinOverParametersAndNamesAreEachRoutesOwn() {
        let routes = [
            Self.route(.get, "/a/{id}"), Self.route(.get, "/a/list"), Self.route(.get, "/a/{other}/parts/{part}"),
            Self.route(.post, "/a/{id}"), Self.route(.get, "/files/{rest*}"),
        ]
        let router = Router(routes.map(\.declaration))
        #expect(router.match("/a/list")?.routes == [.get: 1])
        #expect(router.match("/a/7")?.routes == [.get: 0, .post: 3])
        #expect(router.match("/b") == nil)
        #expect(router.match("/a/7/parts") == nil)
        #expect(router.match("/a/") == nil && router.match("/a//parts/8") == nil && router.match("/files/") != nil)
        for (path, index, names) in [("/a/7", 0, ["id"]), ("/a/7/parts/8", 2, ["other", "part"]),
            ("/files/x/y.js", 4, ["rest"])] {
            let match = router.match(path)
            #expect(match.map { router.parameters(index, $0).map(\.name) } == names)
        }
        #expect(router.match("/files/x/y.js")?.values == ["x/y.js"])
        #expect(router.match("/a/%41%2F")?.values == ["A/"])
    }

    @Test @LoopActor func routesOfOthersAreForwardedAndOwnOnesWin() async {
        let clock = SystemClock()
        let application = Application(
            name: "gateway", routes: [.document("/health", "") { _ in Response(body: Array("own".utf8)) }],
            access: AccessPolicy(), identifiers: SeededIdentifiers(seed: 1), clock: clock,
            logger: Logger(engine: "t", level: .error, sink: MemoryLogSink()) { clock.now },
                registry: MetricsRegistry())
        let others = [Self.route(.get, "/health"), Self.route(.post, "/x/{id}"), Self.route(.get, "/x/{id}")]
        application.forward(others.map(\.declaration)) { request, place, done in
            done(Response(body: Array("\(place) \(request.path) \(request.requestID.isEmpty)".utf8)))
        }
        func ask(_ method: HTTP.Method,
            _ path: String) async -> Response { await application.respond(Request(method: method, path: path)) }
        #expect(await ask(.get, "/health").body == Array("own".utf8))
        #expect(await ask(.post, "/x/1").body == Array("1 /x/1 false".utf8))
        #expect(await ask(.head, "/x/1").body == Array("2 /x/1 false".utf8))
        let refused = await ask(.delete, "/x/1")
        #expect(refused.status == 405)
        #expect(refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST")
        #expect(await ask(.get, "/y").status == 404)
    }
}
