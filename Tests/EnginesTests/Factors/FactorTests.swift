import Bus
import EngineKit
import Factors
import HTTP
import Market
import Quant
import Runtime
import Testing
import Wire

@Suite struct FactorTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func aPanelIsTheUnionOfTimes() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let answer = try await fixture.json(.factor, .post, "/factors/calculate", """
            {"panel":{"B":{"ts":["2024-01-02","2024-01-04"],"close":[1,4]},
                      "A":{"ts":["2024-01-03","2024-01-04"],"close":[2,3]}},
             "factors":["rank(close)","delta(close,1)"]}
            """)
        #expect(answer["symbols"] == .array([.string("B"), .string("A")]))
        #expect(answer["ts"]?.elements.count == 3)
        #expect(answer["values"]?["rank(close)"] == .array([
            .array([.number(1), .null]), .array([.null, .number(1)]), .array([.number(1), .number(0.5)]),
        ]))
        #expect(answer["values"]?["delta(close,1)"]?[2] == .array([.null, .number(1)]))
        await fixture.stop()
    }

    @Test @LoopActor func storedBarsGiveRowsOfARangeOrOfATime() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let first = BarColumns.walk(60), second = BarColumns.walk(60, seed: 5)
        try await fixture.store(first, "AAPL")
        try await fixture.store(second, "MSFT")
        let body = #"{"symbols":["AAPL","MSFT"],"factors":["alpha101.003","ts_mean(close,20)"],"from":"2020-02-10"}"#
        let answer = try await fixture.json(.factor, .post, "/factors/calculate", body)
        let series = try [("AAPL", first), ("MSFT", second)].map { name, bars in
            (symbol: name, bars: try Bars(ts: bars.times, open: bars.open, high: bars.high, low: bars.low,
                                          close: bars.close, volume: bars.volume))
        }
        let panel = Panel(series), alpha = try #require(AlphaCatalog.alpha("alpha101.003"))
        let expected = try Expression.parse(alpha.expression).evaluate(panel)
        #expect(answer["ts"]?.elements.count == 20)
        for row in 0..<20 {
            #expect(answer["values"]?["alpha101.003"]?[row]?.elements.map(\.double)
                == expected.map { $0[40 + row].isNaN ? nil : $0[40 + row] })
        }
        // A value does not depend on where the range starts.
        let point = try await fixture.json(.factor, .post, "/api/v1/factor-engine/calculate", """
            {"universe":"stored","factors":["ts_mean(close,20)"],"as_of":"2020-02-15T12:00:00Z"}
            """)
        #expect(point["ts"] == .array([.string("2020-02-15T00:00:00Z")]))
        #expect(point["values"]?["ts_mean(close,20)"]?[0] == answer["values"]?["ts_mean(close,20)"]?[5])
        let csv = try await fixture.ask(.factor, .post, "/factors/calculate", body, accept: "text/csv")
        #expect(String(decoding: csv.body, as: UTF8.self).hasPrefix("ts,alpha101.003/AAPL,alpha101.003/MSFT,"))
        let status = try await fixture.json(.factor, .get, "/api/v1/factor-engine/status")
        #expect(status["last_run"]?["symbols"]?.int == 2 && status["queue"]?.int == 0)
        await fixture.stop()
    }

    @Test @LoopActor func everyWrongFieldIsNamedAtOnce() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let bad = try await fixture.json(.factor, .post, "/factors/calculate", """
            {"panel":{"A":{"ts":["2024-01-03","2024-01-02"],"close":[1,-1]},"B C":{"ts":[],"close":[]}},
             "factors":["alpha101.999","rnak(close)"],"sources":["fred","nobody"],"as_of":"2024-01-01",\
             "to":"2024-01-01"}
            """, status: 422)
        #expect(Set(bad.pointers) == [
            "/panel/A/ts/1", "/panel/A/close/1", "/panel/B C", "/factors/0", "/factors/1", "/sources/0", "/sources/1",
                "/as_of",
        ])
        #expect(bad.messages.contains { $0.contains("did you mean 'rank'?") })
        #expect(bad.messages.contains { $0.contains("not connected") })
        let unknown = try await fixture.json(.factor, .post, "/factors/calculate",
                                             #"{"symbols":["X","Y"],"factors":["close"]}"#, status: 422)
        #expect(unknown.pointers == ["/symbols/0", "/symbols/1"])
        let none = try await fixture.json(.factor, .post, "/factors/calculate", #"{"symbols":[]}"#, status: 422)
        #expect(Set(none.pointers) == ["/symbols", "/factors"])
        await fixture.stop()
    }

    @Test @LoopActor func groupsThatAreMissingAreNamed() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let panel = """
            "panel":{"A":{"ts":["2024-01-03"],"close":[2]},"B":{"ts":["2024-01-03"],"close":[4]}},\
            "factors":["group_neutralize(close,sector)","ts_mean(close,5)"]
            """
        let bad = try await fixture.json(.factor, .post, "/factors/calculate",
                                         "{\(panel),\"groups\":{\"A\":{\"sector\":\"x\"}}}", status: 422)
        #expect(bad.pointers == ["/groups"])
        #expect(bad.messages.contains { $0.contains("sector") && $0.contains("missing for B") })
        let answer = try await fixture.json(
            .factor, .post, "/factors/calculate",
            "{\(panel),\"groups\":{\"A\":{\"sector\":\"x\"},\"B\":{\"sector\":\"x\"}}}")
        #expect(answer["values"]?["group_neutralize(close,sector)"]?[0] == .array([.number(-1), .number(1)]))
        // A window longer than the data is all null, and the answer says so.
        #expect(answer["warnings"]?.elements.compactMap(\.text).contains { $0.hasPrefix("ts_mean(close,5)") } == true)
        let near = try await fixture.json(.factor, .post, "/factors/calculate",
                                          "{\"symbols\":[\"A\"],\"factors\":[\"alpha158.KMD\"]}", status: 422)
        #expect(near.messages.contains { $0.contains("alpha158.KMID") })
        await fixture.stop()
    }

    @Test @LoopActor func statusCountsWhatIsStored() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        func computable() async throws -> Int? {
            try await fixture.json(.factor, .get, "/api/v1/factor-engine/status")["computable"]?.int
        }
        #expect(try await computable() == 0)
        var closes = BarColumns.walk(10)
        for row in 0..<10 {
            closes.open[row] = .nan
            closes.high[row] = .nan
            closes.low[row] = .nan
            closes.volume[row] = .nan
        }
        try await fixture.store(closes, "KO")
        await fixture.settle()
        let some = try #require(try await computable())
        #expect(some > 0)
        try await fixture.store(.walk(10), "GOOG")
        await fixture.settle()
        let full = try #require(try await computable())
        #expect(full > some && full > AlphaCatalog.all.count)
        let sources = try await fixture.json(.factor, .get, "/api/v1/factor-engine/sources")
        #expect(sources["items"]?.elements.count == 8 && sources["built_in"]?["factors"]?.int == AlphaCatalog.all.count)
        #expect(sources["items"]?.elements.allSatisfy { $0["computable"]?.int == 0 } == true)
        #expect(sources["items"]?.elements.allSatisfy { ($0["factors"]?.int ?? 0) > 0 } == true)
        // What neutralises by groups or reads market values needs more than stored bars.
        let priced = try AlphaCatalog.all.count { alpha in
            let expression = try Expression.parse(alpha.expression)
            return expression.groupings.isEmpty && !expression.columns.contains(.cap)
        }
        #expect(priced < AlphaCatalog.all.count && sources["stored"]?["computable"]?.int == full - priced)
        let status = try await fixture.json(.factor, .get, "/api/v1/factor-engine/status")
        #expect((status["catalogued"]?.int ?? 0) > 380_000)
        await fixture.stop()
    }

    @Test @LoopActor func theCatalogueIsSearchedAndPaged() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let page = try await fixture.json(.factor, .get, "/factors/catalog", query: "limit=5&source=alpha101")
        #expect(page["items"]?.elements.count == 5)
        let cursor = try #require(page["next_cursor"]?.text)
        let rest = try await fixture.json(.factor, .get, "/factors/catalog",
                                          query: "limit=1000&source=alpha101&cursor=\(cursor)")
        #expect(rest["items"]?.elements.count == AlphaCatalog.all.count - 5 && rest["next_cursor"] == .null)
        let deep = try await fixture.json(.factor, .get, "/factors/catalog",
                                          query: "limit=3&q=corr.252&source=fred&category=cross_source")
        #expect(deep["items"]?.elements.count == 3 && deep["next_cursor"]?.text != nil)
        #expect(deep["items"]?.elements.allSatisfy { $0["computable"] == .bool(false) } == true)
        let none = try await fixture.json(.factor, .get, "/factors/catalog", query: "q=nothing_like_it")
        #expect(none["items"]?.elements.isEmpty == true)
        let lost = try await fixture.json(.factor, .get, "/factors/catalog", query: "cursor=nobody", status: 422)
        #expect(lost.pointers == ["?cursor"])
        let found = try await fixture.json(.factor, .get, "/factors/catalog", query: "q=adv")
        #expect(found["items"]?.elements.allSatisfy { $0["expression"]?.text?.contains("adv") == true } == true)
        #expect(found["items"]?.elements.isEmpty == false)
        await fixture.stop()
    }

    @Test @LoopActor func barClosesPublishWhatCalculateGives() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        try fixture.listen([Topics.factor])
        let bars = BarColumns.walk(50)
        for row in 0..<50 { try await fixture.publish(bars.bar(row, "GOOG", replay: "r")) }
        await fixture.until("fifty came") { fixture.published.count == 50 }
        let update = try JSONTree(fixture.published[49].data), names = try #require(update["values"]?.keys)
        #expect(names.count == 23 && update["replay"]?.text == "r")
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await fixture.json(.factor, .post, "/factors/calculate",
                                            "{\"panel\":{\"GOOG\":\(bars.json)},\"factors\":[\(list)]}")
        for name in names { #expect(answer["values"]?[name]?[49]?[0] == update["values"]?[name], "\(name)") }
        try await fixture.write(bars, "GOOG")
        try await fixture.publish(bars.bar(49, "GOOG"))
        await fixture.until("the live one came") { fixture.published.count == 51 }
        #expect(try JSONTree(fixture.published[50].data)["values"] == update["values"])
        await fixture.stop()
    }

    @Test @LoopActor func statisticsAndCorrelationsAreAnswered() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        for (seed, symbol) in ["AAPL", "GOOG", "IBM", "KO", "MSFT", "SPY"].enumerated() {
            try await fixture.store(.walk(120, seed: UInt64(seed + 1)), symbol)
        }
        let figures = try await fixture.json(.factor, .post, "/factors/statistics", """
            {"universe":"stored","factors":["close/delay(close,5)-1","growth.21.raw@bars.close"],"horizons":[1,5],\
            "quantiles":3}
            """)
        let item = try #require(figures["items"]?[0])
        #expect(figures["items"]?.elements.count == 2 && item["dates"]?.int == 110 && item["observations"]?.int == 660)
        #expect(item["horizons"]?[1]?["horizon"]?.int == 5)
        #expect(item["horizons"]?[0]?["quantile_returns"]?.elements.count == 3)
        let none = try await fixture.json(
            .factor, .post, "/factors/statistics", #"{"universe":"stored","factors":["close"],"horizons":[]}"#,
            status: 422)
        #expect(none.pointers == ["/horizons"])
        let bad = try await fixture.json(.factor, .post, "/factors/statistics", """
            {"universe":"stored","factors":[],"horizons":[0,1.5],"quantiles":1,"as_of":"2024-01-01"}
            """, status: 422)
        #expect(Set(bad.pointers) == ["/factors", "/horizons/0", "/horizons/1", "/quantiles", "/as_of"])

        let body = #"{"universe":"stored","factors":["close","-1*close","open","volume"],"top":2}"#
        let pairs = try await fixture.json(.factor, .post, "/factors/correlation", body)
        let first = try #require(pairs["pairs"]?[0])
        #expect(pairs["pairs"]?.elements.count == 2 && pairs["exact"] == .bool(true))
        #expect(first["a"]?.text == "close" && first["b"]?.text == "-1*close" && first["observations"]?.int == 720)
        #expect(abs((first["correlation"]?.double ?? 0) + 1) < 1e-12)
        let wide = try await fixture.json(.factor, .post, "/factors/correlation", """
            {"universe":"stored","catalog_filter":{"source":"bars","q":"zscore.21"},"method":"spearman","top":5}
            """)
        #expect(wide["pairs"]?.elements.count == 5 && (wide["factors"]?.int ?? 0) >= 28)
        for (text, pointer) in [
            (#"{"universe":"stored","factors":["close"]}"#, "/factors"),
            (#"{"universe":"stored","catalog_filter":{"source":"fred"}}"#, "/catalog_filter"),
            (#"{"universe":"stored","factors":["close","open"],"catalog_filter":{"source":"bars"}}"#, "/factors"),
            (#"{"universe":"stored","factors":["close","alpha101.013x"]}"#, "/factors/1"),
        ] {
            let bad = try await fixture.json(.factor, .post, "/factors/correlation", text, status: 422)
            #expect(bad.pointers == [pointer])
        }
        await fixture.stop()
    }
}
