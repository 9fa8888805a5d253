import Bus
@testable import BusRedis
import Runtime
import TestKit
import Testing

/// What the metrics tell of who is behind.
@Suite(.serialized) struct RedisLagTests {
    init() { EventLoop.runInBackground() }

    /// Its own process would have to say it, and is away or hangs.
    @Test @LoopActor func whoReadsNothingTellsOfGroupsThatSayNothingThemselves() async throws {
        let scene = try RedisScene()
        let groups = ["test.order": ["g", "h"]]
        let reader = try scene.bus("reader", groups: groups)
        try reader.subscribe(Subscription(group: "g", families: [TestFamilies.orders]) { _ in })
        await reader.start()
        try await eventually("it is connected") { reader.health.connected }
        #expect(Set(await reader.toldLag().map(\.group)) == ["g"])
        await reader.stop()
        // As the gateway does: it is asked over the bus, and holds no stream back.
        scene.limits.tellsLagOfAll = true
        let door = try scene.bus("door", groups: groups)
        try door.subscribe(Subscription(group: "door", families: [TestFamilies.logs]) { _ in })
        await door.start()
        try await scene.publish(0..<20, of: TestFamilies.orders, on: door)
        var told: [StreamLag] = []
        try await eventually("both groups are told to be behind") {
            told = await door.toldLag()
            return told.count == 2 && told.allSatisfy { $0.waiting + $0.pending == 20 }
        }
        #expect(Set(told.map(\.group)) == ["g", "h"] && told.allSatisfy { $0.family == "test.order" })
        await door.stop()
    }
}
