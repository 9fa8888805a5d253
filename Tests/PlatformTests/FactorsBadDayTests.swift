import Foundation
import HTTP
import Runtime
import TestKit
import Testing

/// The factor engine killed while it works a job off.
@Suite(.serialized) struct FactorsBadDayTests {
    init() { EventLoop.runInBackground() }

    private static let symbols = (0..<12).map { "S\($0)" }, days = 600

    /// Columnar bars of a random walk, the same for the same symbol.
    private static func bars(_ symbol: String) -> [String: [Any]] {
        var state = symbol.utf8.reduce(UInt64(3)) { $0 &* 31 &+ UInt64($1) }, price = 100.0
        func draw() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        var bars: [String: [Any]] = ["ts": [], "close": [], "volume": []]
        for day in 0..<days {
            price *= 1 + 0.04 * (draw() - 0.5)
            let values: [String: Any] = [
                "ts": 1_400_000_000_000 / 86_400_000 * 86_400_000 + day * 86_400_000, "close": price,
                "volume": (1000 * draw()).rounded(),
            ]
            for (name, value) in values { bars[name]?.append(value) }
        }
        return bars
    }

    private static func json(_ value: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
    }

    @Test(.timeLimit(.minutes(3))) @LoopActor func killedInAJobItGoesOnBehindItsLastBlock() async throws {
        let redis = try RedisServer()
        try await killTwice(BadDay([.marketdata, .factor], ["NAUTILUS_REDIS_URL": redis.url]))
    }

    @Test(.enabled(if: PostgresServer.programs != nil, "PostgreSQL is not installed"), .timeLimit(.minutes(3)))
    @LoopActor func killedInAJobOnPostgreSQLItGoesOnBehindItsLastBlock() async throws {
        let redis = try RedisServer(), database = try PostgresServer()
        try await killTwice(BadDay([.marketdata, .factor], [
            "NAUTILUS_REDIS_URL": redis.url, "NAUTILUS_DATABASE_URL": database.url,
        ]))
    }

    @LoopActor private func killTwice(_ day: BadDay) async throws {
        defer { day.end() }
        for engine in [EngineName.marketdata, .factor] { try day.start(engine) }
        for engine in [EngineName.marketdata, .factor] {
            try #require(await day.ready(engine), "\(day.lines("\(engine.rawValue).log"))")
        }
        for symbol in Self.symbols {
            let body = try Self.json(["symbol": symbol, "timeframe": "1d", "bars": Self.bars(symbol)])
            let stored = await day.ask(.marketdata, .post, "/market-data/import", body)
            try #require(stored?.status == 200, "\(stored?.text ?? "")")
        }
        let facts = ["shares_outstanding": 10.0, "net_income": 25].map { concept, value in
            ["symbol": "S0", "concept": concept, "period_end": "2014-12-31", "filed_at": "2015-02-01", "value": value]
                as [String: Any]
        }
        let filed = await day.ask(.marketdata, .post, "/market-data/facts", try Self.json(["facts": facts]))
        try #require(filed?.status == 200, "\(filed?.text ?? "")")

        let factors = (0..<1100).map { "ts_rank(close,\(60 + $0 % 400))-ts_corr(close,volume,\(20 + $0 % 300))" }
            + ["level.0.raw@facts.pe_ratio", "zscore.63.rank@bars.close"]
        let begun = await day.ask(.factor, .post, "/factors/batch",
                                  try Self.json(["universe": "stored", "factors": factors]))
        let id = try #require(begun?.json["job_id"] as? String, "\(begun?.text ?? "")"), path = "/factors/jobs/\(id)"
        @LoopActor func job() async -> [String: Any] { await day.ask(.factor, .get, path)?.json ?? [:] }
        var version: String?
        for least in [100, 400] {
            #expect(await day.eventually(60) { (await job()["done"] as? Int ?? 0) >= least })
            let before = await job(), done = try #require(before["done"] as? Int)
            day.kill(.factor)
            #expect(done < factors.count, "the job was over before it could be killed")
            try day.start(.factor)
            #expect(await day.ready(.factor))
            let after = await job()
            #expect(after["done"] as? Int ?? 0 >= done, "\(after)")
            if let version { #expect(version == before["data_version"] as? String) }
            version = before["data_version"] as? String
        }
        #expect(await day.eventually(90) { await job()["state"] as? String == "finished" })
        let over = await job()
        #expect(over["done"] as? Int == factors.count && over["errors"] as? Int == 0 && over["detail"] as? String == "")
        #expect(over["data_version"] as? String == version)
        let values = try await day.list(.factor, path + "/values")
        #expect(values.compactMap { $0["factor"] as? String } == factors)
        // Of each block some factors are calculated again.
        let places = stride(from: 0, to: factors.count, by: 29).map { $0 } + [1100, 1101]
        let whole = await day.ask(.factor, .post, "/factors/calculate", try Self.json([
            "universe": "stored", "factors": places.map { factors[$0] }, "as_of": "2030-01-01",
        ]))
        let table = try #require(whole?.json["values"] as? [String: [[Any]]], "\(whole?.text.prefix(300) ?? "")")
        for place in places {
            let expected = try #require(table[factors[place]]?.first), found = try #require(values[place]["values"] as? [Any])
            #expect(found.count == Self.symbols.count)
            for (a, b) in zip(found, expected) {
                let own = (a as? NSNumber)?.doubleValue, other = (b as? NSNumber)?.doubleValue
                #expect(own == nil && other == nil || abs((own ?? .nan) - (other ?? .nan)) < 1e-9, "\(factors[place])")
            }
        }
    }
}
