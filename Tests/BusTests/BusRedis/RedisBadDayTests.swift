import Bus
import BusRedis
import Market
import Runtime
import Telemetry
import TestKit
import Testing

/// What Redis does to us: it stops, hangs, forgets, fills up. Nothing is lost, and no key is reordered.
@Suite(.serialized) struct RedisBadDayTests {
    private static let families = [TestFamilies.orders, TestFamilies.history]

    init() { EventLoop.runInBackground() }

    @Test(arguments: families) @LoopActor func absentAtTheStart(_ family: TopicFamily) async throws {
        let scene = try RedisScene()
        scene.server.stop()
        let bus = try scene.bus(groups: [family.name: ["g"]])
        let tally = Tally()
        try bus.subscribe(Subscription(group: "g", families: [family]) { tally.add($0) })
        await bus.start()
        try await scene.publish(0..<200, of: family, on: bus)
        #expect(!bus.health.connected)
        #expect(bus.health.spooled == 200)
        try scene.server.start()
        try await eventually("all arrive") { tally.count == 200 }
        #expect(tally.isComplete(0..<200))
        try await eventually("the spool is empty") { bus.health == BusHealth(connected: true, transport: "redis") }
        await bus.stop()
    }

    @Test(arguments: families, [false, true]) @LoopActor
    func stoppedAndStarted(_ family: TopicFamily, killed: Bool) async throws {
        let scene = try RedisScene(persistent: true)
        let bus = try scene.bus(groups: [family.name: ["g"]])
        let tally = Tally()
        try bus.subscribe(Subscription(group: "g", families: [family]) { tally.add($0) })
        await bus.start()
        try await scene.publish(0..<400, of: family, on: bus)
        for round in 1...3 {
            if killed { scene.server.kill() } else { scene.server.stop() }
            try await scene.publish(400 * round..<400 * round + 200, of: family, on: bus)
            try scene.server.start()
            try await scene.publish(400 * round + 200..<400 * round + 400, of: family, on: bus)
        }
        try await eventually("all arrive") { tally.count == 1600 }
        #expect(tally.isComplete(0..<1600))
        await bus.stop()
    }

    @Test(arguments: families) @LoopActor func connectionsAreKilled(_ family: TopicFamily) async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: [family.name: ["g"]])
        let tally = Tally()
        try bus.subscribe(Subscription(group: "g", families: [family]) { tally.add($0) })
        await bus.start()
        for round in 0..<8 {
            try await scene.publish(round * 250..<round * 250 + 250, of: family, on: bus, slowly: round % 2 == 0)
            try scene.server.command("CLIENT", "KILL", "TYPE", "normal", reply: false)
        }
        try await eventually("all arrive") { tally.count == 2000 }
        #expect(tally.isComplete(0..<2000))
        await bus.stop()
    }

    @Test(arguments: ["2", "4"]) @LoopActor func theServerHangs(_ seconds: String) async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        let tally = Tally()
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { tally.add($0) })
        await bus.start()
        try await scene.publish(0..<100, of: TestFamilies.orders, on: bus)
        try scene.server.command("DEBUG", "SLEEP", seconds, reply: false)
        let before = SystemClock().monotonic
        try await scene.publish(100..<1000, of: TestFamilies.orders, on: bus)
        #expect(SystemClock().monotonic - before < 1_900_000_000)
        try await eventually("all arrive") { tally.count == 1000 }
        #expect(tally.isComplete(0..<1000))
        await bus.stop()
    }

    /// A stream is deleted, or cut off, before a group has read it, and in one case made again and used by another
    /// service before its writer looks: what the writer keeps is asked for again.
    @Test(arguments: [["DEL"], ["XTRIM", "MAXLEN", "0"]], [false, true]) @LoopActor
    func aStreamDisappears(_ command: [String], isUsedAgain: Bool) async throws {
        let scene = try RedisScene(), family = TestFamilies.orders
        let groups = [family.name: ["g", "h"]]
        let writer = try scene.bus("writer", groups: groups), other = try scene.bus("other", groups: groups)
        let h = Tally()
        try other.subscribe(Subscription(group: "h", families: [family]) { h.add($0) })
        let kept = (0..<20).map { scene.message(family, "K\($0 % 2)", $0) }
        var resets = 0, settled: Set<MessageID> = []
        writer.onSettled(source: "tester") { settled.formUnion($0) }
        writer.onTransportReset { [unowned writer] in
            resets += 1
            try? writer.publish(kept)
        }
        await writer.start()
        await other.start()
        try writer.publish(kept)
        try await eventually("one group has read them") { h.count == 20 }
        let key = "bus:{test.order.0}:critical"
        try scene.server.command(words: [command[0], key] + command.dropFirst())
        if isUsedAgain { try other.publish([scene.message(family, "K0", 20)]) }
        try await eventually("it is noticed") { resets > 0 }
        let g = Tally()
        try other.subscribe(Subscription(group: "g", families: [family]) { g.add($0) })
        try await eventually("the other group has them too") { settled.isSuperset(of: kept.map(\.id)) }
        #expect(g.numbers["K1"] == (0..<20).filter { $0 % 2 == 1 })
        await writer.stop()
        await other.stop()
    }

    /// The groups of a stream that was made anew have read later entries already: by their place alone, what the old one
    /// held would pass for acknowledged.
    @Test @LoopActor func aStreamIsMadeAnewAndReadOn() async throws {
        let scene = try RedisScene(), family = TestFamilies.orders
        let groups = [family.name: ["g"]], key = "bus:{test.order.0}:critical"
        let writer = try scene.bus("writer", groups: groups), reader = try scene.bus("reader", groups: groups)
        try reader.subscribe(Subscription(group: "g", families: [family]) { _ in })
        let first = (0..<20).map { scene.message(family, "K0", $0) }, kept = scene.message(family, "K0", 20)
        var resets = 0, settled: Set<MessageID> = []
        writer.onSettled(source: "tester") { settled.formUnion($0) }
        writer.onTransportReset { resets += 1 }
        await writer.start()
        await reader.start()
        try writer.publish(first)
        try await eventually("the group has read") { settled.count == 20 }
        await reader.stop()
        try writer.publish([kept])
        try await eventually("it is written") { try !scene.server.command("XRANGE", key, "-", "+").hasPrefix("*0") }
        try scene.makeAnew(key, reading: 2)
        try await eventually("it is noticed") { resets == 1 }
        #expect(!settled.contains(kept.id))
        // And once more, sooner than lost entries are published again.
        let late = scene.message(family, "K0", 21)
        try writer.publish([late])
        try await eventually("it is written") { try scene.server.command("XINFO", "STREAM", key).contains("entries-added\r\n:3\r\n") }
        let asked = try scene.timesGroupsWereTold()
        try await eventually("its groups were asked about") { try scene.timesGroupsWereTold() > asked }
        try scene.makeAnew(key, reading: 1)
        try await eventually("it is noticed again") { resets == 2 }
        #expect(!settled.contains(late.id))
        await writer.stop()
    }

    /// What Redis refuses is told once, and tried again less and less often.
    @Test(arguments: [("auth", "login refused"), ("select", "database 99 refused")])
    @LoopActor func aRefusedGreetingIsToldAndWaits(_ command: String, _ reason: String) async throws {
        let scene = try RedisScene()
        let url = command == "select" ? scene.server.url + "/99"
            : scene.server.url.replacing("redis://", with: "redis://:wrong@")
        let bus = try scene.bus(groups: [:], url: url), start = SystemClock().monotonic
        await bus.start()
        // Five connections, six times each: 20 ms between the first two, and twice as long each time.
        try await eventually("it has tried") {
            let calls = try scene.server.command("INFO", "commandstats").split(separator: "cmdstat_\(command):calls=")
            return calls.count == 2 && (Int(calls[1].prefix { $0.isNumber }) ?? 0) >= 30
        }
        #expect(SystemClock().monotonic - start > 600_000_000)
        #expect(bus.health.detail?.contains(reason) == true)
        await bus.stop()
        #expect(scene.log.all.filter { $0.contains(reason) && $0.contains(#""level":"warning""#) }.count == 1)
    }

    @Test @LoopActor func memoryRunsOut() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        await bus.start()
        try await eventually("it is connected") { bus.health.connected }
        try scene.server.command("CONFIG", "SET", "maxmemory", "4mb")
        var number = 0, accepted = 0, refusals = 0
        try await eventually("it refuses") {
            let batch = (number..<number + 50).map {
                scene.message(TestFamilies.orders, "K\($0 % 2)", $0, padding: 1000)
            }
            do throws(BusError) {
                try bus.publish(batch)
                number += 50
                accepted += 50
            } catch {
                #expect(error == .full(family: "test.order"))
                refusals += 1
            }
            return refusals > 3
        }
        #expect(bus.health.detail?.contains("memory") == true)
        let tally = Tally()
        try scene.server.command("CONFIG", "SET", "maxmemory", "100mb")
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { tally.add($0) })
        try await eventually("all that was taken arrives") { tally.count == accepted }
        #expect(tally.isComplete(0..<accepted))
        try await eventually("it takes more") {
            (try? bus.publish([scene.message(TestFamilies.orders, "K", 1)])) != nil
        }
        await bus.stop()
    }

    @Test @LoopActor func restartedEmptyTheOutboxPublishesAgain() async throws {
        let scene = try RedisScene()
        let bus = try scene.bus(groups: ["test.order": ["g"]])
        let gate = Gate(), tally = Tally()
        var outbox: [Message] = []
        bus.onSettled(source: "tester") { ids in outbox.removeAll { ids.contains($0.id) } }
        bus.onTransportReset { try? bus.publish(outbox) }
        await bus.start()
        let sent = (0..<100).map { scene.message(TestFamilies.orders, "K\($0 % 2)", $0) }
        outbox = sent
        try bus.publish(sent)
        try await eventually("they are in Redis") {
            try scene.server.command("XLEN", "bus:{test.order.0}:critical") == ":100\r\n"
        }
        scene.server.kill()
        try scene.server.start()
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { batch in
            await gate.pass()
            tally.add(batch)
        })
        gate.release()
        try await eventually("all arrive") { tally.count == 100 }
        #expect(tally.isComplete(0..<100))
        try await eventually("all are settled") { outbox.isEmpty }
        await bus.stop()
    }

    @Test @LoopActor func theSpoolSurvivesARestartOfTheProcess() async throws {
        let scene = try RedisScene()
        scene.server.stop()
        let first = try scene.bus(groups: ["test.order": ["g"]])
        await first.start()
        try await scene.publish(0..<100, of: TestFamilies.orders, on: first)
        await first.stop()
        let second = try scene.bus(groups: ["test.order": ["g"]])
        #expect(second.health.spooled == 100)
        let tally = Tally()
        try second.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { tally.add($0) })
        await second.start()
        try await scene.publish(100..<200, of: TestFamilies.orders, on: second)
        try scene.server.start()
        try await eventually("all arrive") { tally.count == 200 }
        #expect(tally.isComplete(0..<200))
        await second.stop()
    }

    @Test @LoopActor func conflatedFamiliesKeepTheNewestWhileAway() async throws {
        let scene = try RedisScene()
        scene.server.stop()
        let bus = try scene.bus(groups: ["test.quote": ["g"]])
        let tally = Tally()
        try bus.subscribe(Subscription(group: "g", families: [TestFamilies.quotes]) { tally.add($0) })
        await bus.start()
        try await scene.publish(0..<1000, of: TestFamilies.quotes, on: bus, slowly: false)
        #expect(bus.health.spooled == 2)
        #expect(scene.metrics.counter("nautilus_bus_held_conflated_messages_total", "").value == 998)
        try scene.server.start()
        try await eventually("the newest arrive") { tally.count == 2 }
        #expect(tally.numbers == ["K0": [998], "K1": [999]])
        await bus.stop()
    }

    @Test @LoopActor func aFullSpoolRefuses() async throws {
        let scene = try RedisScene()
        scene.server.stop()
        let bus = try scene.bus(groups: ["test.small": ["g"]])
        await bus.start()
        try bus.publish((0..<10).map { scene.message(TestFamilies.small, "k", $0) })
        #expect(throws: BusError.full(family: "test.small")) {
            try bus.publish([scene.message(TestFamilies.small, "k", 10)])
        }
        await bus.stop()
    }
}

extension RedisScene {
    /// Deletes a stream and makes it again, with as many entries that the group g has read and acknowledged.
    fileprivate func makeAnew(_ key: String, reading count: Int) throws {
        try server.command("EVAL", """
            redis.call('DEL', KEYS[1])
            redis.call('XGROUP', 'CREATE', KEYS[1], 'g', '0', 'MKSTREAM')
            for _ = 1, ARGV[1] do
              local entry = redis.call('XADD', KEYS[1], '*', 'hello', 'world')
              redis.call('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', KEYS[1], '>')
              redis.call('XACK', KEYS[1], 'g', entry)
            end
            """, "1", key, "\(count)")
    }

    fileprivate func timesGroupsWereTold() throws -> Int {
        let parts = try server.command("INFO", "commandstats").split(separator: "cmdstat_xinfo|groups:calls=")
        return parts.count == 2 ? Int(parts[1].prefix { $0.isNumber }) ?? 0 : 0
    }
}
