import Foundation
import HTTP
import Runtime
import TestKit
import Testing

/// The features engine killed while bars stream through it.
@Suite(.serialized) struct FeaturesBadDayTests {
    init() { EventLoop.runInBackground() }

    private static let count = 300

    /// Columnar bars of a random walk.
    private static func bars() -> [String: [Any]] {
        var state: UInt64 = 3, price = 100.0
        func draw() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        var bars: [String: [Any]] = ["ts": [], "open": [], "high": [], "low": [], "close": [], "volume": []]
        for day in 0..<count {
            let open = price
            price *= 1 + 0.04 * (draw() - 0.5)
            let values: [String: Any] = [
                "ts": 1_400_000_000_000 / 86_400_000 * 86_400_000 + day * 86_400_000, "open": open, "close": price,
                "high": max(open, price) * 1.01, "low": min(open, price) * 0.99, "volume": (1000 * draw()).rounded(),
            ]
            for (name, value) in values { bars[name]?.append(value) }
        }
        return bars
    }

    /// What was published so far, by the time of its bar; of a bar told twice both. Read in pages: Redis gives a long
    /// answer up when its reader has nothing more to ask.
    private static func updates(_ redis: RedisServer) throws -> [(time: String, values: [String: Double])] {
        var updates: [(time: String, values: [String: Double])] = [], start = "-"
        while true {
            let page = try redis.command("XRANGE", "bus:{feature.update.0}:normal", start, "+", "COUNT", "8")
            let lines = page.split(separator: "\r\n").map(String.init)
            let ids = lines.filter { $0.contains("-") && $0.allSatisfy { $0.isNumber || $0 == "-" } }
            guard let last = ids.last else { return updates }
            for line in lines where line.hasPrefix("{") {
                let json = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                let values = try #require(json["values"] as? [String: Any])
                let numbers = values.compactMapValues { ($0 as? NSNumber)?.doubleValue }
                updates.append((try #require(json["ts"] as? String), numbers))
            }
            start = "(" + last
        }
    }

    @Test(.timeLimit(.minutes(2))) @LoopActor func killedInAReplayItGoesOnWithTheSameValues() async throws {
        let redis = try RedisServer()
        let day = try BadDay([.marketdata, .features], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        for engine in [EngineName.marketdata, .features] { try day.start(engine) }
        for engine in [EngineName.marketdata, .features] {
            try #require(await day.ready(engine), "\(day.lines("features.log"))")
        }
        let body: [String: Any] = ["symbol": "GOOG", "timeframe": "1d", "bars": Self.bars()]
        let sent = try JSONSerialization.data(withJSONObject: body)
        let stored = await day.ask(.marketdata, .post, "/market-data/import", String(decoding: sent, as: UTF8.self))
        try #require(stored?.status == 200, "\(stored?.text ?? "")")
        let begun = await day.ask(.marketdata, .post, "/market-data/replay", #"{"symbol":"GOOG","speed":150}"#)
        let id = try #require(begun?.json["id"] as? String)
        @LoopActor func progress() async -> [String: Any] {
            await day.ask(.marketdata, .get, "/market-data/replay/\(id)")?.json ?? [:]
        }
        for bars in [40, 120, 210] {
            #expect(await day.eventually(30) { (await progress()["sent"] as? Int ?? 0) >= bars })
            day.kill(.features)
            try day.start(.features)
        }
        #expect(await day.eventually(60) { await progress()["state"] as? String == "finished" })
        let updates = try Self.updates(redis)
        #expect(Set(updates.map(\.time)).count >= Self.count - 3, "\(updates.count) updates")
        let names = Array(try #require(updates.last).values.keys)
        let asked = try JSONSerialization.data(withJSONObject: ["symbol": "GOOG", "features": names])
        let table = try #require(await day.ask(.features, .post, "/features/calculate",
                                               String(decoding: asked, as: UTF8.self))?.json)
        let times = try #require(table["ts"] as? [String]), columns = try #require(table["columns"] as? [String: [Any]])
        let rows = Dictionary(uniqueKeysWithValues: times.enumerated().map { ($1, $0) })
        #expect(updates.last?.time == times.last)
        for update in updates {
            let row = try #require(rows[update.time])
            let differing = names.filter { update.values[$0] != (columns[$0]?[row] as? NSNumber)?.doubleValue }
            #expect(differing.isEmpty, "at bar \(row): \(differing.prefix(3))")
        }
    }
}
