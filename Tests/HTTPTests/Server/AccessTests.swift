import HTTP
import HTTPServer
import Runtime
import TestKit
import Testing

/// Who may call, with which methods, from where.
@Suite struct AccessTests {
    init() { EventLoop.runInBackground() }

    @Test func otherMethodsAre405WithWhatIsAllowed() async throws {
        let scene = try await HTTPScene.start()
        let answer = RawClient.ask(scene.port, HTTPScene.head("DELETE /hello"))
        #expect(answer?.status == 405)
        #expect(answer?["Allow"] == "GET, HEAD, OPTIONS")
        let unknown = RawClient.ask(scene.port, HTTPScene.head("BREW /hello"))
        #expect(unknown?.status == 405)
        #expect(unknown?["Allow"] == "GET, HEAD, OPTIONS")
        #expect(RawClient.ask(scene.port, HTTPScene.head("TRACE /echo"))?["Allow"] == "OPTIONS, POST")
        #expect(RawClient.ask(scene.port, HTTPScene.head("BREW /nothing"))?.status == 404)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /hello/"))?.status == 404)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /items/a%2"))?.status == 404)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /items/a%20b?limit=x"))?.status == 422)
        await scene.stop()
    }

    @Test func preflightsAreAnsweredFromTheList() async throws {
        let scene = try await HTTPScene.start(access: AccessPolicy(origins: ["http://localhost:3000"]))
        let known = RawClient.ask(scene.port, HTTPScene.head(
            "OPTIONS /sample", "Origin: http://localhost:3000", "Access-Control-Request-Method: POST"))
        #expect(known?.status == 204)
        #expect(known?["Access-Control-Allow-Origin"] == "http://localhost:3000")
        #expect(known?["Access-Control-Allow-Methods"]?.contains("POST") == true)
        let foreign = RawClient.ask(scene.port, HTTPScene.head("OPTIONS /sample", "Origin: http://evil.example"))
        #expect(foreign?["Access-Control-Allow-Origin"] == nil)
        await scene.stop()
    }

    @Test func foreignHostsAndOriginsAreRefused() async throws {
        let scene = try await HTTPScene.start(access: AccessPolicy(publicHosts: ["trade.example"],
            origins: ["http://ok.example"]))
        func status(_ line: String, host: String, _ fields: String = "") -> Int? {
            RawClient.ask(scene.port, "\(line) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n")?.status
        }
        #expect(status("GET /hello", host: "evil.example") == 403)
        #expect(status("GET /hello", host: "127.0.0.1.evil.example:80") == 403)
        #expect(status("GET /metrics", host: "evil.example") == 403)
        #expect(status("GET /hello", host: "Trade.example:8001") == 200)
        #expect(status("GET /hello", host: "[::1]:8001") == 200)
        for host in ["127.0.0.2:8001", "127.1.2.3"] { #expect(status("GET /hello", host: host) == 200, "\(host)") }
        for host in ["127.evil.example", "127.0.0.2.evil.example", "127.0.0.256", "127.0.0", "127.0.0.1x", "127.0.0.+1"] {
            #expect(status("GET /hello", host: host) == 403, "\(host)")
        }
        #expect(status("GET http://localhost:1/hello", host: "evil.example") == 200)
        #expect(status("GET http://evil.example/hello", host: "localhost") == 403)
        #expect(status("GET /hello", host: "localhost", "Origin: http://evil.example\r\n") == 200)
        #expect(status("POST /echo", host: "localhost", "Content-Length: 0\r\nOrigin: http://evil.example\r\n") == 403)
        #expect(status("POST /echo", host: "localhost", "Content-Length: 0\r\nOrigin: null\r\n") == 403)
        #expect(status("POST /echo", host: "localhost", "Content-Length: 0\r\nOrigin: http://ok.example\r\n") == 200)
        // A page of the server itself, under whichever name it was asked.
        let own = "Content-Length: 0\r\nOrigin: http://127.0.0.1:8001\r\n"
        #expect(status("POST /echo", host: "127.0.0.1:8001", own) == 200)
        #expect(status("POST /echo", host: "127.0.0.1:8002", own) == 403)
        #expect(status("POST /echo", host: "evil.example:8001", "Content-Length: 0\r\nOrigin: http://evil.example:8001\r\n")
            == 403)
        let secure = "Content-Length: 0\r\nOrigin: https://trade.example\r\n"
        #expect(status("POST /echo", host: "trade.example", secure) == 403)
        #expect(status("POST /echo", host: "trade.example", secure + "X-Forwarded-Proto: https\r\n") == 200)
        await scene.stop()
    }

    @Test(arguments: ["fd00::a", "[fd00::a]", "FD00::A"])
    func addressesOfVersion6AreHostsInBrackets(_ named: String) async throws {
        let scene = try await HTTPScene.start(access: AccessPolicy(publicHosts: [named]))
        func status(_ host: String) -> Int? {
            RawClient.ask(scene.port, "GET /hello HTTP/1.1\r\nHost: \(host)\r\n\r\n")?.status
        }
        #expect(status("[fd00::a]:8001") == 200 && status("[FD00::A]") == 200)
        #expect(status("[fd00::b]:8001") == 403 && status("fd00::a") == 403)
        await scene.stop()
    }

    @Test func aKeyIsAskedForWhereThePolicySaysSo() async throws {
        let scene = try await HTTPScene.start(access: AccessPolicy(requiresKey: true, isKeyValid: { $0 == "secret" }))
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /hello"))?.status == 401)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /hello", "X-API-Key: wrong"))?.status == 401)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /hello", "X-API-Key: secret"))?.status == 200)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /health"))?.status == 200)
        // Pages hold nothing; what they show does.
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /docs/x.css"))?.status == 404)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /redoc"))?.status == 404)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /docsx"))?.status == 401)
        #expect(RawClient.ask(scene.port, HTTPScene.head("POST /docs"))?.status == 401)
        await scene.stop()
    }
}
