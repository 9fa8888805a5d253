import Bus
@testable import EngineKit
import HTTP
import Market
import Portfolio
import Runtime
import TestKit
import Testing

/// Engines asked over the bus.
@Suite struct EventRequestTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private static func scene() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([PortfolioEngine.self])
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#, status: 201)
        return fixture
    }

    @LoopActor private static func event(_ fixture: EngineFixture, _ data: String) throws -> Message {
        let context = try #require(fixture.hosts[.marketdata]).context
        return context.message(Topics.request, "portfolio", time: fixture.clock.now, data: Array(data.utf8))
    }

    /// What an event is answered with.
    @LoopActor private static func ask(_ fixture: EngineFixture, _ data: String) async throws -> JSONTree {
        let reply = try await fixture.bus.request(try event(fixture, data), deadlineNanoseconds: 5_000_000_000)
        return try JSONTree(reply.data)
    }

    private static let body = #"{"type":"deposit","amount":100,"currency":"USD"}"#
    private static func deposit(_ more: String = "") -> String {
        #"{"type":"request","method":"POST","path":"/portfolios/p/transactions","body":\#(body)\#(more)}"#
    }

    @LoopActor private static func cash(_ fixture: EngineFixture) async throws -> Double? {
        try await fixture.json(.portfolio, .get, "/portfolios/p")["cash"]?.double
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func aMessageThatComesTwiceIsCarriedOutOnce() async throws {
        let fixture = try await Self.scene()
        let event = try Self.event(fixture, Self.deposit())
        try fixture.bus.publish([event, event])
        try fixture.bus.publish([event])
        await fixture.settle()
        #expect(try await Self.cash(fixture) == 100)
        // Another process would know it by its key, which the records have.
        let key = "message-\(hexadecimal(event.id.value))"
        let again = try await fixture.ask(.portfolio, .post, "/portfolios/p/transactions", Self.body,
                                          headers: ["Idempotency-Key": key])
        #expect(again.status == 201)
        #expect(try await Self.cash(fixture) == 100)
        try fixture.bus.publish([try Self.event(fixture, Self.deposit())])
        await fixture.settle()
        #expect(try await Self.cash(fixture) == 200)
        await fixture.stop()
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func aKeyOfTheCallersOwnHoldsOverMessages() async throws {
        let fixture = try await Self.scene()
        let first = try await Self.ask(fixture, Self.deposit(#","idempotency_key":"mine""#))
        let second = try await Self.ask(fixture, Self.deposit(#","idempotency_key":"mine""#))
        #expect(first["status"]?.int == 201 && first == second)
        #expect(try await Self.cash(fixture) == 100)
        await fixture.stop()
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func anUnknownMethodIsNoGet() async throws {
        let fixture = try await Self.scene()
        let answer = try await Self.ask(fixture, #"{"type":"request","method":"POTS","path":"/portfolios/p"}"#)
        #expect(answer["type"]?.text == "error" && answer["status"]?.int == 405)
        #expect(answer["detail"]?.text?.contains("POTS") == true)
        let number = try await Self.ask(fixture, #"{"type":"request","method":1,"path":"/portfolios/p"}"#)
        #expect(number["status"]?.int == 422)
        let key = try await Self.ask(fixture, Self.deposit(#","idempotency_key":1"#))
        #expect(key["status"]?.int == 422)
        let read = try await Self.ask(fixture, #"{"type":"request","path":"/portfolios/p"}"#)
        #expect(read["status"]?.int == 200 && read["data"]?["id"]?.text == "p")
        await fixture.stop()
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func anAnswerThatIsNoJSONIsAText() async throws {
        let fixture = try await Self.scene()
        let answer = try await Self.ask(fixture, #"{"type":"request","path":"/metrics"}"#)
        #expect(answer["status"]?.int == 200)
        #expect(answer["data"]?.text?.contains("nautilus_build_info") == true)
        await fixture.stop()
    }

    @Test func onlyTheNewestAreRemembered() {
        var recent = RecentMessages(), limit = UInt128(RecentMessages.limit)
        for number in 0...limit where !recent.insert(MessageID(number)) { Issue.record("\(number) was not known") }
        limit += 1
        for number in 1..<limit where recent.insert(MessageID(number)) { Issue.record("\(number) is forgotten") }
        let oldest = recent.insert(MessageID(0)), next = recent.insert(MessageID(1))
        #expect(oldest && next)
    }
}
