import HTTP
import HTTPServer
import Runtime
import TestKit
import Testing

/// Connections and bodies, over real sockets.
@Suite struct ConnectionTests {
    init() { EventLoop.runInBackground() }

    @Test func aConnectionIsKeptAliveAndRequestsMayBePipelined() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("GET /hello") + HTTPScene.head("GET /items/7?limit=2")
            + HTTPScene.head("GET /nothing"))
        #expect(client.answer()?.text == "hello")
        #expect(client.answer()?.text == "[\"7\",2]")
        #expect(client.answer()?.status == 404)
        client.send(HTTPScene.head("GET /hello"))
        #expect(client.answer()?.text == "hello")
        await scene.stop()
    }

    @Test func bodiesComeWithALengthOrInChunksOrAfterAWait() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("POST /echo", "Content-Length: 5") + "he")
        client.send("llo")
        #expect(client.answer()?.text == "hello")
        client.send(HTTPScene.head("POST /echo", "Transfer-Encoding: chunked") + "3\r\nabc\r\n")
        client.send("10\r\n0123456789abcdef\r\n0\r\n\r\n")
        #expect(client.answer()?.text == "abc0123456789abcdef")
        client.send(HTTPScene.head("POST /echo", "Content-Length: 2", "Expect: 100-continue"))
        #expect(client.answer()?.status == 100)
        client.send("ok")
        #expect(client.answer()?.text == "ok")
        await scene.stop()
    }

    @Test func headBearsTheLengthAndNoBody() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("HEAD /hello"))
        let answer = client.answer(isHead: true)
        #expect(answer?.status == 200)
        #expect(answer?["Content-Length"] == "5")
        client.send(HTTPScene.head("GET /hello"))
        #expect(client.answer()?.text == "hello")
        await scene.stop()
    }

    @Test func largeAnswersAreCompressedForWhoeverTakesIt() async throws {
        let scene = try await HTTPScene.start()
        let packed = RawClient.ask(scene.port, HTTPScene.head("GET /large", "Accept-Encoding: br, gzip;q=0.5"))
        #expect(packed?["Content-Encoding"] == "gzip")
        #expect((packed?.body.count ?? .max) < 2000)
        #expect(packed?.body.prefix(2) == [0x1f, 0x8b])
        let plain = RawClient.ask(scene.port, HTTPScene.head("GET /large", "Accept-Encoding: gzip;q=0, identity"))
        #expect(plain?["Content-Encoding"] == nil)
        #expect(plain?.body.count == 100_000)
        let other = RawClient.ask(scene.port, HTTPScene.head("GET /large", "Accept-Encoding: *, gzip;q=0"))
        #expect(other?["Content-Encoding"] == nil)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /hello",
            "Accept-Encoding: gzip"))?["Content-Encoding"] == nil)
        await scene.stop()
    }

    @Test func everyAnswerBearsAnID() async throws {
        let scene = try await HTTPScene.start()
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /hello",
            "X-Request-ID: mine-1"))?["X-Request-ID"] == "mine-1")
        let made = RawClient.ask(scene.port, HTTPScene.head("GET /nothing",
            "X-Request-ID: " + String(repeating: "x", count: 200)))
        #expect(made?["X-Request-ID"]?.count == 32)
        await scene.stop()
    }

    @Test(arguments: [
        ("POST /echo HTTP/1.1", "Host: localhost\r\nContent-Length: 5000", 413),
        ("GET /hello HTTP/1.1", "Host: localhost\r\nContent-Length: x", 400), ("GET /hello HTTP/1.1", "X: y", 400),
        ("BREW /hello HTTP/1.1", "Host: localhost", 405), ("GET /hello HTTP/2.0", "Host: localhost", 505),
        ("POST /echo HTTP/1.1", "Host: localhost\r\nTransfer-Encoding: gzip", 501),
        ("POST /echo HTTP/1.1", "Host: localhost\r\nExpect: tea", 417), ("GET /hello HTTP/1.1", "Host: evil.example", 403),
    ]) func everyRefusalBearsAnIDAndIsCounted(_ line: String, _ fields: String, _ status: Int) async throws {
        let scene = try await HTTPScene.start { $0.bodyLimit = 1000 }
        let told = RawClient.ask(scene.port, "\(line)\r\nX-Request-ID: mine-2\r\n\(fields)\r\n\r\n")
        #expect(told?.status == status && told?["X-Request-ID"] == "mine-2")
        let made = RawClient.ask(scene.port, "\(line)\r\n\(fields)\r\n\r\n")
        #expect(made?.status == status && made?["X-Request-ID"]?.count == 32)
        let count = await scene.refusals
        #expect(count == 2)
        await scene.stop()
    }

    @Test(arguments: ["gzip", "identity, br", "deflate"]) func codedBodiesAreRefused(_ coding: String) async throws {
        let scene = try await HTTPScene.start()
        func ask(_ fields: String...) -> RawClient.Answer? {
            let body = #"{"name":"a","value":1}"#, lines = fields.map { $0 + "\r\n" }.joined()
            return RawClient.ask(scene.port, "POST /sample HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\(lines)\r\n\(body)")
        }
        let refused = ask("Content-Encoding: \(coding)")
        #expect(refused?.status == 415 && refused?["Accept-Encoding"] == "identity")
        #expect(ask("Content-Encoding: identity")?.status == 200)
        #expect(ask("Content-Type: application/json; charset=utf-16")?.status == 415)
        #expect(ask("Content-Type: application/json;charset=\"ISO-8859-1\"")?.status == 415)
        #expect(ask("Content-Type: application/json; charset=UTF-8")?.status == 200)
        #expect(ask("Content-Type: application/json; charset=us-ascii")?.status == 200)
        await scene.stop()
    }

    @Test func runningRequestsEndBeforeTheServerDoesAndNewOnesAreRefused() async throws {
        let scene = try await HTTPScene.start()
        let slow = RawClient(port: scene.port), kept = RawClient(port: scene.port)
        slow.send(HTTPScene.head("GET /slow"))
        kept.send(HTTPScene.head("GET /hello"))
        #expect(kept.answer()?.status == 200)
        let door = scene.door
        while await door.arrived == 0 { await Task.yield() }
        let stopping = Task { await scene.server.stop(graceNanoseconds: 10_000_000_000) }
        while RawClient(port: scene.port).isConnected { await Task.yield() }
        kept.send(HTTPScene.head("GET /hello"))
        let refused = kept.answer()
        #expect(refused?.status == 503)
        #expect(refused?["Connection"] == "close")
        #expect(refused?["X-Request-ID"]?.count == 32)
        await door.open()
        #expect(slow.answer()?.text == "late")
        #expect(await stopping.value)
        #expect(slow.isAtEnd())
    }

    @Test func aPortThatIsTakenIsTold() async throws {
        let scene = try await HTTPScene.start()
        await #expect(throws: HTTPServerError.self) { _ = try await HTTPScene.start { $0.port = scene.port } }
        await scene.stop()
    }
}
