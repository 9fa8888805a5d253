import EngineKit
import HTTP
import HTTPServer
import Market
import Runtime
@testable import Streaming
import Telemetry
import TestKit
import Testing

/// The streaming engine behind real sockets.
@Suite struct StreamingSocketTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private final class Scene {
        let engine: EngineScene, server: HTTPServer, hub: StreamHub
        nonisolated let port: Int

        init(access: AccessPolicy = AccessPolicy()) async throws {
            engine = try await EngineScene(StreamingEngine.self)
            await engine.start()
            hub = try #require(engine.host.engine as? StreamingEngine).hub
            let application = Application(
                name: "websocket", routes: [], access: access, identifiers: engine.identifiers, clock: engine.clock,
                logger: engine.context.logger, registry: engine.registry)
            server = HTTPServer(application, HTTPServerConfiguration(address: "127.0.0.1", port: 0),
                clock: SystemClock(),
                                registry: engine.registry, sockets: engine.host.engine.sockets)
            try server.start()
            port = server.boundPort
        }

        func publish(_ topic: String, _ data: [UInt8], count: Int = 1, isConflated: Bool = false) {
            for _ in 0..<count {
                hub.publish(topic, type: "t", time: Timestamp(seconds: 0), data: data, isConflated: isConflated)
            }
        }

        func tick() { hub.tick() }
        var openCount: Int { hub.clients.count }

        func stop() async {
            await server.stop(graceNanoseconds: 100_000_000)
            await engine.stop()
        }
    }

    @Test func aMessageOfTheBusReachesItsReaders() async throws {
        let scene = try await Scene()
        let client = SocketClient(port: scene.port, "/ws/market-data/GOOG"), all = SocketClient(port: scene.port, "/ws")
        #expect(client.status == 101)
        #expect(client.receiveText()?.contains(#""topics":["market.quote.GOOG","market.bar.GOOG"]"#) == true)
        all.send(#"{"op":"subscribe","id":3,"topics":["market.*"]}"#)
        #expect(all.receiveText()?.contains(#""id":3"#) == true)
        try await publishQuote(scene)
        let text = client.receiveText()
        #expect(text?.hasPrefix(#"{"type":"market.quote","topic":"market.quote.GOOG","seq":1,"#) == true)
        #expect(all.receiveText() == text)
        await scene.stop()
        #expect(client.receive()?.closeCode == 1001)
        #expect(client.receive() == nil)
    }

    @LoopActor private func publishQuote(_ scene: Scene) throws {
        let symbol = try #require(Symbol("GOOG"))
        let quote = Quote(symbol: symbol, time: Timestamp(seconds: 1), bid: 1, ask: 2, bidSize: 3, askSize: 4)
        scene.engine.context.publish([scene.engine.context.message(Topics.quote, "GOOG", time: quote.time, quote)])
    }

    @Test(arguments: ["/ws/factors/cross-source", "/api/v1/streaming/ws/factors"])
    func factorUpdatesReachTheirSockets(_ path: String) async throws {
        let scene = try await Scene(), client = SocketClient(port: scene.port, path)
        #expect(client.status == 101)
        #expect(client.receiveText()?.contains(#""topics":["factor.update.*"]"#) == true)
        await publishFactors(scene)
        let text = client.receiveText()
        #expect(text?.hasPrefix(#"{"type":"factor.update","topic":"factor.update.GOOG","seq":1,"#) == true)
        #expect(text?.contains(#""values":{"alpha101.012":1.5}"#) == true)
        await scene.stop()
    }

    @LoopActor private func publishFactors(_ scene: Scene) {
        let data = Array(#"{"symbol":"GOOG","timeframe":"1d","values":{"alpha101.012":1.5}}"#.utf8)
        scene.engine.context.publish([scene.engine.context.message(Topics.factor, "GOOG", time: Timestamp(seconds: 1),
                                                                   data: data)])
    }

    @Test func handshakesThatAreNoneAreRefused() async throws {
        let scene = try await Scene()
        func ask(_ path: String, _ fields: String) -> Int? {
            RawClient.ask(scene.port,
                "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\(fields)\r\n")?.status
        }
        #expect(ask("/ws", "") == 426)
        let rest = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        func raw(_ version: String, _ fields: String) -> RawClient.Answer? {
            RawClient.ask(scene.port, "GET /ws HTTP/\(version)\r\nHost: localhost\r\nX-Request-ID: r1\r\n\(fields)\r\n")
        }
        #expect(raw("1.1", "Upgrade: websocket\r\n" + rest)?.status == 426)
        #expect(raw("1.1", "Upgrade: websocket\r\nConnection: close\r\n" + rest)?.status == 426)
        #expect(raw("1.0", "Upgrade: websocket\r\nConnection: Upgrade\r\n" + rest)?.status == 426)
        #expect(raw("1.1", "Upgrade: h2c, WebSocket\r\nConnection: keep-alive, upgrade\r\n" + rest)?.status == 101)
        #expect(raw("1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n" + rest)?["X-Request-ID"] == "r1")
        for key in ["dGhlIHNhbXBsZSBub25jZQ=!", "dGhlIHNhbXBsZSBub25jZQ", "************************"] {
            let fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            let refused = raw("1.1", fields + "Sec-WebSocket-Key: \(key)\r\n")
            #expect(refused?.status == 400 && refused?["X-Request-ID"] == "r1", "\(key)")
        }
        #expect(ask("/ws", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n") == 400)
        #expect(ask("/ws", "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n") == 400)
        #expect(ask("/ws/nowhere", "Upgrade: websocket\r\n") == 404)
        #expect(SocketClient(port: scene.port, "/ws", headers: ["Origin: http://evil.example"]).status == 403)
        #expect(raw("1.1", "Origin: http://evil.example\r\n")?["X-Request-ID"] == "r1")
        await scene.stop()
        let keyed = try await Scene(access: AccessPolicy(requiresKey: true, isKeyValid: { $0 == "k" }))
        #expect(SocketClient(port: keyed.port, "/ws").status == 401)
        #expect(SocketClient(port: keyed.port, "/ws", headers: ["X-API-Key: k"]).status == 101)
        await keyed.stop()
    }

    @Test func messagesComeBackWholeWithControlFramesBetweenTheirParts() async throws {
        let scene = try await Scene()
        let client = SocketClient(port: scene.port, "/ws/echo-test")
        client.send(opcode: 1, Array("h\u{e9}".utf8.prefix(2)), isFinal: false)
        client.send(opcode: 9, [1, 2])
        client.send(opcode: 0, [], isFinal: false)
        client.send(opcode: 10, [7])
        client.send(opcode: 0, Array("h\u{e9}".utf8.dropFirst(2)))
        #expect(client.receive() == .init(opcode: 10, payload: [1, 2]))
        #expect(client.receive() == .init(opcode: 1, payload: Array("h\u{e9}".utf8)))
        for size in [0, 125, 126, 65_535, 65_536, 3_000_000] {
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            client.send(opcode: 2, payload)
            #expect(client.receive() == .init(opcode: 2, payload: payload))
        }
        client.send(opcode: 8, [3, 232])
        #expect(client.receive()?.closeCode == 1000)
        #expect(client.receive() == nil)
        await scene.stop()
    }

    @Test(arguments: [
        ([0x81, 0x01, 0x61], 1002), ([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007),
            ([0xc1, 0x81, 0, 0, 0, 0, 0x61], 1002),
        ([0x09, 0x81, 0, 0, 0, 0, 0x61], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002),
            ([0x80, 0x81, 0, 0, 0, 0, 0x61], 1002),
        ([0x88, 0x82, 0, 0, 0, 0, 3, 237], 1002), ([0x88, 0x81, 0, 0, 0, 0, 3], 1002), ([0x88, 0x80, 0, 0, 0, 0], 1000),
        ([0x01, 0x81, 0, 0, 0, 0, 0x61, 0x81, 0x81, 0, 0, 0, 0, 0x61], 1002),
        ([0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0x61], 1009),
        ([0x88, 0x84, 0, 0, 0, 0, 3, 232, 0xff, 0xff], 1007),
    ] as [([UInt8], Int)]) func brokenFramesAreAnsweredWithTheirCode(_ bytes: [UInt8], _ code: Int) async throws {
        let scene = try await Scene()
        let client = SocketClient(port: scene.port, "/ws/echo-test")
        client.sendRaw(bytes)
        #expect(client.receive()?.closeCode == code)
        #expect(client.receive() == nil)
        await scene.stop()
    }

    @Test func aSlowReaderOfValuesGetsTheNewestAndIsToldWhatItMissed() async throws {
        let scene = try await Scene()
        let slow = SocketClient(port: scene.port, "/ws", receiveBuffer: 4096),
            quick = SocketClient(port: scene.port, "/ws")
        for client in [slow, quick] {
            client.send(#"{"op":"subscribe","topics":["v"]}"#)
            #expect(client.receiveText() != nil)
        }
        let data = Array("\"\(String(repeating: "x", count: 4000))\"".utf8), rounds = 200, each = 20
        for _ in 0..<rounds {
            await scene.publish("v", data, count: each, isConflated: true)
            for _ in 0..<each { if quick.receiveText() == nil { return #expect(Bool(false), "the quick one was slowed") } }
        }
        await scene.tick()
        var seen = 0, missed = 0
        while seen + missed < rounds * each, let text = slow.receiveText() {
            if text.hasPrefix(#"{"type":"missed","missed":"#) {
                missed += Int(text.dropFirst(26).prefix { $0.isNumber }) ?? 0
            } else {
                seen += 1
            }
        }
        #expect(seen + missed == rounds * each && missed > 0)
        await scene.stop()
    }

    @Test func aReaderTooSlowForWhatMustNotBeLostIsClosed() async throws {
        let scene = try await Scene()
        let slow = SocketClient(port: scene.port, "/ws", receiveBuffer: 4096)
        slow.send(#"{"op":"subscribe","topics":["fills"]}"#)
        #expect(slow.receiveText() != nil)
        let data = Array("\"\(String(repeating: "x", count: 4000))\"".utf8)
        await scene.publish("fills", data, count: 9000)
        var count = 0, code: Int?
        while let frame = slow.receive() {
            if let closing = frame.closeCode { code = closing } else { count += 1 }
        }
        #expect(code == 1008)
        #expect(count < 9000)
        while await scene.openCount > 0 { await Task.yield() }
        #expect(await scene.hub.metrics.slow.value == 1)
        await scene.stop()
    }
}
