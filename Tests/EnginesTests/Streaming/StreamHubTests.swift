import Bus
import EngineKit
import HTTP
import Market
import Runtime
@testable import Streaming
import TestKit
import Testing
import Wire

/// A socket that keeps what it is sent.
@LoopActor final class FakeSocket: WebSocket {
    let request: Request
    private(set) var texts: [String] = []
    private(set) var pings = 0
    private(set) var frames: [SocketFrame] = []
    var conflated = 0, queuedBytes = 0, sentBytes = 0, receivedBytes = 0
    private(set) var closeCode: Int?
    weak var owner: (any WebSocketDelegate)?

    init(_ path: String = "/ws", query: String = "") { request = Request(method: .get, path: path, query: query) }

    func send(_ frame: SocketFrame) {
        frames.append(frame)
        if frame.bytes[0] & 15 == 9 { pings += 1 }
        if frame.bytes[0] & 15 == 1 {
            let head = frame.bytes[1] < 126 ? 2 : frame.bytes[1] == 126 ? 4 : 10
            texts.append(String(decoding: frame.bytes[head...], as: UTF8.self))
        }
    }

    func takeConflated() -> Int {
        defer { conflated = 0 }
        return conflated
    }

    func close(code: Int, reason: String) {
        closeCode = code
        owner?.closed(self)
    }

    func takeTexts() -> [String] {
        defer { texts = [] }
        return texts
    }
}

/// Delivery to many readers, with a clock by hand.
@Suite struct StreamHubTests {
    init() { EventLoop.runInBackground() }

    @LoopActor final class Scene {
        let engine: EngineScene, hub: StreamHub, streaming: StreamingEngine

        init(_ engine: EngineScene) throws {
            self.engine = engine
            streaming = try #require(engine.host.engine as? StreamingEngine)
            hub = streaming.hub
        }

        func open(_ path: String = "/ws") throws -> FakeSocket {
            let socket = FakeSocket(path), door = try #require(streaming.sockets)
            socket.owner = door.opened(socket)
            return socket
        }

        func say(_ text: String, _ socket: FakeSocket) { socket.owner?.received(Array(text.utf8), isText: true, from: socket) }

        func publish(_ topic: String, _ data: String, isConflated: Bool = false) -> Int {
            hub.publish(topic, type: "t", time: Timestamp(seconds: 0), data: Array(data.utf8),
                isConflated: isConflated)?.recipients ?? -1
        }
    }

    @LoopActor static func scene() async throws -> Scene { try Scene(try await EngineScene(StreamingEngine.self)) }

    @Test @LoopActor func readersOfATopicShareItsBytesAndOthersHearNothing() async throws {
        let scene = try await Self.scene()
        let one = try scene.open(), two = try scene.open(), three = try scene.open()
        scene.say(#"{"op":"subscribe","id":1,"topics":["a.x"]}"#, one)
        scene.say(#"{"op":"subscribe","topics":["a.*","*"]}"#, two)
        scene.say(#"{"op":"subscribe","topics":["b"]}"#, three)
        #expect(one.takeTexts().first?.hasPrefix(#"{"type":"subscription.ack","op":"subscribe","id":1,"epoch":""#) == true)
        #expect(scene.publish("a.x", #"{"v":1}"#) == 2)
        #expect(one.frames.last === two.frames.last)
        #expect(one.takeTexts() == [#"{"type":"t","topic":"a.x","seq":1,"ts":"1970-01-01T00:00:00Z","data":{"v":1}}"#])
        #expect(three.texts.count == 1)
        scene.say(#"{"op":"unsubscribe","topics":["a.x"]}"#, one)
        #expect(scene.publish("a.x", "2") == 1)
        two.close(code: 1000, reason: "")
        #expect(scene.publish("a.x", "3") == 0)
        #expect(scene.hub.clients.count == 2 && scene.hub.index.count == 1)
        await scene.engine.stop()
    }

    @Test @LoopActor func whoComesBackGetsWhatItMissed() async throws {
        let scene = try await Self.scene()
        for value in 1...5 { _ = scene.publish("a", "\(value)") }
        let socket = try scene.open()
        scene.say(#"{"op":"resume","id":7,"epoch":"\#(scene.hub.epoch)","after":{"a":3,"never":0}}"#, socket)
        let texts = socket.takeTexts()
        #expect(texts.count == 3)
        #expect(texts.first?.contains(#""replayed":{"a":2,"never":0},"missing":{}"#) == true)
        #expect(texts.last?.contains(#""seq":5"#) == true)
        #expect(scene.publish("a", "6") == 1)
        for _ in 0..<400 { _ = scene.publish("a", "0") }
        let late = try scene.open()
        scene.say(#"{"op":"resume","epoch":"\#(scene.hub.epoch)","after":{"a":3}}"#, late)
        #expect(late.texts.first?.contains(#""missing":{"a":{"from":4,"to":150,"count":147}}"#) == true)
        let other = try scene.open()
        scene.say(#"{"op":"resume","epoch":"old","after":{"a":3}}"#, other)
        #expect(other.texts.count == 1 && other.texts.first?.contains(#""reset":true"#) == true)
        // One that is ahead of the topic is of another life.
        for after in [#"{"a":999999}"#, #"{"a":3,"never":1}"#] {
            let ahead = try scene.open()
            scene.say(#"{"op":"resume","epoch":"\#(scene.hub.epoch)","after":\#(after)}"#, ahead)
            #expect(ahead.texts.count == 1 && ahead.texts.first?.contains(#""reset":true"#) == true)
        }
        await scene.engine.stop()
    }

    @Test @LoopActor func ratesAndFiltersAreEachReadersOwn() async throws {
        let scene = try await Self.scene()
        let limited = try scene.open(), picky = try scene.open()
        scene.say(#"{"op":"subscribe","topics":["q","lossless"],"max_rate":10}"#, limited)
        scene.say(#"{"op":"subscribe","topics":["q"],"filter":{"s":"A"}}"#, picky)
        _ = (limited.takeTexts(), picky.takeTexts())
        for value in 0..<5 { _ = scene.publish("q", #"{"s":"\#(value == 2 ? "A" : "B")","v":\#(value)}"#, isConflated: true) }
        #expect(limited.takeTexts().count == 1)
        #expect(picky.takeTexts().count == 1)
        scene.engine.clock.advance(nanoseconds: 100_000_000)
        scene.hub.openGates()
        let late = limited.takeTexts()
        #expect(late.count == 1 && late.first?.contains(#""missed":3,"data":{"s":"B","v":4}"#) == true)
        for value in 0..<5 { _ = scene.publish("lossless", "\(value)") }
        #expect(limited.takeTexts().count == 5)
        await scene.engine.stop()
    }

    @Test @LoopActor func whatComesAtOnceOrAgainPassesTheFilterToo() async throws {
        let scene = try await Self.scene()
        for value in 1...6 {
            _ = scene.publish("a", "{\"v\":\(value)}")
            _ = scene.publish("q.\(value)", "{\"v\":\(value)}", isConflated: true)
        }
        let socket = try scene.open()
        scene.say(#"{"op":"subscribe","topics":["q.*","a"],"filter":{"v":{"min":5}},"snapshot":true}"#, socket)
        let latest = socket.takeTexts().dropFirst()
        #expect(latest.count == 2 && latest.allSatisfy { $0.contains(#""v":5}"#) || $0.contains(#""v":6}"#) })
        scene.say(#"{"op":"resume","epoch":"\#(scene.hub.epoch)","after":{"a":1}}"#, socket)
        #expect(socket.texts.first?.contains(#""replayed":{"a":2},"missing":{}"#) == true)
        #expect(try Self.numbers(socket) == [5, 6])
        // A second wish without a filter takes all of them.
        scene.say(#"{"op":"subscribe","topics":["*"]}"#, socket)
        scene.say(#"{"op":"resume","epoch":"\#(scene.hub.epoch)","after":{"a":1}}"#, socket)
        #expect(try Self.numbers(socket) == [2, 3, 4, 5, 6])
        await scene.engine.stop()
    }

    @Test @LoopActor func filtersOverHTTPNameWhatIsWrong() async throws {
        let scene = try await Self.scene(), path = "/api/v1/websocket/subscriptions"
        for (filter, pointers) in [
            (#"{"v":{"min":5,"mxa":7},"w":[]}"#, ["/v/mxa", "/w"]), (#"{"v":{}}"#, ["/v"]), ("[]", [""]),
        ] {
            for name in ["filter", "filters"] {
                let refused = await scene.engine.ask(.post, path, #"{"topic":"a","\#(name)":\#(filter)}"#)
                #expect(refused.status == 422)
                let named = pointers.map { "\"pointer\":\"/\(name)\($0)\"" }
                #expect(named.allSatisfy { refused.text.contains($0) }, "\(refused.text)")
            }
        }
        #expect(scene.hub.index.count == 0)
        #expect(await scene.engine.ask(.post, path, #"{"topic":"a","filters":{"v":{"max":7}}}"#).status == 201)
        await scene.engine.stop()
    }

    /// Rings drop by themselves what is one too many; the record of what is kept must not grow with all that ever was.
    @Test @LoopActor func whatIsKeptOfUpdatesIsBounded() async throws {
        let scene = try await Self.scene(), budget = scene.hub.budget, capacity = UpdateRing<Update>.capacity
        for value in 0..<30_000 { _ = scene.publish(value % 3 == 0 ? "a" : "b", "\(value)") }
        #expect(budget.count == 2 * capacity)
        #expect(budget.orderCount <= 4 * capacity + RingBudget.slack)
        // The oldest of all still go first where the bytes run out.
        let large = "\"\(String(repeating: "x", count: 1 << 20))\""
        for _ in 0..<70 { _ = scene.publish("c", large) }
        #expect(budget.bytes <= RingBudget.byteLimit)
        #expect(scene.hub.channels["a"]?.ring.count == 0 && scene.hub.channels["b"]?.ring.count == 0)
        #expect(budget.count == scene.hub.channels["c"]?.ring.count)
        #expect((60...63).contains(budget.count))
        await scene.engine.stop()
    }

    @Test @LoopActor func topicsThatNoRateHoldsBackAreTold() async throws {
        let scene = try await Self.scene()
        let socket = try scene.open()
        func unlimited(_ topics: String, rate: String = #","max_rate":10"#) throws -> String? {
            scene.say(#"{"op":"subscribe","topics":\#(topics)\#(rate)}"#, socket)
            return try socket.takeTexts().first.flatMap { text in
                try JSONParser().withDocument(Array(text.utf8)) { json in
                    var writer = JSONWriter()
                    json.member("unlimited")?.write(to: &writer)
                    return String(decoding: writer.bytes, as: UTF8.self)
                }
            }
        }
        #expect(try unlimited(#"["market.quote.KO","market.quote","market.quote.*"]"#) == "")
        #expect(try unlimited(#"["market.quote.KO","trade.fill.*","*"]"#) == #"["trade.fill.*","*"]"#)
        #expect(try unlimited(#"["market.quotes"]"#) == #"["market.quotes"]"#)
        #expect(try unlimited(#"["trade.fill.*"]"#, rate: "") == "")
        await scene.engine.stop()
    }

    /// The `seq` of each update that a socket was sent since the last look.
    @LoopActor static func numbers(_ socket: FakeSocket) throws -> [Int] {
        try socket.takeTexts().compactMap { text in
            try JSONParser().withDocument(Array(text.utf8)) { json in
                json.member("type")?.string == "t" ? json.member("seq")?.int : nil
            }
        }
    }

    @Test @LoopActor func noOlderUpdateComesAfterANewerOne() async throws {
        let scene = try await Self.scene()
        let socket = try scene.open(), second: Int64 = 1_000_000_000
        func publish(_ values: Int...) {
            for value in values { _ = scene.publish("q", "{\"v\":\(value)}", isConflated: true) }
        }
        func later() {
            scene.engine.clock.advance(nanoseconds: 10 * second)
            scene.hub.openGates()
        }
        scene.say(#"{"op":"subscribe","topics":["q"],"max_rate":0.3}"#, socket)
        publish(1, 2, 3)
        #expect(try Self.numbers(socket) == [1])
        // All of them from now on: the one that waits goes before what comes.
        scene.say(#"{"op":"subscribe","topics":["q"]}"#, socket)
        publish(4, 5)
        later()
        #expect(try Self.numbers(socket) == [3, 4, 5])
        // Another wish lets some through at once.
        scene.say(#"{"op":"subscribe","topics":["q"],"max_rate":0.3}"#, socket)
        scene.say(#"{"op":"subscribe","topics":["*"],"filter":{"v":8}}"#, socket)
        publish(6, 7, 8)
        later()
        #expect(try Self.numbers(socket) == [6, 8])
        // What waits passes by the wishes that are left.
        publish(9, 10)
        scene.say(#"{"op":"unsubscribe","topics":["*"]}"#, socket)
        #expect(try Self.numbers(socket) == [9])
        later()
        #expect(try Self.numbers(socket) == [10])
        await scene.engine.stop()
    }

    @Test @LoopActor func nothingComesAfterTheEndOfASubscription() async throws {
        let scene = try await Self.scene()
        let socket = try scene.open()
        func publish(_ value: Int) { _ = scene.publish("q", "{\"v\":\(value)}", isConflated: true) }
        scene.say(#"{"op":"subscribe","topics":["q"],"max_rate":0.3}"#, socket)
        let id = try #require(scene.hub.index.all.first?.id)
        for value in 1...3 { publish(value) }
        #expect(try Self.numbers(socket) == [1])
        #expect(await scene.engine.ask(.delete, "/api/v1/websocket/subscriptions?subscription_id=\(id)").status == 200)
        scene.engine.clock.advance(nanoseconds: 10_000_000_000)
        scene.hub.openGates()
        publish(4)
        #expect(try Self.numbers(socket).isEmpty)
        await scene.engine.stop()
    }

    /// What others write to Redis need not be JSON; no socket is told anything else.
    @Test @LoopActor func whatIsNoJSONIsParkedAndToldToNobody() async throws {
        let scene = try await Self.scene()
        await scene.engine.start()
        let socket = try scene.open(), context = scene.engine.context
        scene.say(#"{"op":"subscribe","topics":["system.alert.*"]}"#, socket)
        _ = socket.takeTexts()
        let payloads = ["hello", #"1},{"type":"trade.fill""#, "", "{\"a\":1", "[1]"]
        try context.bus.publish(payloads.map {
            context.message(Topics.systemAlert, "x", time: Timestamp(seconds: 1), data: Array($0.utf8))
        })
        var letters: [DeadLetter] = []
        while letters.count < 4 {
            letters = try await context.bus.deadLetters(limit: 10)
            await Task.yield()
        }
        while socket.texts.isEmpty { await Task.yield() }
        #expect(letters.allSatisfy { $0.reason == "unreadable: data is no JSON value" && $0.group == "websocket" })
        #expect(socket.texts.count == 1)
        #expect(socket.texts.first?.hasSuffix(#""seq":1,"ts":"1970-01-01T00:00:01Z","data":[1]}"#) == true)
        await scene.engine.stop()
    }

    @Test @LoopActor func aMessageThatComesAgainIsToldOnce() async throws {
        let scene = try await Self.scene()
        let socket = try scene.open(), context = scene.engine.context
        scene.say(#"{"op":"subscribe","topics":["trade.fill.*"]}"#, socket)
        _ = socket.takeTexts()
        let fills = (0..<3).map {
            context.message(Topics.fill, "p", time: Timestamp(seconds: $0), data: Array("\($0)".utf8))
        }
        try scene.hub.publish(fills)
        try scene.hub.publish([fills[1]])
        #expect(socket.texts.count == 3)
        await scene.engine.stop()
    }

    @Test @LoopActor func aBroadcastIsUnchangedAndSaysNothingInTheServersName() async throws {
        let scene = try await Self.scene()
        let socket = try scene.open(), path = "/api/v1/websocket/broadcast"
        scene.say(#"{"op":"subscribe","topics":["*"]}"#, socket)
        _ = socket.takeTexts()
        let data = #"{"n" : 1.0000000000000000000001,"t":"\u00e9\/", "big":[ 1e2 ,-0.0]}"#
        let body = #"{"topic":"a.b","type":"x", "data": "# + data + " }"
        #expect(await scene.engine.ask(.post, path, body).status == 200)
        #expect(socket.takeTexts().first?.hasSuffix("\"data\":\(data)}") == true)
        for type in ["error", "heartbeat", "subscription.ack"] {
            let refused = await scene.engine.ask(.post, path, #"{"topic":"a","type":"\#(type)","data":1}"#)
            #expect(refused.status == 422, "\(type)")
        }
        #expect(socket.texts.isEmpty)
        await scene.engine.stop()
    }

    /// Who reads fills or risk alerts must not be told of some that never were.
    @Test(arguments: ["", "/sprint3"]) @LoopActor func aBroadcastForgesNothingOfThePlatform(_ part: String) async throws {
        let scene = try await Self.scene()
        let socket = try scene.open(), path = "/api/v1\(part)/websocket/broadcast"
        scene.say(#"{"op":"subscribe","topics":["*"]}"#, socket)
        _ = socket.takeTexts()
        for (topic, type, pointers) in [
            ("trade.fill.sample", "trade.fill", ["/type", "/topic"]), ("risk.alert", "x", ["/topic"]),
            ("mine", "portfolio.value.p", ["/type"]), ("a *", "error", ["/type", "/topic"]),
        ] {
            let refused = await scene.engine.ask(.post, path, #"{"topic":"\#(topic)","type":"\#(type)","data":1}"#)
            #expect(refused.status == 422, "\(topic)")
            #expect(pointers.allSatisfy { refused.text.contains("\"pointer\":\"\($0)\"") }, "\(refused.text)")
        }
        #expect(socket.texts.isEmpty && scene.hub.channels.isEmpty)
        for (topic, type) in [("broadcast.demo", "demo"), ("broadcast", "broadcast"), ("trade.fills", "own.fill")] {
            let sent = await scene.engine.ask(.post, path, #"{"topic":"\#(topic)","type":"\#(type)","data":1}"#)
            #expect(sent.status == 200, "\(sent.text)")
        }
        await scene.engine.stop()
    }

    @Test @LoopActor func heartbeatsComeAndDeadLinksGo() async throws {
        let scene = try await Self.scene()
        let alive = try scene.open(), dead = try scene.open(), echo = try scene.open("/ws/echo-test")
        scene.hub.tick()
        for beat in 1...10 {
            alive.receivedBytes += 6
            scene.engine.clock.advance(nanoseconds: StreamHub.heartbeatNanoseconds)
            scene.hub.tick()
            #expect(alive.pings == beat)
        }
        #expect(alive.texts.count == 10 && alive.texts.first?.contains(#""type":"heartbeat""#) == true)
        #expect(alive.closeCode == nil && dead.closeCode == 1001 && echo.frames.isEmpty)
        await scene.engine.stop()
    }

    @Test @LoopActor func slowReadersAreToldAndThoseWhoStandStillAreClosed() async throws {
        let scene = try await Self.scene()
        let slow = try scene.open(), stuck = try scene.open()
        slow.conflated = 12
        stuck.queuedBytes = 100
        for _ in 0..<32 {
            scene.hub.tick()
            slow.sentBytes += 1
            slow.queuedBytes = 5
            scene.engine.clock.advance(nanoseconds: 1_000_000_000)
        }
        #expect(slow.texts.first?.contains(#""type":"missed","missed":12"#) == true)
        #expect(slow.closeCode == nil && stuck.closeCode == 1008)
        await scene.engine.stop()
    }

    @Test @LoopActor func connectionsAndBroadcastsOverHTTP() async throws {
        let scene = try await Self.scene()
        let made = await scene.engine.ask(.post, "/api/v1/websocket/connections", #"{"client":"c","topics":["a"]}"#)
        #expect(made.status == 201)
        let id = try JSONParser().withDocument(Array(made.text.utf8)) { $0.member("id")?.string ?? "" }
        #expect(await scene.engine.ask(.post, "/api/v1/websocket/subscriptions",
            #"{"connection_id":"\#(id)","topic":"b.*"}"#).status == 201)
        let named = FakeSocket(query: "connection_id=\(id)")
        named.owner = try #require(scene.streaming.sockets).opened(named)
        let sent = await scene.engine.ask(.post, "/api/v1/websocket/broadcast",
            #"{"topic":"b.c","type":"x","data":{"k":[1,"z"]}}"#)
        #expect(sent.text == #"{"topic":"b.c","type":"x","seq":1,"recipients":1}"#)
        #expect(named.texts.last?.hasSuffix(#""data":{"k":[1,"z"]}}"#) == true)
        #expect(await scene.engine.ask(.get,
            "/api/v1/websocket/subscriptions?connection_id=\(id)").text.contains("b.*"))
        #expect(await scene.engine.ask(.delete, "/api/v1/websocket/connections?connection_id=\(id)").status == 200)
        #expect(named.closeCode == 1000)
        #expect(await scene.engine.ask(.delete, "/api/v1/websocket/connections?connection_id=\(id)").status == 404)
        #expect(await scene.engine.ask(.delete, "/api/v1/websocket/subscriptions?subscription_id=99").status == 404)
        await scene.engine.stop()
    }
}
