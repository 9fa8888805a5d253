import EngineKit
@testable import Gateway
import HTTP
import Runtime
import Telemetry
import Testing
import Wire

/// The gateway's own routes.
@Suite struct GatewayRouteTests {
    init() { EventLoop.runInBackground() }

    private static func member(_ text: String, _ name: String) throws -> String? {
        try JSONParser().withDocument(Array(text.utf8)) { $0.member(name)?.string }
    }

    @Test @LoopActor func alertsAreRaisedAcknowledgedListedAndPublished() async throws {
        let scene = try await EngineScene(GatewayEngine.self, peers: ScriptedPeers())
        await scene.start()
        let raised = await scene.ask(.post, "/api/v1/system/alerts",
            #"{"name":"n","severity":"critical","message":"m","component":"c"}"#,
                                     headers: ["Idempotency-Key": "k"])
        #expect(raised.status == 201)
        let again = await scene.ask(.post, "/api/v1/system/alerts",
            #"{"name":"n","severity":"critical","message":"m","component":"c"}"#,
                                    headers: ["Idempotency-Key": "k"])
        #expect(again.text == raised.text)
        let id = try #require(try Self.member(raised.text, "id"))
        let changed = await scene.ask(.patch, "/api/v1/system/alerts",
            #"{"alert_id":"\#(id)","state":"resolved","note":"done"}"#)
        #expect(try Self.member(changed.text, "state") == "resolved")
        #expect(await scene.ask(.patch, "/api/v1/system/alerts",
            #"{"alert_id":"none","state":"resolved"}"#).status == 404)
        #expect(await scene.ask(.post, "/api/v1/system/alerts", #"{"severity":"loud"}"#).status == 422)
        let critical = await scene.ask(.get, "/api/v1/system/alerts?severity=critical&state=resolved")
        #expect(critical.text.contains(id) && !critical.text.contains("first-start"))
        let first = await scene.ask(.get, "/api/v1/system/alerts?limit=1")
        #expect(first.text.contains(id))
        let cursor = try #require(try Self.member(first.text, "next_cursor"))
        #expect(await scene.ask(.get, "/api/v1/system/alerts?limit=1&cursor=\(cursor)").text.contains("first-start"))
        await scene.stop()
    }

    @Test @LoopActor func theWholeIsToldFromWhatEachServiceSays() async throws {
        let scene = try await EngineScene(GatewayEngine.self, peers: ScriptedPeers(),
            environment: ["NAUTILUS_ENGINES": "risk,portfolio"])
        await scene.start()
        let health = await scene.ask(.get, "/api/v1/system/health")
        #expect(try Self.member(health.text, "status") == "healthy")
        #expect(await scene.ask(.get, "/health").text.contains("risk-engine"))
        #expect(await scene.ask(.get, "/health/ready").status == 200)
        for path in ["/", "/api/v1/status", "/api/v1/system/metrics", "/api/v1/sprint3/system/components"] {
            #expect(await scene.ask(.get, path).status == 200)
        }
        await scene.stop()
    }

    @Test @LoopActor func withoutTheirFilesThePagesSayWhatToRun() async throws {
        let scene = try await EngineScene(GatewayEngine.self, peers: ScriptedPeers())
        for path in ["/docs", "/redoc", "/docs/swagger-ui.css"] {
            let answer = await scene.ask(.get, path)
            #expect(answer.status == 503 && answer.text.contains("scripts/setup.sh"))
        }
        let full = try await EngineScene(GatewayEngine.self, peers: ScriptedPeers(),
            assets: { $0.hasSuffix(".js") ? [1] : nil })
        let page = await full.ask(.get, "/docs")
        #expect(page.status == 200 && !page.text.contains("http"))
        // No icon is looked for, and no logo elsewhere.
        let reference = await full.ask(.get, "/redoc")
        #expect(reference.text.contains(#"rel="icon" href="data:,""#) && !reference.text.contains("http"))
        #expect(reference.text.contains(#"/^\w+:\/\//.test(value)"#))
        #expect(await full.ask(.get, "/docs/swagger-ui-bundle.js").status == 200)
        #expect(await full.ask(.get, "/docs/other.css").status == 404)
        await scene.stop()
        await full.stop()
    }

    @Test func sumsAreTakenFromMetricsText() {
        let text = "# HELP a b\na{x=\"1\"} 2\na{x=\"2 3\"} 3.5\nab 7\nb NaN\n"
        let sums = MetricsText(Array(text.utf8), wanted: ["a", "b"])
        #expect(sums["a"] == 5.5 && sums["b"] == nil && sums["ab"] == nil)
    }

    @Test func loadIsTheDifferenceOfTwoLooks() {
        var meter = LoadMeter()
        meter.take(1_000_000_000, cpuSeconds: 1, cores: [.init(busy: 10, total: 100), .init(busy: 0, total: 100)])
        #expect(meter.process == nil)
        meter.take(3_000_000_000, cpuSeconds: 2, cores: [.init(busy: 60, total: 200), .init(busy: 0, total: 100)])
        #expect(meter.process == 0.5)
        #expect(meter.perCore == [0.5, 0])
    }
}
