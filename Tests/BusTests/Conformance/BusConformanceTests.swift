import Bus
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// What every bus promises. Both transports pass the same tests.
@Suite struct BusConformanceTests {
    init() { EventLoop.runInBackground() }

    @Test(arguments: BusKind.allCases) @LoopActor
    func everyGroupGetsEverythingInOrderPerKey(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let inboxes = [Inbox(), Inbox()]
        let families = [TestFamilies.fills, TestFamilies.history]
        for (index, inbox) in inboxes.enumerated() {
            try fixture.bus.subscribe(Subscription(group: "g\(index)", families: families) { inbox.add($0) })
        }
        await fixture.bus.start()
        for start in stride(from: 0, to: 3000, by: 300) {
            let part = (start..<start + 300).map { fixture.message(TestFamilies.fills, "K\($0 % 7)", "\($0)") }
            try fixture.bus.publish(part + [fixture.message(TestFamilies.history, "H", "\(start)")])
        }
        try await eventually("all messages arrive") { inboxes.allSatisfy { $0.messages.count >= 3010 } }
        for inbox in inboxes {
            #expect(inbox.messages.count == 3010)
            for key in 0..<7 { #expect(inbox.numbers("K\(key)") == (0..<3000).filter { $0 % 7 == key }) }
            #expect(inbox.numbers("H") == Array(stride(from: 0, to: 3000, by: 300)))
        }
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func anEnvelopeArrivesWhole(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let inbox = Inbox()
        let families = [TestFamilies.orders, TestFamilies.history]
        try fixture.bus.subscribe(Subscription(group: "g", families: families) { inbox.add($0) })
        await fixture.bus.start()
        var sent: [Message] = []
        for family in families {
            sent.append(Message(
                id: MessageID(UInt128.max - 1), topic: Topic(family.name, "BRK.B é"), time: Timestamp(nanoseconds: -5),
                received: Timestamp(nanoseconds: 1_700_000_000_123_456_789), source: "tester", sequence: .max,
                cause: MessageID(42), trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                replyTo: "somewhere", data: Array(#"{"a":[1,null,"é\u0000\r\n"]}"#.utf8)))
            sent.append(Message(
                id: MessageID(0), topic: Topic(family.name, ""), time: Timestamp(nanoseconds: 7),
                received: Timestamp(nanoseconds: 7), source: "", data: []))
        }
        try fixture.bus.publish(sent)
        try await eventually("all arrive") { inbox.messages.count >= 4 }
        for family in families {
            let got = inbox.messages.filter { $0.topic.family == family.name }
            #expect(got.map(Envelope.init) == sent.filter { $0.topic.family == family.name }.map(Envelope.init))
        }
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func aPoisonMessageStandsAlone(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let inbox = Inbox()
        try fixture.bus.subscribe(Subscription(group: "g", families: [TestFamilies.fills], attempts: 3) { batch in
            if batch.contains(where: { $0.data == Array("13".utf8) }) { throw Poison() }
            inbox.add(batch)
        })
        try fixture.bus.publish(fixture.messages(TestFamilies.fills, keys: 5, count: 100))
        await fixture.bus.start()
        try await eventually("all but one are handled") { inbox.messages.count >= 99 }
        for key in 0..<5 { #expect(inbox.numbers("K\(key)") == (0..<100).filter { $0 % 5 == key && $0 != 13 }) }
        var letters: [DeadLetter] = []
        try await eventually("it is parked") {
            letters = try await fixture.bus.deadLetters(limit: 10)
            return letters.count == 1
        }
        #expect(letters[0].attempts == 3)
        #expect(letters[0].group == "g")
        #expect(letters[0].reason == "Poison()")
        #expect(letters[0].message.data == Array("13".utf8))
        #expect(letters[0].message.topic == Topic("test.fill", "K3"))
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func deadLettersAreReplayedAndPurged(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let inbox = Inbox(), bystander = Inbox()
        inbox.refuses = true
        try fixture.bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders], attempts: 1) { batch in
            if inbox.refuses { throw Poison() }
            inbox.add(batch)
        })
        try fixture.bus.subscribe(Subscription(group: "b", families: [TestFamilies.orders]) { bystander.add($0) })
        await fixture.bus.start()
        try fixture.bus.publish(fixture.messages(TestFamilies.orders, keys: 2, count: 2))
        var letters: [DeadLetter] = []
        try await eventually("the link is up") { fixture.bus.health.connected }
        try await eventually("both are parked") {
            letters = try await fixture.bus.deadLetters(limit: 10)
            return letters.count == 2 && bystander.messages.count == 2
        }
        inbox.refuses = false
        #expect(try await fixture.bus.replay(entry: letters[0].entry))
        #expect(try await fixture.bus.purge(entry: letters[1].entry))
        #expect(try await !fixture.bus.purge(entry: letters[1].entry))
        #expect(try await !fixture.bus.replay(entry: "9-9"))
        try await eventually("the replayed one is handled") { inbox.messages.count == 1 }
        #expect(Envelope(inbox.messages[0]) == Envelope(letters[0].message))
        #expect(try await fixture.bus.deadLetters(limit: 10).isEmpty)
        #expect(bystander.messages.count == 2)
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func aConflatedFamilyKeepsTheNewestOfAKey(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind, groups: ["test.quote": ["g"]])
        let inbox = Inbox(), gate = Gate()
        try fixture.bus.subscribe(Subscription(group: "g", families: [TestFamilies.quotes]) { batch in
            inbox.add(batch)
            await gate.pass()
        })
        await fixture.bus.start()
        try fixture.bus.publish([fixture.message(TestFamilies.quotes, "first")])
        try await eventually("the handler is busy") { gate.arrived == 1 }
        for round in 0..<50 {
            try fixture.bus.publish((0..<4).map { fixture.message(TestFamilies.quotes, "K\($0)", "\(round)") })
        }
        try await eventually("all have been conflated") {
            fixture.metrics.counter("nautilus_bus_conflated_messages_total", "", ["group": "g"]).value == 196
        }
        gate.release()
        try await eventually("the newest arrive") { (0..<4).allSatisfy { inbox.numbers("K\($0)").last == 49 } }
        #expect(inbox.messages.count == 5)
        await fixture.bus.stop()
    }
}

/// A message's fields, comparable.
struct Envelope: Equatable {
    let id: MessageID, topic: Topic, time: Timestamp, received: Timestamp, source: String, sequence: UInt64
    let cause: MessageID?, trace: String?, replyTo: String?, data: [UInt8]

    init(_ message: Message) {
        id = message.id
        topic = message.topic
        time = message.time
        received = message.received
        source = message.source
        sequence = message.sequence
        cause = message.cause
        trace = message.trace
        replyTo = message.replyTo
        data = message.data
    }
}
