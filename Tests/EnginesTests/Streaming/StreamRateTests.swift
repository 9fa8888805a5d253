import HTTP
import Runtime
@testable import Streaming
import Telemetry
import TestKit
import Testing

/// What a reader with a rate is sent, and what it is told of the rest.
@Suite struct StreamRateTests {
    init() { EventLoop.runInBackground() }

    /// Two wishes of one reader with rates of their own: the topic is held to the rate all the same, and what is left
    /// out is counted.
    @Test @LoopActor func wishesThatTakeTurnsAreHeldToTheirRates() async throws {
        let scene = try await StreamHubTests.scene()
        let socket = try scene.open()
        scene.say(#"{"op":"subscribe","topics":["q"],"filter":{"s":"A"},"max_rate":1}"#, socket)
        scene.say(#"{"op":"subscribe","topics":["*"],"filter":{"s":"B"},"max_rate":2}"#, socket)
        _ = socket.takeTexts()
        func publish(_ name: String) { _ = scene.publish("q", #"{"s":"\#(name)"}"#, isConflated: true) }
        for _ in 0..<10 {
            publish("A")
            publish("B")
        }
        #expect(try StreamHubTests.numbers(socket) == [1])
        scene.engine.clock.advance(nanoseconds: 500_000_000)
        scene.hub.openGates()
        #expect(socket.takeTexts().first?.contains(#""seq":20,"ts":"1970-01-01T00:00:00Z","missed":18,"#) == true)
        let client = try #require(scene.hub.clients.values.first)
        #expect(client.missed == 18)
        // The slower wish is held to its own.
        publish("A")
        scene.engine.clock.advance(nanoseconds: 600_000_000)
        scene.hub.openGates()
        #expect(try StreamHubTests.numbers(socket).isEmpty)
        scene.engine.clock.advance(nanoseconds: 400_000_000)
        scene.hub.openGates()
        #expect(try StreamHubTests.numbers(socket) == [21])
        await scene.engine.stop()
    }

    /// What is let through at once puts out what waits; that is counted, and the rate stays.
    @Test @LoopActor func whatIsPutOutIsCountedAndTheRateStays() async throws {
        let scene = try await StreamHubTests.scene()
        let socket = try scene.open()
        scene.say(#"{"op":"subscribe","topics":["q"],"filter":{"s":"A"},"max_rate":1}"#, socket)
        scene.say(#"{"op":"subscribe","topics":["*"],"filter":{"s":"B"}}"#, socket)
        func publish(_ name: String) { _ = scene.publish("q", #"{"s":"\#(name)"}"#, isConflated: true) }
        publish("A")
        publish("A")
        _ = socket.takeTexts()
        publish("B")
        #expect(socket.takeTexts().first?.contains(#""seq":3,"ts":"1970-01-01T00:00:00Z","missed":1,"#) == true)
        publish("A")
        #expect(try StreamHubTests.numbers(socket).isEmpty)
        #expect(scene.hub.clients.values.first?.missed == 1)
        await scene.engine.stop()
    }

    @Test @LoopActor func whatIsReplayedIsNotSentAgainWhenItsTimeComes() async throws {
        let scene = try await StreamHubTests.scene()
        let socket = try scene.open()
        scene.say(#"{"op":"subscribe","topics":["q"],"max_rate":1}"#, socket)
        for value in 1...4 { _ = scene.publish("q", "\(value)", isConflated: true) }
        #expect(try StreamHubTests.numbers(socket) == [1])
        scene.say(#"{"op":"resume","epoch":"\#(scene.hub.epoch)","after":{"q":1}}"#, socket)
        #expect(try StreamHubTests.numbers(socket) == [2, 3, 4])
        scene.engine.clock.advance(nanoseconds: 10_000_000_000)
        scene.hub.openGates()
        #expect(socket.takeTexts().isEmpty)
        #expect(scene.hub.clients.values.first?.missed == 0)
        await scene.engine.stop()
    }

    /// Topics beyond the most that are kept are told to nobody; that is counted.
    @Test @LoopActor func updatesOfTooManyTopicsAreCounted() async throws {
        let scene = try await StreamHubTests.scene()
        scene.hub.channelLimit = 2
        for name in ["a", "b", "c", "c", "a"] { _ = scene.publish(name, "1") }
        #expect(scene.hub.channels.count == 2)
        #expect(scene.hub.metrics.refused.value == 2 && scene.hub.metrics.updates.value == 3)
        await scene.engine.stop()
    }

    @Test @LoopActor func oneOfTwoNamesForTheSameIsGiven() async throws {
        let scene = try await StreamHubTests.scene(), path = "/api/v1/websocket/subscriptions"
        let both = await scene.engine.ask(
            .post, path, #"{"topic":"a","filter":{"v":1},"filters":{"v":2},"max_rate":1,"rate_limit":2}"#)
        #expect(both.status == 422)
        for name in ["filters", "rate_limit"] { #expect(both.text.contains("\"pointer\":\"/\(name)\"")) }
        #expect(scene.hub.index.count == 0)
        await scene.engine.stop()
    }
}
