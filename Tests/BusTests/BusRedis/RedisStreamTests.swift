import Bus
import BusRedis
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// What is in the streams: entries others can read, entries nobody can read, dead consumers, trimming.
@Suite(.serialized) struct RedisStreamTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func anUnreadableEntryIsParkedAndNobodyIsBlocked() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"], "test.history": ["g"]])
        let tally = Tally()
        let families = [TestFamilies.orders, TestFamilies.history]
        try bus.subscribe(Subscription(group: "g", families: families) { tally.add($0) })
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        let entry = try scene.server.command("XADD", "bus:{test.order.0}:critical", "*", "hello", "world")
        try scene.server.command("XADD", "bus:{test.history.0}:low", "*", "frame", "\u{1}broken")
        try scene.server.command("XADD", "bus:{test.order.0}:critical", "*", "id", "12", "topic", "test.order.k",
                                 "ts", "1", "data", "{}")
        try await scene.publish(0..<10, of: TestFamilies.orders, on: bus)
        try await eventually("the others arrive") { tally.isComplete(0..<10) }
        var letters: [DeadLetter] = []
        try await eventually("all three are parked", seconds: 5) {
            letters = try await bus.deadLetters(limit: 10)
            return letters.count == 3
        }
        #expect(letters.allSatisfy { $0.reason.hasPrefix("unreadable: ") && $0.group == "g" })
        let parked = try scene.server.command("XRANGE", "bus:{test.order.0}:dead", "-", "+")
        let id = entry.split(separator: "\r\n")[1]
        #expect(parked.contains("entry\r\n$\(id.utf8.count)\r\n\(id)\r\n"))
        #expect(parked.contains("reason\r\n"))
        #expect(parked.contains("raw:hello\r\n$5\r\nworld\r\n"))
        #expect(letters.contains { $0.message.data == Array(#"{"hello":"world"}"#.utf8) })
        #expect(letters.contains { $0.message.data == Array("{}".utf8) && $0.message.topic.key == "k" })
        try await eventually("nothing is pending") {
            try scene.server.command("XPENDING", "bus:{test.order.0}:critical", "g").hasPrefix("*4\r\n:0\r\n")
        }
        await bus.stop()
    }

    /// Sent again it is its group's alone, as readable ones are: the others never had a letter of it.
    @Test @LoopActor func anUnreadableEntrySentAgainIsItsGroupsAlone() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g", "h"]])
        for group in ["g", "h"] { try bus.subscribe(Subscription(group: group, families: [TestFamilies.orders]) { _ in }) }
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        try scene.server.command("XADD", "bus:{test.order.0}:critical", "*", "hello", "world")
        var letters: [DeadLetter] = []
        try await eventually("both have parked it", seconds: 5) {
            letters = try await bus.deadLetters(limit: 10)
            return letters.count == 2
        }
        let letter = try #require(letters.first { $0.group == "h" })
        #expect(try await bus.replay(entry: letter.entry))
        try await eventually("it is parked once more, and read by both", seconds: 5) {
            letters = try await bus.deadLetters(limit: 10)
            let lag = await bus.lag()
            return letters.contains { $0.group == "h" && $0.entry != letter.entry }
                && lag.allSatisfy { $0.waiting == 0 && $0.pending == 0 }
        }
        #expect(letters.map(\.group).sorted() == ["g", "h"])
        await bus.stop()
    }

    /// Nobody's clock says so; what would count with such a time is not asked to.
    @Test(arguments: ["ts", "received"]) @LoopActor func anImpossibleTimeIsUnreadable(_ field: String) async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"], "test.history": ["g"]])
        let tally = Tally(), key = "bus:{test.order.0}:critical", id = String(repeating: "1", count: 32)
        let families = [TestFamilies.orders, TestFamilies.history]
        try bus.subscribe(Subscription(group: "g", families: families) { tally.add($0) })
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        let times = ["-9223372036854775808", "-9214560000000000001", "9214646400000000000", "9223372036854775807"]
        for time in times {
            let other = field == "ts" ? [] : ["ts", "1"]
            let own = ["XADD", key, "*", "id", id, "topic", "test.order.K", "data", "{}", field, time]
            try scene.server.command(words: own + other)
        }
        var late = scene.message(TestFamilies.history, "K", 1)
        if field == "ts" { late.time.nanoseconds = .min } else { late.received.nanoseconds = .max }
        try bus.publish([late])
        var letters: [DeadLetter] = []
        try await eventually("all are parked") {
            letters = try await bus.deadLetters(limit: 10)
            return letters.count == times.count + 1
        }
        #expect(letters.allSatisfy { $0.reason == "unreadable: \(field) lies outside the years 1678 to 2261" })
        #expect(tally.count == 0)
        await bus.stop()
    }

    /// Fields of others are ignored, however like ours their names are.
    @Test @LoopActor func onlyOurOwnFieldsAreRead() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        var got: [Message] = []
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { got += $0 })
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        let own = ["id", String(repeating: "ab", count: 16), "topic", "test.order.K", "ts", "7", "received", "8",
                   "source", "s", "seq", "9", "cause", String(repeating: "cd", count: 16), "trace", "t",
                   "reply_to", "r", "data", "{}"]
        let others = ["px", "ix", "ticks", "total", "class", "final", "record_d", "reparted", "status", "sum", "desk",
                      "open", "ID", "data\0", "ts\0", "", "d", "datum", "only_not", "a-longer-name"]
        let add = ["XADD", "bus:{test.order.0}:critical", "*"]
        try scene.server.command(words: add + own + others.flatMap { [$0, "101.5"] })
        try scene.server.command(words: add + others.flatMap { [$0, "x"] } + own)
        try await eventually("both are read") { try await got.count + bus.deadLetters(limit: 9).count == 2 }
        #expect(try await bus.deadLetters(limit: 9).map(\.reason) == [])
        for message in got {
            #expect(message.id == MessageID(UInt128("ab", radix: 16)! * (UInt128.max / 255)))
            #expect(message.cause == MessageID(UInt128("cd", radix: 16)! * (UInt128.max / 255)))
            #expect(message.topic == Topic("test.order", "K") && message.source == "s" && message.sequence == 9)
            #expect(message.time.nanoseconds == 7 && message.received.nanoseconds == 8)
            #expect(message.trace == "t" && message.replyTo == "r" && message.data == Array("{}".utf8))
        }
        await bus.stop()
    }

    /// More of one failing key than are read ahead: its messages wait, all others go on.
    @Test(.timeLimit(.minutes(1))) @LoopActor func aFailingKeyHoldsNoOtherUp() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"], "test.small": ["g"]])
        let inbox = Inbox(), poisoned = 3000
        let families = [TestFamilies.orders, TestFamilies.small]
        try bus.subscribe(Subscription(group: "g", families: families, attempts: 1_000_000) { batch in
            if batch.contains(where: { $0.topic.key == "bad" }) { throw Poison() }
            inbox.add(batch)
        })
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        for number in 0..<poisoned { try bus.publish([scene.message(TestFamilies.orders, "bad", number)]) }
        for number in 0..<40 { try bus.publish([scene.message(TestFamilies.orders, "good", number)]) }
        try await eventually("the others arrive", seconds: 10) { inbox.numbers("good") == Array(0..<40) }
        let waiting = scene.metrics.gauge("nautilus_bus_set_aside_messages", "", ["group": "g"])
        try await eventually("those of the key are counted") { waiting.value == Double(poisoned) }
        #expect(bus.health.detail == nil)
        await bus.stop()
    }

    /// Beyond its bound a failing key's messages take the room of others, and health says so.
    @Test(.timeLimit(.minutes(1))) @LoopActor func tooManyOfAFailingKeyAreTold() async throws {
        let scene = try RedisScene()
        scene.limits.setAsideMessages = 100
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        let tally = Tally(), mood = Inbox()
        mood.refuses = true
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders], attempts: 1_000_000) { batch in
            if mood.refuses { throw Poison() }
            tally.add(batch)
        })
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        try await scene.publish(0..<3000, of: TestFamilies.orders, on: bus, slowly: false)
        try await eventually("it is told") { bus.health.detail?.contains("behind failed ones") == true }
        mood.refuses = false
        try await eventually("all arrive in order") { tally.isComplete(0..<3000) }
        try await eventually("it is over") { bus.health.detail == nil }
        await bus.stop()
    }

    /// Within a turn: the loop does nothing else while the server is asked.
    @Test @LoopActor func whatIsCriticalIsSentAtOnceAndTheRestAtTheTurnsEnd() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": [], "test.small": []])
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        func count(_ stream: String) throws -> String { try scene.server.command("XLEN", stream) }
        try bus.publish([scene.message(TestFamilies.small, "K", 1), scene.message(TestFamilies.orders, "K", 2)])
        var looks = 0
        while try count("bus:{test.order.0}:critical") != ":1\r\n", looks < 1000 { looks += 1 }
        #expect(looks < 1000)
        #expect(try count("bus:{test.small.0}:normal") == ":0\r\n")
        // Redis has answered, but the bus has not heard it: the next one waits for that.
        try bus.publish([scene.message(TestFamilies.orders, "K", 3)])
        #expect(try count("bus:{test.order.0}:critical") == ":1\r\n")
        try await eventually("all is there") {
            try count("bus:{test.order.0}:critical") == ":2\r\n" && count("bus:{test.small.0}:normal") == ":1\r\n"
        }
        await bus.stop()
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func aDroppedGroupHoldsNothingBackAnyMore() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g", "gone"], "test.history": ["gone"]])
        let tally = Tally()
        var settled = 0
        bus.onSettled(source: "tester") { settled += $0.count }
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { tally.add($0) })
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        try await scene.publish(0..<20, of: TestFamilies.orders, on: bus, slowly: false)
        try await eventually("the other group has all") { tally.isComplete(0..<20) }
        #expect(settled == 0)
        #expect(try await bus.dropGroup("gone") > 1)
        try await eventually("all are settled") { settled == 20 }
        #expect(try await bus.dropGroup("gone") == 0)
        #expect(try !scene.server.command("XINFO", "GROUPS", "bus:{test.order.0}:critical").contains("gone"))
        await bus.stop()
    }

    @Test @LoopActor func entriesOfADeadConsumerAreClaimed() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        try await scene.publish(0..<40, of: TestFamilies.orders, on: bus, slowly: false)
        try await eventually("they are there") {
            try scene.server.command("XLEN", "bus:{test.order.0}:critical") == ":40\r\n"
        }
        try scene.server.command("XREADGROUP", "GROUP", "g", "dead", "COUNT", "30", "STREAMS",
                                 "bus:{test.order.0}:critical", ">")
        let tally = Tally()
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { tally.add($0) })
        try await eventually("all are handled") { tally.count == 40 }
        #expect(scene.metrics.counter("nautilus_bus_claimed_entries_total", "").value == 30)
        await bus.stop()
    }

    @Test @LoopActor func aRestartedInstanceTakesUpWhatItHad() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        await bus.start()
        try await scene.publish(0..<40, of: TestFamilies.orders, on: bus, slowly: false)
        try await eventually("they are there") {
            try scene.server.command("XLEN", "bus:{test.order.0}:critical") == ":40\r\n"
        }
        try scene.server.command("XREADGROUP", "GROUP", "g", "one", "COUNT", "30", "STREAMS",
                                 "bus:{test.order.0}:critical", ">")
        let tally = Tally()
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { tally.add($0) })
        try await eventually("all are handled in order") { tally.isComplete(0..<40) }
        await bus.stop()
    }

    @Test @LoopActor func aStreamIsTrimmedBehindTheSlowestConfiguredGroup() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["fast", "slow"]])
        let fast = Tally(), slow = Tally()
        try bus.subscribe(Subscription(group: "fast", families: [TestFamilies.orders]) { fast.add($0) })
        await bus.start()
        try scene.server.command("XGROUP", "CREATE", "bus:{test.order.0}:critical", "stranger", "0", "MKSTREAM")
        try await scene.publish(0..<100, of: TestFamilies.orders, on: bus)
        try await eventually("the fast one has all") { fast.count == 100 }
        #expect(try scene.server.command("XLEN", "bus:{test.order.0}:critical") == ":100\r\n")
        try bus.subscribe(Subscription(group: "slow", families: [TestFamilies.orders]) { slow.add($0) })
        try await eventually("the slow one has all") { slow.count == 100 }
        try await eventually("the stream is empty") {
            try scene.server.command("XLEN", "bus:{test.order.0}:critical") == ":0\r\n"
        }
        await bus.stop()
    }

    @Test @LoopActor func twoInstancesShareAGroup() async throws {
        let scene = try RedisScene()
        let groups = ["test.order": ["g"]]
        let publisher = try scene.bus("publisher", groups: groups)
        let tally = Tally()
        var counts = [0, 0]
        var buses: [RedisBus] = []
        for index in 0..<2 {
            let bus = try scene.bus("reader-\(index)", groups: groups)
            try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders], batchLimit: 8) { batch in
                counts[index] += batch.count
                tally.add(batch)
            })
            await bus.start()
            buses.append(bus)
        }
        await publisher.start()
        try await scene.publish(0..<2000, of: TestFamilies.orders, on: publisher)
        try await eventually("each is handled once") { tally.count == 2000 }
        #expect(tally.repeats == 0)
        #expect(counts.allSatisfy { $0 > 0 })
        for bus in buses + [publisher] { await bus.stop() }
    }

    @Test @LoopActor func anEntryIsReadableWithRedisCli() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        await bus.start()
        try bus.publish([Message(
            id: MessageID(0xabc), topic: Topic("test.order", "AAPL"), time: Timestamp(seconds: 3),
            received: Timestamp(seconds: 4), source: "tester", sequence: 9, data: Array(#"{"a":1}"#.utf8))])
        var said = ""
        try await eventually("it is there") {
            said = try scene.server.command("XRANGE", "bus:{test.order.0}:critical", "-", "+")
            return said.contains("data")
        }
        let words = said.split(separator: "\r\n").filter { !$0.hasPrefix("$") && !$0.hasPrefix("*") }.dropFirst()
        #expect(Array(words) == [
            "id", "00000000000000000000000000000abc", "topic", "test.order.AAPL", "ts", "3000000000", "received",
            "4000000000", "source", "tester", "seq", "9", "data", #"{"a":1}"#,
        ])
        await bus.stop()
    }
}
