import Bus
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// What only the bus in memory can promise: bounds that hold at once, and time by hand.
@Suite struct MemoryBusTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func aFullLosslessQueueRefusesTheWholeCall() async throws {
        let fixture = try await BusFixture.make(.memory, groups: ["test.small": ["g"], "test.order": ["g"]])
        try fixture.bus.publish(fixture.messages(TestFamilies.small, keys: 1, count: 8))
        let mixed = fixture.messages(TestFamilies.orders, keys: 1, count: 2)
            + fixture.messages(TestFamilies.small, keys: 1, count: 3)
        #expect(throws: BusError.full(family: "test.small")) { try fixture.bus.publish(mixed) }
        #expect(await fixture.bus.lag().reduce(0) { $0 + $1.waiting } == 8)
        let inbox = Inbox()
        try fixture.bus.subscribe(Subscription(group: "g", families: [TestFamilies.small]) { inbox.add($0) })
        await fixture.bus.start()
        try await eventually("there is room again") { inbox.messages.count == 8 }
        try fixture.bus.publish(fixture.messages(TestFamilies.small, keys: 1, count: 10))
        try await eventually("they arrive") { inbox.messages.count == 18 }
        await fixture.bus.stop()
    }

    @Test @LoopActor func aFullQueueThatDropsKeepsTheNewest() async throws {
        let fixture = try await BusFixture.make(.memory, groups: ["test.log": ["g"]])
        let inbox = Inbox()
        try fixture.bus.publish(fixture.messages(TestFamilies.logs, keys: 1, count: 180))
        try fixture.bus.subscribe(Subscription(group: "g", families: [TestFamilies.logs]) { inbox.add($0) })
        await fixture.bus.start()
        try await eventually("the newest arrive") { inbox.messages.count == 50 }
        #expect(inbox.numbers("K0") == Array(130..<180))
        #expect(fixture.metrics.counter("nautilus_bus_dropped_messages_total", "", ["group": "g"]).value == 130)
        await fixture.bus.stop()
    }

    @Test @LoopActor func retriesWaitForTheClock() async throws {
        let clock = ManualClock()
        let bus = MemoryBus(
            families: TestFamilies.all, clock: clock, identifiers: SeededIdentifiers(seed: 1),
            metrics: MetricsRegistry(),
            logger: Logger(engine: "test", level: .error, sink: MemoryLogSink(), now: { Timestamp(seconds: 0) }))
        var tries = 0
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { _ in
            tries += 1
            throw Poison()
        })
        await bus.start()
        try bus.publish([Message(
            id: MessageID(1), topic: Topic("test.order", "k"), time: clock.now, received: clock.now, source: "tester",
            data: [])])
        let waits: [Int64] = [200, 400, 800, 1600]
        for (index, wait) in waits.enumerated() {
            try await eventually("try \(index + 1)") { tries == index + 1 && clock.sleeping == 1 }
            clock.advance(nanoseconds: wait * 1_000_000 - 1)
            #expect(clock.sleeping == 1)
            clock.advance(nanoseconds: 1)
        }
        try await eventually("it is parked") { try await bus.deadLetters(limit: 1).count == 1 }
        #expect(tries == 5)
        await bus.stop()
    }
}
