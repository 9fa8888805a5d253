import EngineKit
@testable import Gateway
import HTTP
import Risk
import Runtime
import TestKit
import Testing

@Suite struct CalculatorTests {
    init() { EventLoop.runInBackground() }

    @Test func turnsGoRoundAndTheDeadAreLeftOut() {
        var ring = CalculatorRing(count: 2)
        #expect((0..<6).map { _ in ring.next(at: 0) } == [0, 1, nil, 0, 1, nil])
        for _ in 0..<CircuitBreaker.threshold { ring.failed(0, at: 0) }
        #expect((0..<4).map { _ in ring.next(at: 1) } == [1, nil, 1, nil])
        // After its pause it gets one request, and with an answer its turns again.
        #expect(ring.next(at: CircuitBreaker.firstPause) == 0)
        ring.succeeded(0)
        #expect((0..<3).map { _ in ring.next(at: CircuitBreaker.firstPause) } == [1, nil, 0])
        var none = CalculatorRing(count: 0)
        #expect(none.next(at: 0) == nil)
    }

    /// Peers whose calculators answer as told; the full instance always does.
    @LoopActor private final class Peers: PeerClient {
        var broken: Set<Int> = []
        private(set) var asked: [String] = []

        nonisolated init() {}

        func send(
            _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64
        ) async throws(PeerError) -> Response {
            if request.path == "/health" { return Response(body: Array(#"{"status":"healthy","checks":{}}"#.utf8)) }
            asked.append("full")
            return Response(body: [])
        }

        func send(
            _ request: Request, toCalculator number: Int, of engine: EngineName, deadlineNanoseconds: Int64,
            _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
        ) {
            asked.append("\(number)")
            done(broken.contains(number) ? .failure(.broken("gone")) : .success(Response(body: [])))
        }
    }

    @Test @LoopActor func calculationsAreSpreadAndOtherRequestsAreNot() async throws {
        let peers = Peers()
        let scene = try await EngineScene(
            GatewayEngine.self, peers: peers, environment: ["NAUTILUS_RISK_CALCULATORS": "a,b:9"])
        let routes: [Route] = [
            Route.later(.post, "/risk/sum", "", missing: "x").calculation, .later(.post, "/risk/book", "", missing: "x"),
        ]
        scene.host.describe([(.gateway, scene.host.application.declarations), (.risk, routes.map(\.declaration))])
        for _ in 0..<3 { #expect(await scene.ask(.post, "/risk/sum").status == 200) }
        #expect(peers.asked == ["0", "1", "full"])
        for _ in 0..<3 { #expect(await scene.ask(.post, "/risk/book").status == 200) }
        #expect(peers.asked.dropFirst(3) == ["full", "full", "full"])
        // Whoever dies over a calculation, the caller gets an answer.
        peers.broken = [0, 1]
        for _ in 0..<3 { #expect(await scene.ask(.post, "/risk/sum").status == 200) }
        #expect(peers.asked.dropFirst(6) == ["0", "full", "1", "full", "full"])
        await scene.stop()
    }

    @Test @LoopActor func oneThatOnlyCalculatesRefusesTheRest() async throws {
        let scene = try await EngineScene(RiskEngine.self, environment: ["NAUTILUS_ROLE": "calculate"])
        await scene.start()
        let body = #"{"returns":{"A":[0.01,-0.02,0.005]},"weights":{"A":1},"value":1000,"method":"historical"}"#
        #expect(await scene.ask(.post, "/risk/var", body).status == 200)
        #expect(await scene.ask(.get, "/api/v1/risk/limits").status == 421)
        #expect(await scene.ask(.get, "/health/ready").status == 200)
        await scene.stop()
    }
}
