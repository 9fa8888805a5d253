import EngineKit
@testable import Gateway
import HTTP
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// Peers that answer as they are told.
@LoopActor final class ScriptedPeers: PeerClient {
    var answers: [Result<Response, PeerError>] = []
    private(set) var seen: [(request: Request, engine: EngineName)] = []

    nonisolated init() {}

    func send(_ request: Request, to engine: EngineName,
        deadlineNanoseconds: Int64) async throws(PeerError) -> Response {
        if request.path == "/health" { return Response(body: Array(#"{"status":"healthy","checks":{}}"#.utf8)) }
        seen.append((request, engine))
        return try (answers.isEmpty ? .success(Response(body: Array("ok".utf8))) : answers.removeFirst()).get()
    }
}

/// What the gateway does with the routes of others.
@Suite struct ForwardingTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private static func scene(_ peers: ScriptedPeers,
        _ environment: [String: String] = [:]) async throws -> EngineScene {
        let scene = try await EngineScene(GatewayEngine.self, peers: peers, environment: environment)
        let routes: [Route] = [
            .later(.get, "/risk/{id}", "", missing: "x"), .later(.post, "/risk/{id}", "", missing: "x"),
            .later(.post, "/api/v1/risk/kill-switch", "", missing: "x"),
        ]
        scene.host.describe([(.gateway, scene.host.application.declarations), (.risk, routes.map(\.declaration))])
        return scene
    }

    @Test @LoopActor func requestsGoOnAsTheyCame() async throws {
        let peers = ScriptedPeers(), scene = try await Self.scene(peers)
        peers.answers = [.success(Response(status: 418, contentType: "a/b", headers: ["X-Own": "1"], body: [1, 2, 3]))]
        let request = Request(method: .post, path: "/risk/a%20b", query: "x=1&y=%2F", headers: [
            "X-Request-ID": "r9", "traceparent": "00-aa", "Idempotency-Key": "k", "Connection": "keep-alive, X-Hop",
            "X-Hop": "1", "connection": "X-Two", "X-Two": "2",
        ], body: [9, 8])
        let answer = await scene.host.application.respond(request)
        #expect(answer.status == 418 && answer.contentType == "a/b" && answer.body == [1, 2, 3])
        #expect(answer.headers["X-Own"] == "1")
        let sent = try #require(peers.seen.first)
        #expect(sent.engine == .risk && sent.request.path == "/risk/a%20b" && sent.request.query == "x=1&y=%2F")
        #expect(sent.request.body == [9, 8] && sent.request.method == .post)
        for (name, value) in [("X-Request-ID", "r9"), ("traceparent", "00-aa"), ("Idempotency-Key", "k")] {
            #expect(sent.request.headers[name] == value)
        }
        #expect(sent.request.headers["X-Hop"] == nil && sent.request.headers["X-Two"] == nil)
        await scene.stop()
    }

    /// A caller that has the gateway leave out who they are would act as nobody, or as the platform.
    @Test(arguments: ["close, X-API-Key, X-Actor, Idempotency-Key", "X-Actor,x-api-key , idempotency-key", "traceparent"])
    @LoopActor func whatCallersShowIsHandedOnWhateverConnectionNames(_ connection: String) async throws {
        let peers = ScriptedPeers(), scene = try await Self.scene(peers)
        let told: Headers = ["X-API-Key": "b", "X-Actor": "bob", "Idempotency-Key": "k", "traceparent": "00-aa",
                             "Host": "localhost", "Content-Type": "application/json"]
        var request = Request(method: .post, path: "/risk/1", headers: told, body: [123, 125])
        request.headers.add("Connection", connection)
        _ = await scene.host.application.respond(request)
        let sent = try #require(peers.seen.first?.request)
        for field in told.fields { #expect(sent.headers[field.name] == field.value) }
        #expect(sent.isHandedOn)
        await scene.stop()
    }

    @Test @LoopActor func oneNamedFieldAloneIsOfThisHopToo() async throws {
        let peers = ScriptedPeers(), scene = try await Self.scene(peers)
        _ = await scene.host.application.respond(
            Request(method: .get, path: "/risk/1", headers: ["Connection": "X-Hop", "X-Hop": "1", "X-Kept": "2"]))
        let sent = try #require(peers.seen.first?.request)
        #expect(sent.headers["X-Hop"] == nil && sent.headers["X-Kept"] == "2")
        await scene.stop()
    }

    @Test @LoopActor func onlyWhatIsSafeIsTriedTwice() async throws {
        let peers = ScriptedPeers(), scene = try await Self.scene(peers)
        func ask(_ method: HTTP.Method, _ failure: PeerError) async -> (status: Int, tries: Int) {
            let before = peers.seen.count
            peers.answers = [.failure(failure)]
            let asked = spawn { while !Task.isCancelled { scene.clock.advance(nanoseconds: 30_000_000); await Task.yield() } }
            let status = await scene.ask(method, "/risk/1").status
            asked.cancel()
            peers.answers = []
            return (status, peers.seen.count - before)
        }
        #expect(await ask(.get, .broken("x")) == (200, 2))
        #expect(await ask(.head, .unreachable("x")) == (200, 2))
        #expect(await ask(.post, .unreachable("x")) == (200, 2))
        #expect(await ask(.post, .broken("x")) == (502, 1))
        #expect(await ask(.get, .timedOut) == (504, 1))
        await scene.stop()
    }

    @Test @LoopActor func aDeadServiceIsNamedAndThenLeftAlone() async throws {
        let peers = ScriptedPeers(), scene = try await Self.scene(peers)
        for _ in 0..<CircuitBreaker.threshold {
            peers.answers = [.failure(.broken("gone"))]
            let answer = await scene.ask(.post, "/risk/1")
            #expect(answer.status == 502 && answer.text.contains("\"component\":\"risk\""))
        }
        let tries = peers.seen.count
        let refused = await scene.ask(.get, "/risk/1")
        #expect(refused.status == 503 && peers.seen.count == tries)
        scene.clock.advance(nanoseconds: CircuitBreaker.firstPause)
        #expect(await scene.ask(.get, "/risk/1").status == 200)
        #expect(await scene.ask(.get, "/risk/1").status == 200)
        await scene.stop()
    }

    /// What stops orders is not refused for what other requests have met; the gauge tells where the breaker stands.
    @Test @LoopActor func whatStopsOrdersPassesAnOpenBreaker() async throws {
        let peers = ScriptedPeers(), scene = try await Self.scene(peers)
        func state() -> String? {
            let name = #"nautilus_gateway_breaker_state{target="risk"} "#
            let text = String(decoding: scene.registry.render(), as: UTF8.self)
            return text.split(separator: "\n").first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
        }
        peers.answers = Array(repeating: .failure(.broken("gone")), count: CircuitBreaker.threshold)
        for _ in 0..<CircuitBreaker.threshold { _ = await scene.ask(.post, "/risk/1") }
        #expect(state() == "2.0")
        #expect(await scene.ask(.post, "/risk/1").status == 503)
        peers.answers = [.failure(.broken("gone"))]
        #expect(await scene.ask(.post, "/api/v1/risk/kill-switch").status == 502)
        #expect(await scene.ask(.post, "/risk/1").status == 503)
        #expect(await scene.ask(.post, "/api/v1/risk/kill-switch").status == 200)
        #expect(state() == "0.0")
        await scene.stop()
    }

    @Test @LoopActor func methodsAndPathsAreToldAsOne() async throws {
        let scene = try await Self.scene(ScriptedPeers(), ["NAUTILUS_ENGINES": "portfolio"])
        #expect(await scene.ask(.delete, "/risk/1").status == 405)
        #expect(await scene.ask(.get, "/nothing").status == 404)
        #expect(await scene.ask(.get, "/ws/realtime").status == 426)
        let off = await scene.ask(.get, "/risk/1")
        #expect(off.status == 503 && off.text.contains("NAUTILUS_ENGINES"))
        await scene.stop()
    }
}
