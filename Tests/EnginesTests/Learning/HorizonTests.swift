import EngineKit
import Glibc
import HTTP
@testable import Learning
import Market
import Quant
import Runtime
import Store
import Testing

/// What horizons and years are in bars, and fits of releases that had it otherwise.
@Suite struct HorizonTests {
    init() { EventLoop.runInBackground() }

    @Test func textsAreReadInOneWay() {
        for (text, bars) in [
            ("1d", 7), ("2w", 70), ("1mo", 147), ("1MO", 147), ("1y", 1764), ("3H", 3), ("90m", 1.5), ("2.5", 2.5),
            ("7", 7),
        ] as [(String, Double)] {
            #expect(Horizon(text)?.periods(.hour1, barsPerDay: 7) == bars, "\(text)")
        }
        #expect(Horizon("4h")?.periods(.day1, barsPerDay: 1) == 4.0 / 24)
        for text in [
            "1M", "30M", "0x5", "0x5d", "1e1d", "1e3", "+1d", "-1d", "inf", "nan", "", "d", "1..5d", "0d", "11y",
        ] {
            #expect(Horizon(text) == nil, "\(text)")
        }
    }

    /// Bars from one hour of a day to another, on so many days but weekends.
    private static func session(_ count: Int, hours: Range<Int>, seed: UInt64 = 1) -> BarColumns {
        var bars = BarColumns.walk(count, seed: seed), times: [Int64] = [], day = 18_267
        while times.count < count {
            if day % 7 != 2 && day % 7 != 3 {
                times += hours.map { (Int64(day) * 24 + Int64($0)) * 3_600_000_000_000 }
            }
            day += 1
        }
        bars.times = Array(times.prefix(count))
        return bars
    }

    @Test func aDayHasTheBarsThatItHas() {
        let times = Self.session(70, hours: 14..<21).times
        #expect(TradingDays(times).bars(.hour1) == 7 && TradingDays(times).bars(.day1) == 1)
        // Parts of days at both ends and a shorter day between do not count; too few days tell nothing.
        var holed = Array(times[3..<66])
        holed.removeSubrange(20..<23)
        #expect(TradingDays(holed).bars(.hour1) == 7)
        #expect(TradingDays(Array(times.prefix(42))).bars(.hour1) == 24)
        var stream = TradingDays()
        for (index, time) in times.enumerated() {
            stream.push(time)
            #expect(stream == TradingDays(Array(times[...index])))
        }
        #expect(TradingDays([-86_400_000_000_001, -1, 0]).bars(.minute1) == 1440)
    }

    @Test @LoopActor func intradayBarsOfASessionHaveAYearOfTheirOwn() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        let bars = Self.session(350, hours: 14..<21)
        try await fixture.store(bars, "KO", timeframe: "1h")
        let returns = zip(bars.close.dropFirst(), bars.close).map { log($0 / $1) }
        let answer = try await fixture.json(.ml, .post, "/ml/predict/volatility",
                                            #"{"symbol":"KO","timeframe":"1h","horizon":"2d"}"#)
        let expected = try VolatilityForecast(returns: returns, horizon: 14, periodsPerYear: 1764)
        #expect(answer["annualized_volatility"]?.double == expected.annualizedVolatility)
        #expect(answer["horizon_volatility"]?.double == expected.horizonVolatility)
        #expect(answer["bars_per_day"]?.double == 7 && answer["periods_per_year"]?.double == 1764)
        let price = try await fixture.json(.ml, .post, "/ml/predict/price",
                                           #"{"symbol":"KO","timeframe":"1h","horizon":"1y"}"#)
        let wanted = try PriceForecast(logReturns: returns, price: bars.close[349], horizon: 1764, periodsPerYear: 1764)
        #expect(price["confidence"]?.double == wanted.confidence && price["horizon_periods"]?.double == 1764)
        #expect(price["bars_per_day"]?.double == 7)
        let model = try await fixture.json(.ml, .get, "/ml/models/ewma_volatility")
        #expect(model["items"]?[0]?["parameters"]?["periods_per_year"]?.double == 1764)
        // Returns alone have no times.
        let sent = try await fixture.json(.ml, .post, "/ml/predict/volatility",
                                          #"{"returns":[0.01,-0.02,0.015],"timeframe":"1h"}"#)
        #expect(sent["bars_per_day"]?.double == 24 && sent["periods_per_year"]?.double == 6048)
        await fixture.stop()
    }

    /// What another release made of the same data becomes a version of its own.
    @Test @LoopActor func olderFitsAreMadeAnew() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        try await fixture.store(.walk(100), "KO")
        await fixture.settle()
        let host = try #require(fixture.hosts[.ml]), engine = try #require(host.engine as? LearningEngine)
        let older = #"{"mean_log_return":0.0001,"volatility":0.01,"lambda":0.94,"periods_per_year":252}"#
        try await host.context.commit([Statement(
            "UPDATE model_version SET parameters = $1 WHERE name = 'drift_volatility_baseline'",
            [.blob(Array(older.utf8))])])
        engine.trainer.stop()
        try await engine.trainer.load()
        engine.trainer.invalidate(Subject(symbol: try #require(Symbol("KO")), timeframe: .day1))
        let price = try await fixture.json(.ml, .post, "/ml/predict/price", #"{"symbol":"KO"}"#)
        #expect(price["model"]?["version"]?.text == "2")
        let volatility = try await fixture.json(.ml, .post, "/ml/predict/volatility", #"{"symbol":"KO"}"#)
        #expect(volatility["model"]?["version"]?.text == "1")
        let versions = try await fixture.json(.ml, .get, "/ml/models/drift_volatility_baseline")
        let parameters = versions["items"]?[0]?["parameters"]
        #expect(parameters?["persistence"]?.double == 0.985 && parameters?["long_run_volatility"]?.double != nil)
        #expect(parameters?["bars_per_day"]?.double == 1)
        await fixture.stop()
    }

    /// A number of bars is bounded as a text is: at most ten years.
    @Test @LoopActor func aNumberOfBarsIsBoundedByTheirLength() async throws {
        let fixture = try await EngineFixture.make([LearningEngine.self])
        for (frame, horizon, year, status) in [
            ("1d", "2520", "", 200), ("1d", "2521", "", 422), ("1d", #""3628800""#, "", 422), ("1m", "3628800", "", 200),
            ("1h", "60481", "", 422), ("1d", "2521", #","periods_per_year":365"#, 200),
            ("1d", "3651", #","periods_per_year":365"#, 422),
        ] {
            let answer = try await fixture.json(.ml, .post, "/ml/predict/volatility", """
                {"returns":[0.01,-0.02,0.015],"timeframe":"\(frame)","horizon":\(horizon)\(year)}
                """, status: status)
            #expect(answer.pointers == (status == 422 ? ["/horizon"] : []), "\(frame) \(horizon)")
        }
        await fixture.stop()
    }
}
