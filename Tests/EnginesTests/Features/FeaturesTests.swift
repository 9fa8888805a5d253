import Bus
import EngineKit
import Features
import HTTP
import Market
import Quant
import Runtime
import Testing
import Wire

@Suite struct FeaturesTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func inlineBarsGiveColumnsNamedAsSent() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let answer = try await fixture.json(.features, .post, "/features/calculate", """
            {"bars":{"ts":["2024-01-02","2024-01-03",1704326400000],"close":[1,2,4]},
             "features":["sma(close, 2)","macd(close,2,3,2)","close*2","sma(close, 2)"]}
            """)
        #expect(answer["ts"]?.elements.compactMap(\.text) == [
            "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z", "2024-01-04T00:00:00Z",
        ])
        #expect(answer["columns"]?.keys == [
            "close*2", "macd(close,2,3,2).hist", "macd(close,2,3,2).macd", "macd(close,2,3,2).signal", "sma(close, 2)",
        ])
        #expect(answer["columns"]?["sma(close, 2)"] == .array([.null, .number(1.5), .number(3)]))
        #expect(answer["look_back"]?["sma(close, 2)"]?.int == 1)
        let flagged = try await fixture.json(.features, .post, "/features/calculate", """
            {"bars":{"ts":["2024-01-02","2024-01-03"],"close":[1,2]},"features":["sma(close,2)","ema(close,9)"],
             "flags":true}
            """)
        #expect(flagged["flags"]?["sma(close,2)"] == .array([.string("warmup"), .string("stable")]))
        #expect(flagged["warnings"]?.elements.count == 1 && flagged["warnings"]?[0]?.text?.hasPrefix("ema") == true)
        #expect(answer["symbol"] == .null)
        await fixture.stop()
    }

    @Test @LoopActor func storedBarsComeByRangeAndInThreeForms() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let bars = BarColumns.walk(30)
        try await fixture.store(bars, "GOOG")
        let body = #"{"symbol":"GOOG","from":"2020-01-05","to":"2020-01-09","features":["close","roc(close,1)"]}"#
        let answer = try await fixture.json(.features, .post, "/features/calculate", body)
        #expect(answer["columns"]?["close"]?.doubles == Array(bars.close[4...8]))
        let csv = try await fixture.ask(.features, .post, "/features/calculate", body, accept: "text/csv")
        #expect(csv.contentType == "text/csv")
        #expect(String(decoding: csv.body, as: UTF8.self).hasPrefix("ts,close,\"roc(close,1)\"\n2020-01-05T00:00:00Z,"))
        let arrow = try await fixture.ask(.features, .post, "/features/calculate", body,
                                          accept: "application/vnd.apache.arrow.stream")
        #expect(arrow.contentType == "application/vnd.apache.arrow.stream" && arrow.body.count > 200)
        let empty = try await fixture.json(.features, .post, "/features/calculate",
                                           #"{"symbol":"GOOG","from":"2030-01-05","features":["close"]}"#)
        #expect(empty["ts"] == .array([]))
        await fixture.stop()
    }

    @Test @LoopActor func everyWrongFieldIsNamedAtOnce() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let bad = try await fixture.json(.features, .post, "/features/calculate", """
            {"bars":{"ts":["2024-01-02","2024-01-02","2024-01-01"],"close":[1,-2,4],"volume":[1,2]},
             "features":["smaa(close,20)","sma(close,0)","close +"]}
            """, status: 422)
        #expect(Set(bad.pointers) == [
            "/bars/ts/1", "/bars/ts/2", "/bars/close/1", "/bars/volume", "/features/0", "/features/1", "/features/2",
        ])
        #expect(bad.messages.contains { $0.contains("did you mean 'sma'?") && $0.contains("at character 1") })
        for number in ["NaN", "Infinity", "1e400"] {
            let answer = try await fixture.ask(.features, .post, "/features/calculate",
                                               "{\"bars\":{\"ts\":[1704153600000],\"close\":[\(number)]},\"features\":[\"close\"]}")
            #expect(answer.status == 400)
        }
        let unknown = try await fixture.json(.features, .post, "/features/calculate",
                                             #"{"symbol":"NONE","features":["close"]}"#, status: 422)
        #expect(unknown.pointers == ["/symbol"])
        let nothing = try await fixture.json(.features, .post, "/features/calculate", #"{"features":[]}"#, status: 422)
        #expect(Set(nothing.pointers) == ["/bars", "/features"])
        await fixture.stop()
    }

    /// Compares the newest vector with calculate over the same stored bars, bit for bit.
    @LoopActor private func expectLatestIsCalculated(_ fixture: EngineFixture, _ symbol: String) async throws {
        let latest = try await fixture.json(.features, .get, "/features/latest/\(symbol)", query: "timeframe=1d")
        let values = try #require(latest["values"])
        #expect(values.keys.count >= 20)
        let names = values.keys.map { "\"\($0)\"" }.joined(separator: ",")
        let table = try await fixture.json(.features, .post, "/features/calculate",
                                           "{\"symbol\":\"\(symbol)\",\"features\":[\(names)]}")
        #expect(table["ts"]?.elements.last == latest["ts"])
        for name in values.keys { #expect(table["columns"]?[name]?.elements.last == values[name], "\(name)") }
    }

    @Test @LoopActor func theNewestVectorEqualsCalculateAndFollowsBars() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        try fixture.listen([Topics.feature])
        let bars = BarColumns.walk(300)
        try await fixture.store(bars.prefix(250), "GOOG")
        try await expectLatestIsCalculated(fixture, "GOOG")
        // A live bar: stored, then published.
        for row in 250..<253 {
            try await fixture.write(bars.prefix(row + 1).suffix(1), "GOOG")
            try await fixture.publish(bars.bar(row, "GOOG"))
            try await expectLatestIsCalculated(fixture, "GOOG")
        }
        await fixture.until("three vectors came") { fixture.published.count == 3 }
        let update = try JSONTree(fixture.published[2].data)
        #expect(update["ts"]?.text == Timestamp(nanoseconds: bars.times[252]).iso8601)
        #expect(update["replay"] == nil && fixture.published[2].topic.key == "GOOG")
        // History changes under it: a restated bar long ago, and more at the end.
        var restated = bars
        restated.close[10] = restated.high[10]
        try await fixture.store(restated, "GOOG")
        await fixture.settle()
        try await expectLatestIsCalculated(fixture, "GOOG")
        // Whoever followed the vector is told of the correction.
        let correction = try JSONTree(try #require(fixture.published.last).data)
        let now = try await fixture.json(.features, .get, "/features/latest/GOOG", query: "flags=true")
        #expect(correction["correction"] == .bool(true) && correction["values"] == now["values"])
        #expect(now["flags"]?["sma(close,20)"]?.text == "stable")
        #expect(now["flags"]?["obv()"]?.text == "start_dependent" && now["flags"]?["atr(14)"]?.text == "converging")
        let count = fixture.published.count
        try await fixture.store(restated, "GOOG")
        await fixture.settle()
        #expect(fixture.published.count == count, "nothing changed, so nothing is told")
        // Delivered twice: the same vector.
        try await fixture.publish(restated.bar(299, "GOOG"))
        try await expectLatestIsCalculated(fixture, "GOOG")
        await fixture.stop()
    }

    @Test @LoopActor func replaysStartEmptyAndNeverMix() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        try fixture.listen([Topics.feature])
        let bars = BarColumns.walk(60)
        try await fixture.store(bars, "GOOG")
        for row in 0..<30 {
            try await fixture.publish(bars.bar(row, "GOOG", replay: "a"))
            try await fixture.publish(bars.bar(row + 20, "GOOG", replay: "b"))
        }
        await fixture.settle()
        let latest = try fixture.published.suffix(2).map { try JSONTree($0.data) }
        for (update, range) in zip(latest, [0..<30, 20..<50]) {
            let part = bars.prefix(range.upperBound).suffix(range.count)
            let expected = try await fixture.json(.features, .post, "/features/calculate",
                                                  "{\"bars\":\(part.json),\"features\":[\"rsi(close,14)\",\"obv()\"]}")
            #expect(update["values"]?["rsi(close,14)"] == expected["columns"]?["rsi(close,14)"]?.elements.last)
            #expect(update["values"]?["obv()"] == expected["columns"]?["obv()"]?.elements.last)
        }
        #expect(latest.map { $0["replay"]?.text } == ["a", "b"])
        // The live vector is of the stored bars, whatever is replayed.
        try await expectLatestIsCalculated(fixture, "GOOG")
        await fixture.stop()
    }

    @Test @LoopActor func unknownInstrumentsAreNotFound() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let answer = try await fixture.json(.features, .get, "/features/latest/NONE", status: 404)
        #expect(answer["detail"]?.text?.contains("NONE") == true)
        await fixture.stop()
    }

    @Test @LoopActor func theCatalogueIsPagedAndHasEveryIndicator() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        var names: [String] = [], cursor: String?
        repeat {
            let query = "limit=7" + (cursor.map { "&cursor=\($0)" } ?? "")
            let page = try await fixture.json(.features, .get, "/features/catalog", query: query)
            names += page["items"]?.elements.compactMap { $0["name"]?.text } ?? []
            cursor = page["next_cursor"]?.text
        } while cursor != nil
        let twenty = ["sma", "ema", "wma", "rsi", "macd", "bbands", "atr", "natr", "adx", "cci", "mfi", "obv", "roc",
            "mom",
                      "willr", "stoch", "stddev", "trange", "linearreg", "vwap"]
        #expect(Set(twenty).isSubset(of: names) && names == names.sorted() && Set(names).count == names.count)
        let wrong = try await fixture.json(.features, .get, "/features/catalog", query: "cursor=xyz", status: 422)
        #expect(wrong.pointers == ["?cursor"])
        let sma = try await fixture.json(.features, .get, "/features/catalog", query: "q=sma&category=overlap")
        #expect(sma["items"]?[0]?["look_back"]?.int == 29 || sma["items"]?.elements.isEmpty == false)
        await fixture.stop()
    }

    @Test @LoopActor func oneOfEachIsCalculated() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let bars = BarColumns.walk(140)
        let calls = IndicatorCatalog.all.map { function in
            (text: "\(function.name)(\(["close", "volume"].prefix(function.seriesCount).joined(separator: ",")))",
             names: function.outputs.count == 1 ? [""] : function.outputs.map { ".\($0)" })
        }
        let features = calls.map { "\"\($0.text)\"" }.joined(separator: ",")
        let answer = try await fixture.json(.features, .post, "/features/calculate",
                                            "{\"bars\":\(bars.json),\"features\":[\(features)]}")
        for name in calls.flatMap({ call in call.names.map { call.text + $0 } }) {
            let column = try #require(answer["columns"]?[name], "\(name)")
            let lookBack = try #require(answer["look_back"]?[name]?.int)
            let (before, after) = (column.elements.prefix(lookBack), column.elements.dropFirst(lookBack))
            #expect(before.allSatisfy { $0 == .null } && after.allSatisfy { $0 != .null }, "\(name)")
        }
        let near = try await fixture.json(.features, .post, "/features/calculate",
                                          "{\"bars\":\(bars.json),\"features\":[\"cdl_dogi()\"]}", status: 422)
        #expect(near.messages.contains { $0.contains("did you mean 'cdl_doji'?") })
        let page = try await fixture.json(.features, .get, "/features/catalog", query: "q=obv")
        #expect(page["items"]?[0]?["stability"]?.text == "start_dependent")
        await fixture.stop()
    }

    @Test @LoopActor func manySymbolsAtOnce() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        try await fixture.store(.walk(5), "AAPL")
        try await fixture.store(.walk(6, seed: 2), "MSFT")
        let answer = try await fixture.json(.features, .post, "/features/batch",
                                            #"{"symbols":["AAPL","NONE","MSFT"],"features":["close"]}"#)
        #expect(answer["items"]?.elements.map { $0["ts"]?.elements.count } == [5, 6])
        #expect(answer["missing"] == .array([.string("NONE")]))
        await fixture.stop()
    }
}
