import EngineKit
import HTTP
import Market
import Runtime
import Testing
import TestKit
import Wire

/// Imports, quotes and replays by HTTP.
@Suite struct MarketDataRouteTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private func csv(
        _ fixture: EngineFixture, _ text: String, query: String = "symbol=KO", status: Int = 200
    ) async throws -> JSONTree {
        let host = try #require(fixture.hosts[.marketdata])
        let response = await host.application.respond(Request(
            method: .post, path: "/market-data/import", query: query,
            headers: ["Host": "localhost", "Content-Type": "text/csv; charset=utf-8"], body: Array(text.utf8)))
        #expect(response.status == status)
        return try JSONTree(response.body)
    }

    @Test @LoopActor func strictRefusesAllAndALaterImportRestates() async throws {
        let fixture = try await EngineFixture.make([])
        let text = "ts,close\n2024-01-02,10\n2024-01-03,0\n2024-01-04,12\n"
        let refused = try await csv(fixture, text, query: "symbol=KO&strict=true", status: 422)
        #expect(refused.pointers == ["line 3"])
        _ = try await fixture.json(.marketdata, .get, "/api/v1/market-data/historical/bars", query: "symbol=KO",
            status: 404)
        let taken = try await csv(fixture, text)
        #expect(taken["rows"]?.int == 3 && taken["stored"]?.int == 2 && taken["appended"]?.int == 2)
        #expect(taken["rejected"]?[0]?["line"]?.int == 3 && taken["rejected_count"]?.int == 1)
        let again = try await csv(fixture, "ts,close\n2024-01-02,10\n2024-01-03,11\n2024-01-04,13\n2024-01-05,14\n")
        #expect(again["unchanged"]?.int == 1 && again["restated"]?.int == 1 && again["inserted"]?.int == 1)
        #expect(again["appended"]?.int == 1 && (again["version"]?.int ?? 0) > (taken["version"]?.int ?? 0))
        let bars = try await fixture.json(.marketdata, .get, "/api/v1/market-data/historical/bars", query: "symbol=KO")
        #expect(bars["close"]?.doubles == [10, 11, 13, 14] && bars["open"]?[0] == .null)
        let newest = try await fixture.json(.marketdata, .get, "/api/v1/market-data/historical/bars",
                                            query: "symbol=KO&last=2&to=2024-01-04")
        #expect(newest["close"]?.doubles == [11, 13])
        #expect(try await csv(fixture, text, query: "", status: 422).pointers == ["?symbol"])
        await fixture.stop()
    }

    /// Two bars for one span count twice in whatever is computed from them.
    @Test @LoopActor func barsThatAreTooNearAreStoredAndTold() async throws {
        let fixture = try await EngineFixture.make([])
        func lines(_ answer: JSONTree) -> [Int] { answer["warnings"]?.elements.compactMap { $0["line"]?.int } ?? [] }
        let first = try await csv(
            fixture, "ts,close\n2024-01-03,10\n2024-01-02T16:00:00Z,10\n2024-01-02,10\n2024-01-05,10\n")
        #expect(first["stored"]?.int == 4 && first["warning_count"]?.int == 2 && lines(first) == [3, 2])
        #expect(first["warnings"]?[0]?["reason"]?.text?.contains("2024-01-02T00:00:00Z") == true)
        // Against what is stored, on both sides; a restated bar is no neighbour of itself.
        let second = try await csv(
            fixture, "ts,close\n2024-01-04T21:00:00Z,10\n2024-01-05,11\n2024-01-05T23:00:00Z,10\n")
        #expect(lines(second) == [3, 4] && second["restated"]?.int == 1)
        let before = try await csv(fixture, "ts,close\n2024-01-01T10:00:00Z,10\n")
        #expect(lines(before) == [2])
        // A day of a calendar may be short: summer time, an early close.
        let days = "ts,close\n2024-03-30T23:00:00Z,1\n2024-03-31T22:00:00Z,1\n2024-04-01T19:00:00Z,1\n"
        let short = try await csv(fixture, days, query: "symbol=A")
        #expect(short["stored"]?.int == 3)
        #expect(lines(short) == [])
        let minutes = "ts,close\n2024-01-02T00:00:00Z,1\n2024-01-02T00:01:00Z,1\n2024-01-02T00:01:30Z,1\n"
        #expect(lines(try await csv(fixture, minutes, query: "symbol=A&timeframe=1m")) == [4])
        let far = "ts,close\n-9190000000000,1\n9190000000000,1\n"
        #expect(lines(try await csv(fixture, far, query: "symbol=B&timeframe=1m")) == [])
        await fixture.stop()
    }

    @Test @LoopActor func theListPagesThroughEverySeriesOnce() async throws {
        let fixture = try await EngineFixture.make([])
        let names = ["A", "B", "C", "D"]
        for name in names { try await fixture.store(.walk(2), name) }
        for name in ["A", "C"] { try await fixture.store(.walk(2), name, timeframe: "1h") }
        var found: [String] = [], cursor: String?, pages = 0
        repeat {
            let page = try await fixture.json(.marketdata, .get, "/market-data/symbols",
                                              query: "limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
            found += page["items"]?.elements.map { "\($0["symbol"]?.text ?? "")/\($0["timeframe"]?.text ?? "")" } ?? []
            cursor = page["next_cursor"]?.text
            pages += 1
        } while cursor != nil && pages < 10
        #expect(Set(found) == ["A/1d", "B/1d", "C/1d", "D/1d", "A/1h", "C/1h"] && found.count == 6 && pages == 3)
        _ = try await fixture.json(.marketdata, .get, "/market-data/symbols", query: "cursor=x", status: 422)
        await fixture.stop()
    }

    @Test @LoopActor func aBadQuoteIsRefusedAndKeptForPeople() async throws {
        let fixture = try await EngineFixture.make([])
        let path = "/market-data/quotes"
        _ = try await fixture.json(.marketdata, .post, path, #"{"symbol":"KO","bid":10,"ask":11,"ts":"2024-01-02"}"#)
        for bad in [#"{"symbol":"KO","bid":12,"ask":11,"ts":"2024-01-03"}"#,
            #"{"symbol":"KO","bid":10,"ts":"2024-01-01"}"#] {
            _ = try await fixture.json(.marketdata, .post, path, bad, status: 422)
        }
        let latest = try await fixture.json(.marketdata, .get, "/market-data/quote/KO")
        #expect(latest["price"]?.double == 10.5 && latest["source"]?.text == "quote")
        let kept = try await fixture.json(.marketdata, .get, "/market-data/quarantine")
        let reasons = kept["items"]?.elements.compactMap { $0["reason"]?.text } ?? []
        #expect(reasons.count == 2 && reasons[0].contains("crossed") && reasons[1].contains("before"))
        #expect(kept["next_cursor"] == .null)
        _ = try await fixture.json(.marketdata, .get, "/market-data/quote/NONE", status: 404)
        await fixture.stop()
    }

    /// One that is ahead of the clock would refuse every true one after it.
    @Test @LoopActor func aQuoteFromTheFutureShutsNobodyOut() async throws {
        let fixture = try await EngineFixture.make([]), path = "/market-data/quotes"
        func post(_ price: Double, _ time: Timestamp, status: Int) async throws -> JSONTree {
            try await fixture.json(.marketdata, .post, path, """
                {"symbol":"KO","bid":\(price),"ts":"\(time.iso8601)"}
                """, status: status)
        }
        let now = fixture.clock.now, second: Int64 = 1_000_000_000
        let far = try await post(5, now.adding(nanoseconds: 6 * second), status: 422)
        #expect(far["detail"]?.text?.contains("ahead of the clock") == true)
        // Clocks differ a little.
        _ = try await post(10, now.adding(nanoseconds: 5 * second), status: 200)
        _ = try await post(11, now, status: 422)
        // The clock is set back: what was the last quote is ahead of it now.
        fixture.clock.setWall(now.adding(nanoseconds: -60 * second))
        _ = try await post(12, fixture.clock.now, status: 200)
        #expect(try await fixture.json(.marketdata, .get, "/market-data/quote/KO")["price"]?.double == 12)
        await fixture.stop()
    }

    @Test @LoopActor func anImportTellsWhatItDidNotUse() async throws {
        let fixture = try await EngineFixture.make([]), path = "/market-data/import"
        let csv = Request(
            method: .post, path: path, query: "symbol=KO", headers: ["Host": "localhost", "Content-Type": "text/csv"],
            body: Array("ts,opn,close,Adj Close\n2024-01-02,10,10,10\n2024-01-03,10,1e300,10\n".utf8))
        let host = try #require(fixture.hosts[.marketdata])
        let answer = try JSONTree(await host.application.respond(csv).body)
        #expect(answer["unused_columns"]?.elements.compactMap(\.text) == ["opn", "Adj Close"])
        #expect(answer["stored"]?.int == 1 && answer["rejected"]?[0]?["reason"]?.text == "close must be at most 1e15")
        let columns = try await fixture.json(
            .marketdata, .post, path, #"{"symbol":"KO","bars":{"ts":["2024-01-04"],"opn":[1],"close":[2]}}"#)
        #expect(columns["unused_columns"]?.elements.compactMap(\.text) == ["opn"])
        await fixture.stop()
    }

    @Test @LoopActor func aReplayKeepsTheOrderAndCanBeCancelled() async throws {
        let fixture = try await EngineFixture.make([])
        try fixture.listen([Topics.bar])
        let bars = BarColumns.walk(20)
        try await fixture.store(bars, "KO")
        let run = try await fixture.json(.marketdata, .post, "/market-data/replay", #"{"symbol":"KO","speed":0}"#)
        let id = try #require(run["id"]?.text)
        try await fixture.until("the replay is over") {
            try await fixture.json(.marketdata, .get, "/market-data/replay/\(id)")["state"]?.text == "finished"
        }
        await fixture.until("all bars came") { fixture.published.count == 20 }
        let told = try fixture.published.compactMap { message in
            try JSONParser().withDocument(message.data) { Bar(json: $0) }
        }
        #expect(told.map(\.time.nanoseconds) == bars.times && told.allSatisfy { $0.replay == id })
        #expect(told.map(\.close) == bars.close)
        _ = try await fixture.json(.marketdata, .delete, "/market-data/replay/\(id)", status: 409)
        // One bar a second on a clock that stands: it waits after the first, until it is cancelled.
        let slow = try await fixture.json(.marketdata, .post, "/market-data/replay", #"{"symbol":"KO","speed":1}"#)
        let path = "/market-data/replay/" + (slow["id"]?.text ?? "")
        try await fixture.until("one is sent") { try await fixture.json(.marketdata, .get, path)["sent"]?.int == 1 }
        // Another one of these bars waits for it.
        let next = try await fixture.json(.marketdata, .post, "/market-data/replay", #"{"symbol":"KO","speed":0}"#)
        let nextPath = "/market-data/replay/" + (next["id"]?.text ?? "")
        try await fixture.until("it waits") {
            try await fixture.json(.marketdata, .get, nextPath)["detail"]?.text == "waits for replay \(slow["id"]?.text ?? "")"
        }
        _ = try await fixture.json(.marketdata, .delete, path)
        try await fixture.until("it is cancelled") {
            fixture.clock.advance(nanoseconds: 1_000_000_000)
            return try await fixture.json(.marketdata, .get, path)["state"]?.text == "cancelled"
        }
        let end = try await fixture.json(.marketdata, .get, path)
        #expect(end["sent"]?.int == 1 && end["total"]?.int == 20)
        try await fixture.until("the other one is over") {
            fixture.clock.advance(nanoseconds: 50_000_000)
            return try await fixture.json(.marketdata, .get, nextPath)["state"]?.text == "finished"
        }
        #expect(fixture.published.count == 41)
        _ = try await fixture.json(.marketdata, .delete, path, status: 409)
        _ = try await fixture.json(.marketdata, .get, "/market-data/replay/none", status: 404)
        await fixture.stop()
    }

    /// A bar of a minute from years ago is no price of today.
    @Test @LoopActor func theLastCloseIsTheNewestOfAllLengths() async throws {
        let fixture = try await EngineFixture.make([])
        func quote(_ symbol: String) async throws -> (price: Double?, time: String?) {
            let found = try await fixture.json(.marketdata, .get, "/market-data/quote/\(symbol)")
            return (found["price"]?.double, found["ts"]?.text)
        }
        fixture.clock.advance(nanoseconds: 10 * Timeframe.day1.nanoseconds)
        _ = try await csv(fixture, "ts,close\n2020-01-02T14:30:00Z,10\n", query: "symbol=KO&timeframe=1m")
        _ = try await csv(fixture, "ts,close\n2024-01-02,90\n2024-01-05,100\n")
        #expect(try await quote("KO") == (100, "2024-01-05T00:00:00Z"))
        // The hour ends with the day; the next minute comes after both.
        _ = try await csv(fixture, "ts,close\n2024-01-05T23:00:00Z,101\n", query: "symbol=KO&timeframe=1h")
        #expect(try await quote("KO") == (101, "2024-01-05T23:00:00Z"))
        _ = try await csv(fixture, "ts,close\n2024-01-06T00:00:00Z,102\n", query: "symbol=KO&timeframe=1m")
        #expect(try await quote("KO") == (102, "2024-01-06T00:00:00Z"))
        // A day that is stored before its end is known no longer than that.
        fixture.clock.advance(nanoseconds: 10 * Timeframe.hour1.nanoseconds)
        _ = try await csv(fixture, "ts,close\n2024-01-12,110\n", query: "symbol=KO&timeframe=1d")
        #expect(try await quote("KO").price == 110)
        fixture.clock.advance(nanoseconds: 5 * Timeframe.hour1.nanoseconds)
        _ = try await csv(fixture, "ts,close\n2024-01-12T14:59:00Z,111\n", query: "symbol=KO&timeframe=1m")
        #expect(try await quote("KO").price == 111)
        await fixture.stop()
    }

    @Test @LoopActor func whatIsSaidTwiceMustBeSaidAlike() async throws {
        let fixture = try await EngineFixture.make([]), path = "/market-data/import"
        let body = #"{"symbol":"KO","timeframe":"1h","bars":{"ts":["2024-01-02"],"close":[1]}}"#
        let refused = try await fixture.json(.marketdata, .post, path, body, query: "symbol=PEP&timeframe=1d", status: 422)
        #expect(Set(refused.pointers) == ["/symbol", "/timeframe"])
        _ = try await fixture.json(.marketdata, .post, path, body, query: "symbol=KO&timeframe=1h")
        let bars = "/api/v1/market-data/historical/bars", query = "symbol=KO&timeframe=1h"
        let both = try await fixture.json(.marketdata, .get, bars, query: query + "&last=3&limit=1", status: 422)
        #expect(both.pointers == ["?limit"])
        _ = try await fixture.json(.marketdata, .get, bars, query: query + "&last=3&limit=0")
        let back = #"{"symbol":"KO","timeframe":"1h","from":"2024-01-03","to":"2024-01-02"}"#
        #expect(try await fixture.json(.marketdata, .post, "/market-data/replay", back, status: 422).pointers == ["/to"])
        await fixture.stop()
    }

    /// The epoch is a time like others, not a missing one.
    @Test @LoopActor func aQuoteOfTheEpochIsNotOfNow() async throws {
        let fixture = try await EngineFixture.make([]), path = "/market-data/quotes"
        _ = try await fixture.json(.marketdata, .post, path, #"{"symbol":"KO","bid":1,"ts":"1970-01-01"}"#)
        let first = try await fixture.json(.marketdata, .get, "/market-data/quote/KO")
        #expect(first["ts"]?.text == "1970-01-01T00:00:00Z")
        _ = try await fixture.json(.marketdata, .post, path, #"{"symbol":"KO","bid":2}"#)
        let second = try await fixture.json(.marketdata, .get, "/market-data/quote/KO")
        #expect(second["ts"]?.text == fixture.clock.now.iso8601 && second["price"]?.double == 2)
        await fixture.stop()
    }
}
