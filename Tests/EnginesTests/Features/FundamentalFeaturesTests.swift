import EngineKit
import Factors
import Features
import HTTP
import Market
import Runtime
import Testing
import Wire

@Suite struct FundamentalFeaturesTests {
    init() { EventLoop.runInBackground() }

    private static func day(_ number: Int) -> String {
        Timestamp(nanoseconds: Int64(18_262 + number) * 86_400_000_000_000).iso8601
    }

    private static func fact(_ symbol: String, _ concept: String, filed: Int, _ value: Double) -> String {
        #"{"symbol":"\#(symbol)","concept":"\#(concept)","period_end":"\#(day(10))","#
            + #""filed_at":"\#(day(filed))","value":\#(value)}"#
    }

    @LoopActor private func put(_ fixture: EngineFixture, _ facts: [String]) async throws -> JSONTree {
        let body = #"{"facts":[\#(facts.joined(separator: ","))]}"#
        return try await fixture.json(.marketdata, .post, "/market-data/facts", body)
    }

    /// Known from the day of filing, over stored bars and over those sent along; restated from the day of that.
    @Test @LoopActor func featuresKnowWhatWasFiled() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let bars = BarColumns.walk(120)
        try await fixture.store(bars, "GOOG")
        let stored = try await put(fixture, [
            Self.fact("GOOG", "shares_outstanding", filed: 40, 8), Self.fact("GOOG", "net_income", filed: 40, 16),
            Self.fact("GOOG", "net_income", filed: 80, 4),
        ])
        #expect(stored["stored"]?.int == 3 && stored["rejected_count"]?.int == 0)
        let asked = #""features":["market_value","pe_ratio","ts_mean(earnings_yield(),3)"]"#
        let table = try await fixture.json(.features, .post, "/features/calculate", #"{"symbol":"GOOG",\#(asked)}"#)
        let ratio = try #require(table["columns"]?["pe_ratio"]).doubles
        #expect(ratio[..<40].allSatisfy { $0.isNaN })
        #expect((40..<80).allSatisfy { ratio[$0] == bars.close[$0] * 8 / 16 })
        #expect((80..<120).allSatisfy { ratio[$0] == bars.close[$0] * 8 / 4 })
        #expect(table["columns"]?["ts_mean(earnings_yield(),3)"]?.doubles.prefix { $0.isNaN }.count == 42)
        let sent = try await fixture.json(
            .features, .post, "/features/calculate", #"{"symbol":"GOOG","bars":\#(bars.json),\#(asked)}"#)
        #expect(sent["columns"] == table["columns"])
        let nameless = try await fixture.json(
            .features, .post, "/features/calculate", #"{"bars":\#(bars.json),\#(asked)}"#, status: 422)
        #expect(nameless.pointers == ["/symbol"] && nameless.messages.first?.contains("pe_ratio") == true)
        let listed = try await fixture.json(.marketdata, .get, "/market-data/facts", query: "symbol=GOOG")
        #expect(listed["facts"]?.elements.map { $0["value"]?.double } == [16, 8, 4])
        await fixture.stop()
    }

    @Test @LoopActor func factorsRankByFacts() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        for (index, symbol) in ["A", "B", "C"].enumerated() {
            try await fixture.store(.walk(30), symbol)
            _ = try await put(fixture, [
                Self.fact(symbol, "shares_outstanding", filed: 20, 10),
                Self.fact(symbol, "equity", filed: 20, Double(100 * (3 - index))),
            ])
        }
        let table = try await fixture.json(.factor, .post, "/factors/calculate",
                                           #"{"symbols":["A","B","C"],"factors":["rank(book_yield)"]}"#)
        let rows = try #require(table["values"]?["rank(book_yield)"]).elements.map(\.doubles)
        #expect(rows[..<20].allSatisfy { $0.allSatisfy { $0.isNaN } })
        #expect(rows[20...].allSatisfy { zip($0, [1, 2.0 / 3, 1.0 / 3]).allSatisfy { abs($0 - $1) < 1e-12 } })
        await fixture.stop()
    }

    @Test @LoopActor func rowsThatAreNoFactsAreListed() async throws {
        let fixture = try await EngineFixture.make([])
        let text = """
            symbol,concept,period,period_end,filed_at,value,unit,source
            GOOG,net_income,quarter,2020-03-31,2020-04-28,6836000000,USD,edgar
            GOOG,net_incom,annual,2020-03-31,2020-04-28,1,,
            GOOG,assets,,2020-03-31,2020-03-30,1,,
            GOOG,assets,monthly,2020-03-31,2020-04-28,1,,
            GOOG,assets,,2020-03-31,2020-04-28,nan,,
            GOOG,assets,,spring,2020-04-28,1,,
            ,assets,,2020-03-31,2020-04-28,1,,
            GOOG,assets
            """
        @LoopActor func send(_ query: String, _ body: String) async throws -> (status: Int, json: JSONTree) {
            let host = try #require(fixture.hosts[.marketdata])
            let answer = await host.application.respond(Request(
                method: .post, path: "/market-data/facts", query: query,
                headers: ["Host": "localhost", "Content-Type": "text/csv"], body: Array(body.utf8)))
            return (answer.status, try JSONTree(answer.body))
        }
        let strict = try await send("strict=true", text)
        #expect(strict.status == 422 && strict.json.pointers.count == 7)
        let none = try await fixture.json(.marketdata, .get, "/market-data/facts", query: "symbol=GOOG")
        #expect(none["facts"]?.elements.isEmpty == true)
        let answer = try await send("", text)
        #expect(answer.status == 200 && answer.json["stored"]?.int == 1)
        let rejected = try #require(answer.json["rejected"]).elements
        #expect(rejected.map { $0["line"]?.int } == [3, 4, 5, 6, 7, 8, 9])
        #expect(rejected[0]["reason"]?.text?.contains("did you mean net_income?") == true)
        let kept = try await fixture.json(.marketdata, .get, "/market-data/facts", query: "symbol=GOOG")
        #expect(kept["facts"]?[0]?["period"]?.text == "quarter" && kept["facts"]?[0]?["unit"]?.text == "USD")
        for bad in ["symbol,concept\nGOOG,assets", ""] {
            #expect([400, 422].contains(try await send("", bad).status))
        }
        await fixture.stop()
    }

    /// Of one filing of a figure that comes twice the last counts, and one is stored.
    @Test @LoopActor func factsThatComeTwiceAreOne() async throws {
        let fixture = try await EngineFixture.make([])
        @LoopActor func send(_ body: String) async throws -> (status: Int, json: JSONTree) {
            let host = try #require(fixture.hosts[.marketdata])
            let answer = await host.application.respond(Request(
                method: .post, path: "/market-data/facts", headers: ["Host": "localhost", "Content-Type": "text/csv"],
                body: Array(body.utf8)))
            return (answer.status, try JSONTree(answer.body))
        }
        let header = "symbol,concept,period_end,filed_at,value"
        let row = "GOOG,assets,2020-03-31,2020-04-28"
        let twice = try await send("\(header)\n\(row),1\n\(row),2\n\(row),0x10\n\(row),\"3\n")
        #expect(twice.json["stored"]?.int == 1 && twice.json["rows"]?.int == 4)
        #expect(twice.json["rejected"]?.elements.map { $0["line"]?.int } == [4, 5])
        let kept = try await fixture.json(.marketdata, .get, "/market-data/facts", query: "symbol=GOOG")
        #expect(kept["facts"]?.elements.map { $0["value"]?.double } == [2])
        let columns = try await send("\(header),Value\n\(row),1,2\n")
        #expect(columns.status == 422 && columns.json["detail"]?.text == "the header has the column value twice")
        await fixture.stop()
    }
}
