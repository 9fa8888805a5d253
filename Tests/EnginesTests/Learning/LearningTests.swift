import Bus
import EngineKit
import Glibc
import HTTP
@testable import Learning
import Market
import Quant
import Runtime
import Testing
import Wire

@Suite struct LearningTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func storedBarsGiveAVolatilityWithItsInterval() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let bars = BarColumns.walk(300)
        try await fixture.store(bars, "GOOG")
        let answer = try await fixture.json(.ml, .post, "/ml/predict/volatility",
                                            #"{"symbol":"GOOG","horizon":"1w","level":0.8}"#)
        let returns = zip(bars.close.dropFirst(), bars.close).map { log($0 / $1) }
        let expected = try VolatilityForecast(returns: returns, horizon: 5, level: 0.8)
        #expect(answer["annualized_volatility"]?.double == expected.annualizedVolatility)
        #expect(answer["horizon_volatility"]?.double == expected.horizonVolatility)
        #expect(answer["interval"]?["low"]?.double == expected.low && answer["interval"]?["level"]?.double == 0.8)
        #expect(answer["horizon"]?.text == "1w" && answer["horizon_periods"]?.double == 5)
        #expect(answer["model"]?["version"]?.text == "1")
        #expect(answer["as_of"]?.text == Timestamp(nanoseconds: bars.times[299]).iso8601)
        let sent = try await fixture.json(.ml, .post, "/ml/predict/volatility",
                                          #"{"returns":[0.01,-0.02,0.015],"horizon":3,"periods_per_year":12}"#)
        let own = try VolatilityForecast(returns: [0.01, -0.02, 0.015], horizon: 3, periodsPerYear: 12)
        #expect(sent["horizon_volatility"]?.double == own.horizonVolatility && sent["symbol"] == .null)
        await fixture.stop()
    }

    @Test @LoopActor func aPriceIsTheNamedBaseline() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let bars = BarColumns.walk(300)
        try await fixture.store(bars, "AAPL")
        let answer = try await fixture.json(.ml, .post, "/ml/predict/price", """
            {"symbol":"AAPL","current_price":150,"features":{"rsi":55}}
            """)
        let expected = try PriceForecast(closes: bars.close, price: 150)
        #expect(answer["prediction"]?["price"]?.double == expected.medianPrice)
        #expect(answer["prediction"]?["return"]?.double == expected.medianReturn)
        #expect(answer["prediction"]?["direction"]?.text == expected.direction.rawValue)
        #expect(answer["confidence"]?.double == expected.confidence && answer["interval"]?["level"]?.double == 0.9)
        #expect(answer["interval"]?["low"]?.double == expected.low)
        #expect(answer["model"]?["name"]?.text == "drift_volatility_baseline")
        #expect(answer["ignored_features"] == .array([.string("rsi")]))
        let sent = try await fixture.json(.ml, .post, "/ml/predict/price",
                                          #"{"symbol":"NONE","current_price":10,"returns":[0.01,-0.02,0.015]}"#)
        let own = try PriceForecast(logReturns: [0.01, -0.02, 0.015].map { log1p($0) }, price: 10)
        #expect(sent["prediction"]?["price"]?.double == own.medianPrice && sent["fitted_on"]?.text == "returns")
        let known = try await fixture.json(.ml, .post, "/ml/predict/price", """
            {"symbol":"NONE","current_price":10,"features":{"volatility":0.3}}
            """)
        #expect(known["confidence"]?.double == 0.5 && known["fitted_on"]?.text == "features")
        // Half of a stated drift is believed, of whatever a year has in bars.
        for periods in [0.5, 252, 1e6] {
            let stated = try await fixture.json(.ml, .post, "/ml/predict/price", """
                {"symbol":"NONE","current_price":10,"horizon":\(periods),"periods_per_year":\(periods),\
                "features":{"volatility":0.3,"drift":0.1}}
                """)
            #expect(abs((stated["prediction"]?["return"]?.double ?? 0) - expm1(0.05)) < 1e-12, "\(periods)")
        }
        await fixture.stop()
    }

    @Test @LoopActor func withoutDataItSaysWhatToSend() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let price = try await fixture.json(.ml, .post, "/ml/predict/price", #"{"symbol":"NONE","current_price":150}"#,
                                           status: 422)
        #expect(price.pointers == ["/returns"] && price["detail"]?.text?.contains("send returns or features") == true)
        let volatility = try await fixture.json(.ml, .post, "/ml/predict/volatility", #"{"symbol":"NONE"}"#,
            status: 422)
        #expect(volatility.messages.contains { $0.contains("send returns") })
        let bad = try await fixture.json(.ml, .post, "/ml/predict/price", """
            {"symbol":"A B","current_price":-1,"horizon":"soon","returns":[0.1,-2],"features":{"volatility":"x"}}
            """, status: 422)
        #expect(Set(bad.pointers) == ["/symbol", "/current_price", "/horizon", "/returns/1", "/features/volatility"])
        // Their variance would be no number.
        for what in ["volatility", "price"] {
            let large = try await fixture.json(
                .ml, .post, "/ml/predict/\(what)", #"{"symbol":"KO","current_price":1,"returns":[0.1,1e300]}"#,
                status: 422)
            #expect(large.pointers.contains("/returns/1"))
        }
        let wild = #"{"symbol":"KO","current_price":1,"features":{"volatility":-1}}"#
        #expect(try await fixture.json(.ml, .post, "/ml/predict/price", wild, status: 422).pointers
                == ["/features/volatility"])
        let regime = try await fixture.ask(.ml, .post, "/ml/predict/regime", "{}")
        #expect(regime.status == 501)
        await fixture.stop()
    }

    @Test @LoopActor func fitsAreRegisteredByTheirData() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let none = try await fixture.json(.ml, .get, "/ml/models")
        #expect(none["items"] == .array([]))
        let bars = BarColumns.walk(200)
        try await fixture.store(bars.prefix(150), "GOOG")
        try await fixture.store(.walk(100, seed: 9), "KO")
        await fixture.settle()
        let models = try await fixture.json(.ml, .get, "/ml/models")
        #expect(models["items"]?.elements.map { $0["name"]?.text } == ["drift_volatility_baseline", "ewma_volatility"])
        let page = try await fixture.json(.ml, .get, "/ml/models", query: "limit=1")
        #expect(page["items"]?.elements.count == 1 && page["next_cursor"]?.text == "1")
        let rest = try await fixture.json(.ml, .get, "/ml/models", query: "limit=1&cursor=1")
        #expect(rest["items"]?[0]?["name"]?.text == "ewma_volatility" && rest["next_cursor"] == .null)
        for cursor in ["zzz!", "-1", "9223372036854775807"] {
            _ = try await fixture.json(.ml, .get, "/ml/models", query: "cursor=\(cursor)", status: 422)
        }
        #expect(models["items"]?[0]?["instruments"]?.int == 2 && models["items"]?[0]?["version"]?.text == "1")
        let brier = try #require(models["items"]?[0]?["metrics"]?["brier_score"]?.double)
        #expect(brier > 0.2 && brier < 0.3)
        // The same data are the same version; more data make another.
        _ = try await fixture.json(.ml, .post, "/ml/predict/volatility", #"{"symbol":"GOOG"}"#)
        try await fixture.store(bars, "GOOG")
        await fixture.settle()
        let versions = try await fixture.json(.ml, .get, "/ml/models/ewma_volatility", query: "limit=2")
        #expect(versions["items"]?.elements.count == 2 && versions["next_cursor"]?.text == "2")
        let all = try await fixture.json(.ml, .get, "/ml/models/ewma_volatility")
        let own = all["items"]?.elements.filter { $0["symbol"]?.text == "GOOG" } ?? []
        #expect(Set(own.compactMap { $0["version"]?.text }) == ["1", "2"])
        #expect(Set(own.compactMap { $0["lineage"]?["data_hash"]?.text }).count == 2)
        _ = try await fixture.json(.ml, .get, "/ml/models/none", status: 404)
        // Another life knows them, and fits nothing new on the same bars.
        let engine = try #require(fixture.hosts[.ml]?.engine)
        try await engine.start()
        let again = try await fixture.json(.ml, .post, "/ml/predict/volatility", #"{"symbol":"GOOG"}"#)
        #expect(again["model"]?["version"]?.text == "2")
        await fixture.stop()
    }

    @Test @LoopActor func everyBarCloseIsForecast() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        try fixture.listen([Topics.prediction])
        let bars = BarColumns.walk(40)
        for row in 0..<30 { try await fixture.publish(bars.bar(row, "GOOG", replay: "r")) }
        await fixture.until("all but two came") { fixture.published.count == 28 }
        let last = try JSONTree(#require(fixture.published.last).data)
        let returns = zip(bars.close[1..<30], bars.close[..<29]).map { log($0 / $1) }
        let expected = try VolatilityForecast(returns: returns).annualizedVolatility
        let got = try #require(last["annualized_volatility"]?.double)
        #expect(abs(got - expected) < 1e-14 && last["kind"]?.text == "volatility" && last["replay"]?.text == "r")
        // A live bar goes on from the stored ones.
        try await fixture.write(bars, "GOOG")
        try await fixture.publish(bars.bar(39, "GOOG"))
        await fixture.until("the live one came") { fixture.published.count == 29 }
        let live = try JSONTree(fixture.published[28].data)
        let whole = try VolatilityForecast(returns: zip(bars.close.dropFirst(), bars.close).map { log($0 / $1) })
        #expect(abs((live["annualized_volatility"]?.double ?? 0) - whole.annualizedVolatility) < 1e-14)
        #expect(live["replay"] == nil)
        await fixture.stop()
    }

    /// Bars that come while older ones are fitted are read by the next prediction.
    @Test @LoopActor func aFitOfWhatHasChangedIsNotKept() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let bars = BarColumns.walk(2000), context = try #require(fixture.hosts[.ml]).context
        try await fixture.write(bars.prefix(1999), "KO")
        let trainer = ModelTrainer(context), subject = Subject(symbol: try #require(Symbol("KO")), timeframe: .day1)
        var isDone = false
        spawn {
            _ = try? await trainer.fit(subject)
            isDone = true
        }
        // At every moment of the fit bars may change.
        while !isDone {
            await Task.yield()
            if !isDone { trainer.invalidate(subject) }
        }
        try await fixture.write(bars.suffix(1), "KO")
        let data = try #require(try await trainer.fit(subject))
        #expect(data.closes.last == bars.close.last)
        await fixture.stop()
    }

    @Test @LoopActor func aYearsVolatilityHasItsBounds() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        for (features, pointer) in [("\"volatility\":1e200", "volatility"), ("\"volatility\":-0.1", "volatility"),
                                    ("\"volatility\":0.2,\"drift\":1e9", "drift")] {
            let refused = try await fixture.json(.ml, .post, "/ml/predict/price", """
                {"symbol":"NONE","current_price":10,"features":{\(features)}}
                """, status: 422)
            #expect(refused.pointers == ["/features/\(pointer)"])
        }
        await fixture.stop()
    }

    /// One that is started in the middle of a replay goes on from the bars that were sent before.
    @Test @LoopActor func aReplayIsGoneOnWithAfterARestart() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        try fixture.listen([Topics.prediction])
        let bars = BarColumns.walk(40)
        try await fixture.store(bars, "GOOG")
        let run = try await fixture.json(.marketdata, .post, "/market-data/replay", """
            {"symbol":"GOOG","speed":0,"to":"\(Timestamp(nanoseconds: bars.times[29]).iso8601)"}
            """)
        let id = try #require(run["id"]?.text)
        try await fixture.until("the replay is over") {
            try await fixture.json(.marketdata, .get, "/market-data/replay/\(id)")["state"]?.text == "finished"
        }
        await fixture.settle()
        let count = fixture.published.count, context = try #require(fixture.hosts[.ml]).context
        let bar = bars.bar(30, "GOOG", replay: id)
        let message = context.message(Topics.bar, "GOOG", time: bar.closeTime, bar)
        let engine = LearningEngine(context)
        try await engine.subscriptions[0].handler([message])
        await fixture.settle()
        #expect(fixture.published.count == count + 1)
        let got = try JSONTree(#require(fixture.published.last).data)["annualized_volatility"]?.double
        let returns = zip(bars.close[1...30], bars.close[..<30]).map { log($0 / $1) }
        #expect(abs((got ?? 0) - (try VolatilityForecast(returns: returns).annualizedVolatility)) < 1e-14)
        await fixture.stop()
    }
}
