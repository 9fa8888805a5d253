import HTTP
@testable import Streaming
import Testing
import Wire

/// Patterns, rings, gates and messages, without a socket.
@Suite struct StreamingValueTests {
    private static func pattern(_ text: String) -> TopicPattern? { TopicPattern(text, families: ["market.quote", "risk.alert"]) }

    @Test(arguments: [
        ("*", "a", true), ("*", "a.b.c", true), ("risk.*", "risk.alert.x", true), ("risk.*", "risk", false),
            ("risk.*", "risky.x", false),
        ("market.quote.AAPL", "market.quote.AAPL", true), ("market.quote.AAPL", "market.quote.AAPLX", false),
        ("market.quote", "market.quote.AAPL", true), ("market.quote", "market.quotes", false),
            ("other", "other.x", false),
        ("market.*.AAPL", "market.bar.AAPL", true), ("market.*.AAPL", "market.bar.MSFT", false),
            ("market.*.AAPL", "market.AAPL", false),
        ("*.bar.*", "market.bar.EUR.USD", true), ("*.bar.*", "market.bar", false),
    ]) func patternsMatch(_ text: String, _ topic: String, _ expected: Bool) {
        #expect(Self.pattern(text)?.matches(topic) == expected)
    }

    @Test(arguments: ["", "a b", "a*", "ris*.x", "a\n",
        String(repeating: "x", count: 201)]) func someTextsAreNoTopics(_ text: String) {
        #expect(Self.pattern(text) == nil)
    }

    @Test func aRingGivesBackWhatItKeepsAndTellsWhatIsGone() {
        var ring = UpdateRing<Int>()
        #expect(ring.after(0).updates.isEmpty && ring.after(0).missing == nil)
        for number in 1...300 { ring.append(number) }
        let capacity = UpdateRing<Int>.capacity
        #expect(ring.count == capacity && ring.first == 301 - capacity && ring.last == 300)
        #expect(ring.after(298).updates == [299, 300])
        #expect(ring.after(300).updates.isEmpty && ring.after(999).updates.isEmpty)
        let all = ring.after(10)
        #expect(all.updates == Array((301 - capacity)...300))
        #expect(all.missing == 11...(300 - capacity))
        for _ in 0..<capacity { ring.dropFirst() }
        #expect(ring.count == 0 && ring.after(290).missing == 291...300)
        ring.append(301)
        #expect(ring.after(290).updates == [301] && ring.after(290).missing == 291...300)
    }

    @Test func aGateLetsTheNewestThroughWhenItsTimeComes() {
        var gate = RateGate<Int>(interval: 100)
        #expect(gate.offer(1, at: 0) == 1)
        #expect(gate.offer(2, at: 10) == nil && gate.offer(3, at: 20) == nil && gate.offer(4, at: 30) == nil)
        #expect(gate.due(at: 99) == nil)
        let due = gate.due(at: 100)
        #expect(due?.element == 4 && due?.missed == 2)
        #expect(!gate.isWaiting && gate.offer(5, at: 150) == nil && gate.due(at: 200)?.missed == 0)
        #expect(gate.offer(6, at: 500) == 6)
    }

    @Test func anIndexFindsEachReaderOnce() throws {
        var index = SubscriptionIndex()
        let quote = try #require(Self.pattern("market.quote.A")), all = try #require(Self.pattern("*"))
        let first = index.add(1, quote, filter: nil, interval: 0)
        _ = index.add(1, all, filter: nil, interval: 5)
        _ = index.add(2, all, filter: nil, interval: 5)
        #expect(index.audience(of: "market.quote.A").plain == [1])
        #expect(index.audience(of: "market.quote.A").picky.map(\.client) == [2])
        #expect(index.audience(of: "x").count == 2)
        index.remove(first.id)
        #expect(index.audience(of: "market.quote.A").plain.isEmpty && index.audience(of: "market.quote.A").count == 2)
    }

    @Test(arguments: [
        (#"{"symbol":"A"}"#, true), (#"{"symbol":["B","A"]}"#, true), (#"{"symbol":"B"}"#, false),
            (#"{"close":{"min":10}}"#, true),
        (#"{"close":{"min":10,"max":11}}"#, false), (#"{"in.deep":true}"#, true), (#"{"in.other":true}"#, false),
            (#"{"n":1}"#, true), ("{}", true),
    ]) func filtersLookAtTheData(_ filter: String, _ expected: Bool) throws {
        let parser = JSONParser()
        let made = try parser.withDocument(Array(filter.utf8)) { try UpdateFilter.read($0).get() }
        let data = Array(#"{"symbol":"A","close":12.5,"in":{"deep":true},"n":1.0}"#.utf8)
        #expect(try parser.withDocument(data) { made.matches($0) } == expected)
    }

    @Test(arguments: [
        (#"{"v":{"min":5,"mxa":7}}"#, ["/v/mxa"]), (#"{"v":{"min":"5"},"w":{"max":null}}"#, ["/v/min", "/w/max"]),
        (#"{"v":{}}"#, ["/v"]), (#"{"v":[]}"#, ["/v"]), (#"{"v":[1,[2]]}"#, ["/v"]), (#"{"v":null}"#, ["/v"]),
        (#"{"v":{"min":2,"max":1}}"#, ["/v"]), ("[]", [""]), ("5", [""]), (#"{"a/b":{"x":1}}"#, ["/a~1b/x"]),
    ]) func filtersThatAreNoneAreNamed(_ filter: String, _ pointers: [String]) throws {
        let read = try JSONParser().withDocument(Array(filter.utf8)) { UpdateFilter.read($0) }
        guard case .failure(let faults) = read else { return #expect(Bool(false), "it was taken") }
        #expect(faults.list.map(\.pointer) == pointers)
    }

    @Test(arguments: [
        ("{", "not_json"), ("{}", "no_op"), (#"{"op":"x"}"#, "unknown_op"), (#"{"op":"subscribe"}"#, "invalid"),
        (#"{"op":"subscribe","topics":[]}"#, "invalid"),
            (#"{"op":"subscribe","topics":["a"],"max_rate":0}"#, "invalid"),
        (#"{"op":"subscribe","topics":["a"],"filter":[1]}"#, "invalid"), (#"{"op":"resume","epoch":"e"}"#, "invalid"),
        (#"{"op":"resume","epoch":"e","after":{"a":-1}}"#, "invalid"), (#"{"op":"subscribe","topics":[1]}"#, "invalid"),
        (#"{"op":"subscribe","topics":["a"],"snapshot":1}"#, "invalid"),
    ]) func badMessagesAreNamed(_ text: String, _ code: String) {
        do throws(ClientMessage.Refusal) {
            _ = try ClientMessage.read(Array(text.utf8), JSONParser())
            Issue.record("it was taken")
        } catch {
            #expect(error.code == code)
        }
    }

    @Test(arguments: [
        (#"{"op":"subscribe","id":4,"topics":["a"],"max_rat":5,"x":1}"#, "/max_rat, /x: no member of subscribe"),
        (#"{"op":"unsubscribe","id":4,"topicks":["a"]}"#, "/topicks: no member of unsubscribe"),
        (#"{"op":"resume","id":4,"epoch":"e","after":{},"before":1}"#, "/before: no member of resume"),
        (#"{"op":"subscribe","id":4,"topics":["a"],"filter":{"v":{"min":5,"mxa":7}}}"#, "/filter/v/mxa is not a member"),
    ]) func misspeltMembersAreNamed(_ text: String, _ words: String) {
        do throws(ClientMessage.Refusal) {
            _ = try ClientMessage.read(Array(text.utf8), JSONParser())
            Issue.record("it was taken")
        } catch {
            #expect(error.code == "invalid" && error.message.hasPrefix(words) && error.id == [52])
        }
        #expect(throws: Never.self) { try ClientMessage.read(Array(#"{"op":"ping","ts":1}"#.utf8), JSONParser()) }
    }

    @Test func messagesAreRead() throws {
        let text = #"{"op":"subscribe","id":"q\"1","topics":["a","b.*"],"filter":{"x":1},"max_rate":20,"snapshot":true}"#
        let message = try ClientMessage.read(Array(text.utf8), JSONParser())
        #expect(message.id == Array("\"q\\\"1\"".utf8))
        guard case .subscribe(let wish) = message.request else { return #expect(Bool(false), "not a subscribe") }
        #expect(wish.topics == ["a", "b.*"] && wish.maxRate == 20 && wish.filter != nil && wish.snapshot)
    }

    @Test func pathsAreKnown() {
        #expect(SocketPath("/ws") == .open && SocketPath("/ws/realtime") == .open
            && SocketPath("/ws/echo-test") == .echo)
        #expect(SocketPath("/ws/market-data/EUR%2FUSD") == .fixed(["market.quote.EUR/USD", "market.bar.EUR/USD"]))
        #expect(SocketPath("/ws/market-data/") == nil && SocketPath("/ws/other") == nil && SocketPath("/") == nil)
    }
}
