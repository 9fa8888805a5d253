import HTTP
@testable import HTTPServer
import Runtime
import TestKit
import Testing

/// Requests that come before the answer to the last, and callers that do not read.
@Suite struct PipelineTests {
    init() { EventLoop.runInBackground() }

    @Test func answersKeepTheOrderOfTheRequests() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("GET /slow") + HTTPScene.head("GET /hello") + HTTPScene.head("GET /slow")
            + HTTPScene.head("GET /items/7"))
        while await scene.door.arrived == 0 { await Task.yield() }
        let other = RawClient(port: scene.port)
        other.send(HTTPScene.head("GET /hello"))
        #expect(other.answer()?.text == "hello")
        await scene.door.open()
        for text in ["late", "hello", "late", "[\"7\",5]"] { #expect(client.answer()?.text == text) }
        await scene.stop()
    }

    @Test func manyRequestsAtOnceAreAllAnswered() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port)
        let batch = HTTPScene.head("GET /items/1") + HTTPScene.head("POST /sample", "Content-Length: 22")
            + #"{"name":"a","value":2}"#
        // More than the server reads at a time, and in the middle of a request.
        for _ in 0..<5 {
            client.send(String(repeating: batch, count: 1000))
            for _ in 0..<1000 {
                #expect(client.answer()?.text == "[\"1\",5]")
                #expect(client.answer()?.text == "{\"sum\":2.0}")
            }
        }
        await scene.stop()
    }

    @Test func whoDoesNotReadIsNotReadFrom() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port, receiveBuffer: 4096)
        // 200 answers of 100 kB: a server that began them all would hold most of them.
        let request = Array(HTTPScene.head("GET /large").utf8), count = 200
        client.send((0..<count).flatMap { _ in request })
        for _ in 0..<20 {
            #expect(client.answer()?.body.count == 100_000)
            #expect(await scene.server.active <= 1)
        }
        for _ in 20..<count { #expect(client.answer()?.body.count == 100_000) }
        await scene.stop()
    }

    @Test func aCallerThatSendsNothingMoreIsStillAnswered() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port)
        client.send(HTTPScene.head("GET /slow") + HTTPScene.head("GET /hello"))
        client.finishSending()
        while await scene.door.arrived == 0 { await Task.yield() }
        await scene.door.open()
        #expect(client.answer()?.text == "late")
        #expect(client.answer()?.text == "hello")
        #expect(client.isAtEnd())
        await scene.stop()
    }

    @Test func whoHangsUpWhileItsAnswerIsMadeHurtsNobody() async throws {
        let scene = try await HTTPScene.start()
        for round in 1...20 {
            let client = RawClient(port: scene.port)
            client.send(HTTPScene.head("GET /slow"))
            while await scene.door.arrived < round { await Task.yield() }
        }
        await scene.door.open()
        #expect(RawClient.ask(scene.port, HTTPScene.head("GET /slow"))?.text == "late")
        await scene.stop()
    }

    @Test func refusalsAreProblemsAndEndTheConnection() async throws {
        let scene = try await HTTPScene.start()
        for (text, status) in [
            ("GET / HTTP/1.1\nHost: h\n\n", 400), ("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            ("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417), ("GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505),
        ] {
            let client = RawClient(port: scene.port)
            client.send(HTTPScene.head("GET /hello") + text + HTTPScene.head("GET /hello"))
            #expect(client.answer()?.text == "hello")
            let answer = client.answer()
            #expect(answer?.status == status)
            #expect(answer?["Content-Type"] == "application/problem+json")
            #expect(answer?["Connection"] == "close")
            #expect(client.isAtEnd())
        }
        await scene.stop()
    }

    @Test func anOldCallerIsAnsweredAndClosed() async throws {
        let scene = try await HTTPScene.start()
        let client = RawClient(port: scene.port)
        client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let kept = client.answer()
        #expect(kept?.text == "hello")
        #expect(kept?["Connection"] == "keep-alive")
        client.send("GET /hello HTTP/1.0\r\n\r\n")
        #expect(client.answer()?.text == "hello")
        #expect(client.isAtEnd())
        await scene.stop()
    }
}
