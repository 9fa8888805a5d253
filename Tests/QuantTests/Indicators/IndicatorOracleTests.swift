import Quant
import Testing

@Suite struct IndicatorOracleTests {
    private static func bars(_ columns: [String: [Double]]) throws -> Bars {
        let close = try #require(columns["close"])
        return try Bars(
            ts: close.indices.map(Int64.init), open: columns["open"] ?? [], high: columns["high"] ?? [],
            low: columns["low"] ?? [], close: close, volume: columns["volume"] ?? [])
    }

    /// Where the reference's own values are the rounding of sums that should be 0: a strength index that does not move,
    /// looked at through a range.
    private static let roundingOnly: Set<String> = ["still stochrsi(close).fastk", "still stochrsi(close).fastd"]

    private static func expect(_ bars: Bars, _ columns: [String: [Double]], _ scene: String) throws {
        for (text, expected) in columns where !roundingOnly.contains("\(scene) \(text)") {
            let column = try #require(try Feature.parse(text).evaluate(bars).first)
            let size = expected.reduce(0) { $1.isNaN ? $0 : max($0, abs($1)) }
            let difference = firstDifference(column.values, expected, scale: max(size * 1e-3, 1e-300))
            #expect(difference == nil, "\(scene) \(text): \(String(describing: difference))")
            #expect(column.lookBack == expected.prefix { $0.isNaN }.count, "\(scene) \(text)")
            #expect(column.name == text)
        }
    }

    @Test(arguments: ["walk", "still", "gaps", "huge", "tiny"])
    func valuesEqualTALib(scene: String) throws {
        let object = try #require(try Fixture("indicators").objects("scenes")[scene])
        let bars = try #require(object["bars"] as? [String: Any]).mapValues(Fixture.numbers)
        let columns = try #require(object["columns"] as? [String: Any]).mapValues(Fixture.numbers)
        try Self.expect(Self.bars(bars), columns, scene)
    }

    @Test func valuesBeyondTALibEqualTheirDefinitions() throws {
        let fixture = try Fixture("beyond")
        try Self.expect(Self.bars(fixture.columns("bars")), fixture.columns("columns"), "beyond")
    }

    @Test func everyIndicatorHasAnOracle() throws {
        let scenes = try Fixture("indicators").objects("scenes")
        let walk = try #require(scenes["walk"]?["columns"] as? [String: Any])
        let texts = try Array(walk.keys) + Fixture("beyond").columns("columns").keys
            + Fixture("candles").objects("patterns").keys
        let names = Set(texts.map { String($0.prefix { $0 != "(" }) })
        #expect(Set(IndicatorCatalog.all.map(\.name)).subtracting(names).isEmpty)
    }

    @Test func patternsEqualTALib() throws {
        let fixture = try Fixture("candles")
        let bars = try Self.bars(fixture.columns("bars"))
        for (text, pattern) in try fixture.objects("patterns") {
            let column = try Feature.parse(text).evaluate(bars)[0]
            let lookBack = Int(Fixture.number(pattern["look_back"]))
            #expect(column.lookBack == lookBack && column.values.prefix(lookBack).allSatisfy(\.isNaN), "\(text)")
            var expected = [Double](repeating: 0, count: bars.count)
            for (row, value) in zip(Fixture.numbers(pattern["rows"] ?? []), Fixture.numbers(pattern["values"] ?? [])) {
                expected[Int(row)] = value
            }
            #expect(Array(column.values[lookBack...]) == Array(expected[lookBack...]), "\(text)")
        }
    }

    @Test func flatSeriesAreQuiet() throws {
        let flat = [Double](repeating: 100.1, count: 60)
        let bars = try Bars(
            ts: (0..<60).map(Int64.init), open: flat, high: flat, low: flat, close: flat, volume: flat)
        let texts = [
            "rsi(close)", "cci(14)", "willr(14)", "mfi(14)", "adx(14)", "stddev(close,20)", "macd(close).hist",
            "stoch().slowd", "roc(close)", "mom(close)", "cmo(close)", "stochf().fastk", "stochrsi(close).fastd",
            "correl(high,low)", "beta(high,low)", "bop()", "dx(14)", "ultosc()", "aroonosc()", "linearreg_slope(close)",
            "var(close)", "avgdev(close)", "realized_volatility(close)", "yang_zhang(20)", "vortex().plus",
        ]
        for text in texts {
            let column = try Feature.parse(text).evaluate(bars)[0]
            #expect(column.values.dropFirst(column.lookBack).allSatisfy { $0 == 0 }, "\(text)")
        }
        #expect(try Feature.parse("imi(14)").evaluate(bars)[0].values[59] == 50)
        let bands = try Feature.parse("bbands(close,20)").evaluate(bars)
        #expect(bands.allSatisfy { $0.values[59] == 100.1 })
        #expect(bands.map(\.name) == ["bbands(close,20).upper", "bbands(close,20).middle", "bbands(close,20).lower"])
    }

    @Test func aHugeValueLeavesNoTrace() throws {
        var close = (0..<200).map { 1 + Double($0 * $0 % 7) / 10 }
        let quiet = try Bars(ts: (0..<200).map(Int64.init), open: close.reversed(), high: close.map { $0 + 1 },
            low: close.map { $0 - 1 }, close: close, volume: close)
        close[50] = 1e17
        let loud = try Bars(ts: (0..<200).map(Int64.init), open: quiet.open, high: close.map { $0 + 1 },
            low: quiet.low, close: close, volume: quiet.volume)
        let exact = IndicatorCatalog.all.filter { $0.stability() == .exact && $0.seriesCount < 2 }.map { function in
            "\(function.name)(\(function.seriesCount == 1 ? "close" : ""))"
        }
        for text in exact + ["ts_corr(close,close*close,20)", "ts_zscore(close,20)"] {
            for (a, b) in zip(try Feature.parse(text).evaluate(quiet), try Feature.parse(text).evaluate(loud)) {
                let difference = firstDifference(Array(b.values[132...]), Array(a.values[132...]))
                #expect(difference == nil, "\(text): \(String(describing: difference))")
            }
        }
    }
}
