import Quant
import Testing

@Suite struct IndicatorOracleTests {
    private static func bars(_ fixture: Fixture) throws -> Bars {
        let columns = try fixture.columns("bars")
        let close = try #require(columns["close"])
        return try Bars(
            ts: close.indices.map(Int64.init), open: columns["open"] ?? [], high: columns["high"] ?? [],
            low: columns["low"] ?? [], close: close, volume: columns["volume"] ?? [])
    }

    @Test func valuesEqualTALib() throws {
        let fixture = try Fixture("indicators")
        let bars = try Self.bars(fixture)
        for (text, expected) in try fixture.columns("columns") {
            let column = try #require(try Feature.parse(text).evaluate(bars).first)
            let difference = firstDifference(column.values, expected)
            #expect(difference == nil, "\(text): \(String(describing: difference))")
            #expect(column.lookBack == expected.prefix { $0.isNaN }.count, "\(text)")
            #expect(column.name == text)
        }
    }

    @Test func flatSeriesAreQuiet() throws {
        let flat = [Double](repeating: 100.1, count: 60)
        let bars = try Bars(
            ts: (0..<60).map(Int64.init), open: flat, high: flat, low: flat, close: flat, volume: flat)
        let texts = [
            "rsi(close)", "cci(14)", "willr(14)", "mfi(14)", "adx(14)", "stddev(close,20)", "macd(close).hist",
            "stoch().slowd", "roc(close)", "mom(close)",
        ]
        for text in texts {
            let column = try Feature.parse(text).evaluate(bars)[0]
            #expect(column.values.dropFirst(column.lookBack).allSatisfy { $0 == 0 }, "\(text)")
        }
        let bands = try Feature.parse("bbands(close,20)").evaluate(bars)
        #expect(bands.allSatisfy { $0.values[59] == 100.1 })
        #expect(bands.map(\.name) == ["bbands(close,20).upper", "bbands(close,20).middle", "bbands(close,20).lower"])
    }

    @Test func aHugeValueLeavesNoTrace() throws {
        var close = (0..<200).map { 1 + Double($0 % 7) / 10 }
        let quiet = try Bars(ts: (0..<200).map(Int64.init), close: close)
        close[50] = 1e17
        let loud = try Bars(ts: (0..<200).map(Int64.init), close: close)
        for text in [
            "sma(close,20)", "wma(close,20)", "stddev(close,20)", "bbands(close,20).upper", "linearreg(close,20)",
            "ts_corr(close,close*close,20)", "ts_zscore(close,20)",
        ] {
            let a = try Feature.parse(text).evaluate(quiet)[0].values
            let b = try Feature.parse(text).evaluate(loud)[0].values
            #expect(firstDifference(Array(b[75...]), Array(a[75...])) == nil, "\(text)")
        }
    }
}
