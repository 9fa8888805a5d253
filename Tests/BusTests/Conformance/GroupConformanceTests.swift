import Bus
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// What every bus promises about groups, workers, lanes, requests and acknowledgements.
@Suite struct GroupConformanceTests {
    init() { EventLoop.runInBackground() }

    @Test(arguments: BusKind.allCases) @LoopActor
    func aConfiguredGroupMissesNothing(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind, groups: ["test.order": ["late"]])
        await fixture.bus.start()
        try fixture.bus.publish(fixture.messages(TestFamilies.orders, keys: 3, count: 20))
        var settled: [MessageID] = []
        fixture.bus.onSettled(source: "tester") { settled += $0 }
        let inbox = Inbox()
        #expect(settled.isEmpty)
        try fixture.bus.subscribe(Subscription(group: "late", families: [TestFamilies.orders]) { inbox.add($0) })
        try await eventually("the late group gets all") { inbox.messages.count == 20 }
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func settledWhenEveryGroupAcknowledged(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind, groups: ["test.order": ["a", "b"]])
        let gate = Gate(), inbox = Inbox()
        var settled: Set<MessageID> = []
        fixture.bus.onSettled(source: "tester") { settled.formUnion($0) }
        try fixture.bus.subscribe(Subscription(group: "a", families: [TestFamilies.orders]) { inbox.add($0) })
        try fixture.bus.subscribe(Subscription(group: "b", families: [TestFamilies.orders]) { _ in await gate.pass() })
        await fixture.bus.start()
        let sent = fixture.messages(TestFamilies.orders, keys: 3, count: 20)
        try fixture.bus.publish(sent)
        try await eventually("group a has all and b is busy") { inbox.messages.count == 20 && gate.arrived > 0 }
        #expect(settled.isEmpty)
        gate.release()
        try await eventually("all are settled") { settled == Set(sent.map(\.id)) }
        await fixture.bus.stop()
    }

    @Test(.timeLimit(.minutes(1)), arguments: BusKind.allCases) @LoopActor
    func whatIsPostponedIsNeverParked(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let inbox = Inbox()
        var tries = 0
        let handler: MessageHandler = { batch in
            tries += 1
            if tries <= 9 { throw Postponed("the database is away") }
            inbox.add(batch)
        }
        try fixture.bus.subscribe(Subscription(
            group: "g", families: [TestFamilies.orders], attempts: 2, handler: handler))
        await fixture.bus.start()
        try fixture.bus.publish(fixture.messages(TestFamilies.orders, keys: 1, count: 5))
        try await eventually("all are handled in the end") { inbox.messages.count == 5 }
        #expect(inbox.numbers("K0") == Array(0..<5))
        #expect(try await fixture.bus.deadLetters(limit: 10).isEmpty)
        // Whoever can mend it is told why, and not each time.
        #expect(fixture.log.all.filter { $0.contains("the database is away") }.count == 1)
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func whatAHandlerCannotReadIsParkedAtOnce(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind, groups: ["test.order": ["g"]])
        let inbox = Inbox()
        try fixture.bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { batch in
            if batch.contains(where: { $0.data == [33] }) { throw Unreadable("it is a mark") }
            inbox.add(batch)
        })
        await fixture.bus.start()
        try fixture.bus.publish(["0", "!", "1", "2"].map { fixture.message(TestFamilies.orders, "K", $0) })
        try await eventually("the others arrive") { inbox.texts == ["0", "1", "2"] }
        let letters = try await fixture.bus.deadLetters(limit: 10)
        #expect(letters.map(\.reason) == ["unreadable: it is a mark"])
        #expect(letters.first?.attempts == 1)
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func workersGrowWithoutReorderingAKey(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let gate = Gate(), inbox = Inbox()
        let families = [TestFamilies.orders]
        let handler: MessageHandler = { batch in
            await gate.pass()
            inbox.add(batch)
        }
        try fixture.bus.subscribe(Subscription(
            group: "g", families: families, workers: 1...8, batchLimit: 16, handler: handler))
        await fixture.bus.start()
        try fixture.bus.publish(fixture.messages(TestFamilies.orders, keys: 40, count: 2000))
        try await eventually("eight handlers run at once") { gate.arrived == 8 }
        gate.release()
        try await eventually("all are handled") { inbox.messages.count == 2000 }
        for key in 0..<40 { #expect(inbox.numbers("K\(key)") == (0..<2000).filter { $0 % 40 == key }) }
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func urgentLanesGoFirstAndLowOnesDoNotStarve(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let gate = Gate(), inbox = Inbox()
        let families = [TestFamilies.orders, TestFamilies.history]
        try fixture.bus.subscribe(Subscription(group: "g", families: families, batchLimit: 1) { batch in
            await gate.pass()
            inbox.add(batch)
        })
        await fixture.bus.start()
        try fixture.bus.publish(fixture.messages(TestFamilies.history, keys: 1, count: 40))
        try await eventually("the first waits in the handler") { gate.arrived == 1 }
        try fixture.bus.publish(fixture.messages(TestFamilies.orders, keys: 1, count: 200))
        try await eventually("the backlog is known") {
            await fixture.bus.lag().reduce(0) { $0 + $1.waiting + $1.pending } == 240
        }
        gate.release()
        try await eventually("all are handled") { inbox.messages.count == 240 }
        let order = inbox.messages.dropFirst(48).prefix(160).map { $0.topic.family == "test.history" }
        #expect(order.filter { $0 }.count >= 160 / LaneSchedule.starvationBound - 1)
        #expect(order.filter { $0 }.count <= 160 / 8)
        await fixture.bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func aRequestGetsItsReply(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let bus = fixture.bus
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { batch in
            for message in batch {
                switch String(decoding: message.data, as: UTF8.self) {
                case "silent": break
                case "wrong": bus.refuse(message, reason: "no such thing", from: "answerer")
                default: bus.reply(to: message, data: message.data + Array("!".utf8), from: "answerer")
                }
            }
        })
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        let asked = fixture.message(TestFamilies.orders, "q", "hello")
        let reply = try await bus.request(asked, deadlineNanoseconds: 10_000_000_000)
        #expect(reply.data == Array("hello!".utf8))
        #expect(reply.cause == asked.id)
        #expect(reply.source == "answerer")
        await #expect(throws: BusError.refused("no such thing")) {
            try await bus.request(
                fixture.message(TestFamilies.orders, "q", "wrong"), deadlineNanoseconds: 10_000_000_000)
        }
        await #expect(throws: BusError.deadlineExceeded) {
            try await bus.request(fixture.message(TestFamilies.orders, "q", "silent"), deadlineNanoseconds: 50_000_000)
        }
        await bus.stop()
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func anUndeclaredFamilyIsRefused(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let other = TopicFamily("no.such", lane: .low, delivery: .lossless, writer: "*")
        #expect(throws: BusError.unknownFamily("no.such")) { try fixture.bus.publish([fixture.message(other, "k")]) }
        await fixture.bus.stop()
        #expect(throws: BusError.stopped) { try fixture.bus.publish([fixture.message(TestFamilies.orders, "k")]) }
    }

    @Test(arguments: BusKind.allCases) @LoopActor
    func stopWaitsForHandlers(_ kind: BusKind) async throws {
        let fixture = try await BusFixture.make(kind)
        let gate = Gate()
        var finished = false
        try fixture.bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { _ in
            await gate.pass()
            finished = true
        })
        await fixture.bus.start()
        try fixture.bus.publish([fixture.message(TestFamilies.orders, "k")])
        try await eventually("the handler runs") { gate.arrived == 1 }
        spawn { gate.release() }
        await fixture.bus.stop()
        #expect(finished)
    }
}
