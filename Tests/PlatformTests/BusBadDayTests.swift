import Foundation
import HTTP
import Runtime
import TestKit
import Testing

/// Redis absent, gone and empty; messages that nobody can read.
@Suite(.serialized) struct BusBadDayTests {
    init() { EventLoop.runInBackground() }

    @Test(.timeLimit(.minutes(2))) @LoopActor func redisComesLateAndGoesAndComesBackEmpty() async throws {
        let redis = try RedisServer()
        redis.stop()
        let day = try BadDay([.portfolio, .analytics], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        for engine in [EngineName.portfolio, .analytics] {
            try day.start(engine)
            #expect(await day.eventually(10) { await day.ask(engine, .get, "/health") != nil })
            let health = try #require(await day.ask(engine, .get, "/health"))
            #expect(health.status == 200)
            #expect(health.json["status"] as? String == "degraded")
            let bus = health.json["bus"] as? [String: Any]
            #expect(bus?["connected"] as? Bool == false)
            #expect(await day.eventually(5) {
                let readiness = await day.ask(engine, .get, "/health/ready")
                return readiness?.status == 503 && readiness?.json["component"] as? String == "bus"
            })
        }
        try redis.start()
        #expect(await day.ready(.portfolio))
        #expect(await day.ready(.analytics))
        let made = await day.ask(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#)
        #expect(made?.status == 201)
        let count = 300
        for number in 1...count {
            if number == 100 { redis.kill() }
            if number == 200 { try redis.start() }
            // Each at a day of its own: analytics has a point for every one of them.
            let day1 = Date(timeIntervalSince1970: 1_600_000_000 + Double(number) * 86_400).ISO8601Format()
            let posted = await day.ask(.portfolio, .post, "/portfolios/p/transactions", key: "\(number)",
                                       #"{"type":"deposit","amount":\#(number),"currency":"USD","ts":"\#(day1)"}"#)
            #expect(posted?.status == 201, "\(number): \(posted?.text ?? "no answer")")
        }
        let path = "/api/v1/sprint3/analytics/portfolio/p/summary"
        #expect(await day.eventually(20) { await day.ask(.analytics, .get, path)?.json["points"] as? Int == count })
        let summary = try #require(await day.ask(.analytics, .get, path))
        #expect(summary.json["points"] as? Int == count, "\(summary.text)")
        let pnl = summary.json["pnl"] as? [String: Any]
        #expect(pnl?["equity"] as? Double == Double(count * (count + 1) / 2), "\(summary.text)")
        // Nothing is owed any more: every group has acknowledged every message.
        #expect(await day.eventually(10) { await pending(day) == 0 })
    }

    /// How many messages the ledger's outbox holds.
    @LoopActor private func pending(_ day: BadDay) async -> Double? {
        let metrics = await day.ask(.portfolio, .get, "/metrics")?.text ?? ""
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("nautilus_outbox_pending_messages") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    @Test(.timeLimit(.minutes(2))) @LoopActor func poisonGoesToTheDeadLettersAndBlocksNobody() async throws {
        let redis = try RedisServer()
        let day = try BadDay([.portfolio], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        try day.start(.portfolio)
        try #require(await day.ready(.portfolio))
        _ = await day.ask(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#)
        let stream = "bus:{trade.fill.0}:high"
        try redis.command("XADD", stream, "*", "what", "is this")
        try add(redis, stream, 1, portfolio: "p", #"{"id":"#)
        try add(redis, stream, 2, portfolio: "nobody", fill("f2", "nobody"))
        try add(redis, stream, 3, portfolio: "p", fill("f3", "p"))
        #expect(await day.eventually(5) {
            (try? await day.list(.portfolio, "/portfolios/p/transactions"))?.count == 1
        }, "the good message waits behind the bad ones")
        var letters: [[String: Any]] = []
        for _ in 0..<20 where letters.count < 3 { letters = try await deadLetters(day) }
        try #require(letters.count == 3, "\(letters)")
        let reasons = letters.compactMap { $0["reason"] as? String }
        #expect(reasons.contains { $0.contains("unreadable") })
        #expect(reasons.contains { $0.contains("nobody") })
        #expect(redis.isRunning)
        // The portfolio is made; the letter is replayed and booked; the others are purged.
        _ = await day.ask(.portfolio, .post, "/portfolios", #"{"id":"nobody","name":"N","currency":"USD"}"#)
        for letter in letters {
            let entry = try #require(letter["entry"] as? String)
            let isCured = (letter["reason"] as? String)?.contains("nobody") ?? false
            #expect(try await run(day, "bus", isCured ? "replay" : "purge", entry) == 0)
        }
        #expect(await day.eventually(10) {
            (try? await day.list(.portfolio, "/portfolios/nobody/transactions"))?.count == 1
        })
        #expect(try await deadLetters(day).isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func aGroupThatNobodyReadsIsDroppedByTheCommandLine() async throws {
        let redis = try RedisServer()
        func day(_ engines: [EngineName]) throws -> BadDay { try BadDay(engines, ["NAUTILUS_REDIS_URL": redis.url]) }
        let both = try day([.portfolio, .websocket]), one = try day([.portfolio])
        func groups() throws -> [Bool] {
            let told = try redis.command("XINFO", "GROUPS", "bus:{trade.fill.0}:high")
            return ["portfolio", "websocket"].map { told.contains($0) }
        }
        // Whoever comes to the bus makes the groups of the engines that are configured.
        #expect(try await run(both, "bus", "dead-letters") == 0, "\(both.lines("err"))")
        #expect(try groups() == [true, true])
        #expect(try await run(one, "bus", "drop-group") == 64)
        #expect(try groups() == [true, true])
        #expect(try await run(one, "bus", "drop-group", "websocket") == 0, "\(one.lines("err"))")
        #expect(try groups() == [true, false])
        // It is gone: there is nothing to drop any more.
        #expect(try await run(one, "bus", "drop-group", "websocket") == 69)
        #expect(one.lines("err").joined().contains("there is no group websocket"))
        both.end()
        one.end()
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func theCommandLineTellsWhoIsBehind() async throws {
        let redis = try RedisServer(), day = try BadDay([.portfolio, .websocket], ["NAUTILUS_REDIS_URL": redis.url])
        // The first call makes the groups; nobody reads them.
        #expect(try await run(day, "bus", "lag") == 0, "\(day.lines("err"))")
        let stream = "bus:{trade.fill.0}:high"
        for number in 1...3 { try add(redis, stream, number, portfolio: "p", fill("\(number)", "p")) }
        try redis.command("XREADGROUP", "GROUP", "portfolio", "me", "COUNT", "2", "STREAMS", stream, ">")
        #expect(try await run(day, "bus", "lag", "--json") == 0)
        let told = try JSONSerialization.jsonObject(with: Data(day.lines().joined().utf8)) as? [[String: Any]] ?? []
        func figures(_ group: String) -> [Int?] {
            let line = told.first { $0["group"] as? String == group && $0["stream"] as? String == stream }
            return [line?["waiting"] as? Int, line?["pending"] as? Int]
        }
        #expect(figures("portfolio") == [1, 2])
        #expect(figures("websocket") == [3, 0])
        day.end()
    }

    /// A request that was carried out and not acknowledged, because the engine was killed in between, comes again.
    @Test(.timeLimit(.minutes(1))) @LoopActor func aRequestThatComesAgainBooksNothingTwice() async throws {
        let redis = try RedisServer(), day = try BadDay([.portfolio], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        try day.start(.portfolio)
        try #require(await day.ready(.portfolio))
        _ = await day.ask(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#)
        func send(_ number: Int) throws {
            let body = #"{"type":"deposit","amount":\#(number),"currency":"USD"}"#
            let data = #"{"type":"request","method":"POST","path":"/portfolios/p/transactions","body":\#(body)}"#
            let id = String(repeating: "0", count: 30) + "\(number + 10)"
            try redis.command("XADD", "bus:{engine.request.0}:normal", "*", "id", id, "topic",
                              "engine.request.portfolio", "ts", "1704153600000000000", "data", data)
        }
        func handled(_ count: Int) async -> Bool {
            await day.eventually(15) {
                let told = (try? redis.command("XINFO", "GROUPS", "bus:{engine.request.0}:normal")) ?? ""
                return told.contains("entries-read\r\n:\(count)\r\n") && told.contains("pending\r\n:0\r\n")
            }
        }
        for number in 1...20 {
            try send(number)
            if number % 5 == 0 { try send(number) }
        }
        #expect(await handled(24))
        day.kill(.portfolio)
        for number in 1...20 { try send(number) }
        try day.start(.portfolio)
        try #require(await day.ready(.portfolio))
        #expect(await handled(44))
        let book = await day.ask(.portfolio, .get, "/portfolios/p")
        #expect(book?.json["cash"] as? Double == 210, "\(book?.text ?? "")")
    }

    /// From 90 % of Redis' memory on nothing new is begun; what is under way, fills among it, goes on.
    @Test(.timeLimit(.minutes(1))) @LoopActor func aFullRedisRefusesNewWorkAndNoFill() async throws {
        let redis = try RedisServer(), day = try BadDay([.portfolio], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        try day.start(.portfolio)
        try #require(await day.ready(.portfolio))
        let deposit = #"{"type":"deposit","amount":100,"currency":"USD"}"#, path = "/portfolios/p/transactions"
        _ = await day.ask(.portfolio, .post, "/portfolios", #"{"id":"p","name":"P","currency":"USD"}"#)
        #expect(await day.ask(.portfolio, .post, path, key: "1", deposit)?.status == 201)
        // The part that is left is then room enough for Redis itself.
        try redis.command("SETRANGE", "filler", "20000000", "x")
        let told = try redis.command("INFO", "memory").split(separator: "\r\n").first { $0.hasPrefix("used_memory:") }
        let used = try #require(told?.split(separator: ":").last.flatMap { Int($0) })
        try redis.command("CONFIG", "SET", "maxmemory", "\(used * 100 / 95)")
        var refused: BadDay.Answer?, asked = 1
        #expect(await day.eventually(10) {
            asked += 1
            refused = await day.ask(.portfolio, .post, path, key: "\(asked)", deposit)
            return refused?.status == 503
        })
        #expect(refused?.json["component"] as? String == "bus", "\(refused?.text ?? "")")
        // What was answered before is answered again.
        #expect(await day.ask(.portfolio, .post, path, key: "1", deposit)?.status == 201)
        try add(redis, "bus:{trade.fill.0}:high", 1, portfolio: "p", fill("f1", "p"))
        #expect(await day.eventually(10) {
            let items = try? await day.list(.portfolio, path)
            return items?.contains { $0["type"] as? String == "buy" } ?? false
        }, "the fill waits")
        try redis.command("CONFIG", "SET", "maxmemory", "0")
        #expect(await day.eventually(10) {
            await day.ask(.portfolio, .post, path, key: "\(asked)", deposit)?.status == 201
        })
        #expect(await day.eventually(10) { await pending(day) == 0 })
    }

    @Test(.timeLimit(.minutes(1))) @LoopActor func aLetterTellsWhatTheEntryHad() async throws {
        let redis = try RedisServer(), day = try BadDay([.portfolio], ["NAUTILUS_REDIS_URL": redis.url])
        defer { day.end() }
        try day.start(.portfolio)
        try #require(await day.ready(.portfolio))
        let id = String(repeating: "7f", count: 16)
        try redis.command("XADD", "bus:{trade.fill.0}:high", "*", "id", id, "topic", "trade.fill.p", "ts", "soon",
                          "more", "x", "data", "{}", "note", "y")
        var letters: [[String: Any]] = []
        for _ in 0..<20 where letters.isEmpty { letters = try await deadLetters(day) }
        #expect(letters.first?["id"] as? String == id)
        #expect(letters.first?["data"] as? String == "{}")
        #expect(letters.first?["topic"] as? String == "trade.fill.p")
    }

    private func fill(_ id: String, _ portfolio: String) -> String {
        """
        {"id":"\(id)","order_id":"o","portfolio_id":"\(portfolio)","strategy_id":"","symbol":"GOOG","side":"buy",\
        "quantity":1,"price":10,"commission":0,"ts":"2024-01-02T00:00:00Z"}
        """
    }

    private func add(_ redis: RedisServer, _ stream: String, _ number: Int, portfolio: String, _ data: String) throws {
        let id = String(repeating: "0", count: 31) + "\(number)"
        try redis.command("XADD", stream, "*", "id", id, "topic", "trade.fill.\(portfolio)",
                          "ts", "1704153600000000000", "source", "test", "seq", "\(number)", "data", data)
    }

    /// Runs `nautilus` to its end.
    @LoopActor private func run(_ day: BadDay, _ words: String...) async throws -> Int32 {
        let child = try day.nautilus(words)
        #expect(await day.eventually(15) { child.hasEnded })
        return child.wait()
    }

    @LoopActor private func deadLetters(_ day: BadDay) async throws -> [[String: Any]] {
        #expect(try await run(day, "bus", "dead-letters", "--json") == 0, "\(day.lines("err"))")
        let text = day.lines().joined()
        return (try JSONSerialization.jsonObject(with: Data(text.utf8))) as? [[String: Any]] ?? []
    }
}
