import HTTP
import HTTPServer
import Runtime
import TestKit
import Testing

/// What is too large, too slow or broken.
@Suite struct LimitTests {
    init() { EventLoop.runInBackground() }

    @Test func aDeclaredBodyThatIsTooLargeIs413EvenIfNotAllOfItWasRead() async throws {
        let scene = try await HTTPScene.start { $0.bodyLimit = 1 << 20 }
        let size = 20 << 20
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("POST /echo", "Content-Length: \(size)"))
        let chunk = [UInt8](repeating: 97, count: 1 << 20)
        var sent = 0
        while sent < size, client.send(chunk) { sent += chunk.count }
        let answer = client.answer()
        #expect(answer?.status == 413)
        #expect(answer?["Content-Type"] == "application/problem+json")
        #expect(client.isAtEnd())
        let waiting = RawClient(port: scene.port)
        waiting.send(HTTPScene.head("POST /echo", "Content-Length: \(size)", "Expect: 100-continue"))
        #expect(waiting.answer()?.status == 413)
        await scene.stop()
    }

    @Test func anUndeclaredBodyThatIsTooLargeIs413() async throws {
        let scene = try await HTTPScene.start { $0.bodyLimit = 1 << 20 }
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("POST /echo", "Transfer-Encoding: chunked"))
        let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 97, count: 1 << 20) + Array("\r\n".utf8)
        for _ in 0..<3 { client.send(chunk) }
        client.send("0\r\n\r\n")
        #expect(client.answer()?.status == 413)
        await scene.stop()
    }

    @Test func longHeadersAndPathsAreRefused() async throws {
        let scene = try await HTTPScene.start()
        let long = String(repeating: "x", count: 40_000)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /hello", "X-Long: \(long)"))?.status == 431)
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /\(long)"))?.status == 414)
        await scene.stop()
    }

    @Test func whatIsNotHTTPIsRefused() async throws {
        let scene = try await HTTPScene.start()
        let answer = RawClient.ask(scene.port, "\u{16}\u{3}\u{1}garbage\r\n\r\n")
        #expect(answer == nil || answer?.status == 400)
        #expect(RawClient.ask(scene.port, HTTPScene.head("POST /echo", "Content-Length: abc"))?.status == 400)
        await scene.stop()
    }

    @Test func slowRequestsAreClosed() async throws {
        let scene = try await HTTPScene.start { $0.requestSeconds = 1 }
        let head = RawClient(port: scene.port), body = RawClient(port: scene.port), second = RawClient(port: scene.port)
        head.send("GET /hello HTTP/1.1\r\nHost: 127")
        body.send(HTTPScene.head("POST /echo", "Content-Length: 10") + "half")
        second.send(HTTPScene.head("GET /hello"))
        #expect(second.answer()?.status == 200)
        second.send("GET /hello HTT")
        #expect(head.isAtEnd())
        #expect(body.isAtEnd())
        #expect(second.isAtEnd())
        await scene.stop()
    }

    @Test func anAnswerThatTakesItsTimeIsNotCutOff() async throws {
        let scene = try await HTTPScene.start { $0.requestSeconds = 1 }
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("GET /slow"))
        while await scene.door.arrived == 0 { await Task.yield() }
        // A caller that says nothing comes later and is sent away: by then the slow answer is past the limit too.
        #expect(RawClient(port: scene.port).isAtEnd())
        await scene.door.open()
        #expect(client.answer()?.text == "late")
        await scene.stop()
    }

    @Test(arguments: [
        "{\"name\":\"a\",\"value\":NaN}", "{\"name\":\"a\",\"value\":Infinity}", "{\"name\":\"a\",\"val", "",
            "\u{feff}", "[1,2",
        "{\"name\":\"a\",\"value\":1}}", "nul", "{'name':1}", "{\"name\":\"a\",\"value\":01}",
    ]) func whatIsNotJSONIs400(_ body: String) async throws {
        let scene = try await HTTPScene.start()
        let answer = RawClient.ask(
            scene.port, HTTPScene.head("POST /sample", "Content-Type: application/json",
                "Content-Length: \(body.utf8.count)") + body)
        #expect(answer?.status == 400)
        #expect(answer?["Content-Type"] == "application/problem+json")
        await scene.stop()
    }

    @Test func bytesThatAreNotTextAre400() async throws {
        let scene = try await HTTPScene.start()
        let body = Array("{\"name\":\"".utf8) + [0xff, 0xfe] + Array("\",\"value\":1}".utf8)
        let head = HTTPScene.head("POST /sample", "Content-Type: application/json", "Content-Length: \(body.count)")
        #expect(RawClient.ask(scene.port, head, body: body)?.status == 400)
        await scene.stop()
    }

    @Test(arguments: [
        "{\"name\":\"a\",\"value\":1e400}", "{\"name\":\"a\",\"value\":1,\"value\":2}",
            "{\"name\":\"\\ud800\",\"value\":1}",
        String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000), "[]", "1", "{}",
            "{\"name\":1,\"value\":\"x\"}",
        "{\"name\":\"a\",\"value\":-1}", "{\"name\":\"a\",\"value\":1,\"list\":[1,null]}",
            "{\"name\":\"a\",\"value\":1,\"list\":{}}",
    ]) func whatIsWellFormedAndWrongIsTheCallersFault(_ body: String) async throws {
        let scene = try await HTTPScene.start()
        let answer = RawClient.ask(
            scene.port, HTTPScene.head("POST /sample", "Content-Type: application/json",
                "Content-Length: \(body.utf8.count)") + body)
        #expect(answer?.status == 400 || answer?.status == 422)
        await scene.stop()
    }

    @Test func allErrorsOfABodyAreToldAtOnce() async throws {
        let scene = try await HTTPScene.start()
        let body = "{\"value\":0,\"list\":[1,\"x\"]}"
        let answer = RawClient.ask(scene.port, HTTPScene.head("POST /sample", "Content-Length: \(body.utf8.count)")
            + body)
        #expect(answer?.status == 422)
        for pointer in ["/name", "/value",
            "/list/1"] { #expect(answer?.text.contains("\"pointer\":\"\(pointer)\"") == true) }
        let form = RawClient.ask(scene.port, HTTPScene.head(
            "POST /sample", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3") + "a=b")
        #expect(form?.status == 415)
        await scene.stop()
    }
}
