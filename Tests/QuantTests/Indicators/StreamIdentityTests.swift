import Quant
import Testing

@Suite struct StreamIdentityTests {
    /// Calls of every function of the catalogue that one instrument can stream, with short and long windows.
    static let texts: [String] = {
        var texts: [String] = []
        for function in FunctionCatalog.all where function.isStreamed {
            let name = function.name
            let series = ["close", "volume", "open"].prefix(function.seriesCount)
            guard name != "where", name != "ts_count" else { continue }
            let needed = function.parameters.filter { $0.defaultValue == nil }
            for window in [2, 5, 17] {
                let values = needed.map { $0.kind == .window ? "\(window)" : "0.3" }
                texts.append("\(name)(\((series + values).joined(separator: ",")))")
                if name.hasPrefix("ts_"), window > 2 {
                    texts.append("\(name)(\((series + values).joined(separator: ",")),min_periods=2)")
                }
                if let first = function.parameters.first, first.kind == .integer {
                    texts.append("\(name)(\((series + ["\(window)"]).joined(separator: ",")))")
                }
            }
        }
        return texts + [
            "where(close > open, ts_rank(close,5), -1)", "ts_count(close > open,7)", "adv(5)", "vwap", "returns",
            "sma(close,10) > sma(close,30)", "not (rsi(close) > 70 or close < ema(close,20)) and volume > 0",
            "macd(close,5,11,4).hist / atr(5) ^ 2", "bbands(close,9,2,2,1)", "stoch(4,3,1,3,2)", "-close^2",
            "min(close,open,vwap)", "delay(close > open,3)", "ts_corr(returns,delta(volume,1),6)",
        ]
    }()

    @Test(arguments: [(0.0, 0.0), (0.03, 0.0), (0.0, 0.5), (0.05, 0.3)])
    func streamAndBatchHaveTheSameBits(nulls: Double, flat: Double) throws {
        let bars = try SyntheticBars.walk(seed: 7, count: 160, nulls: nulls, flat: flat)
        for text in Self.texts {
            let feature = try Feature.parse(text)
            let columns = feature.evaluate(bars)
            var stream = try FeatureStream(feature)
            for row in 0..<bars.count {
                let values = stream.update(BarValues(bars, row: row))
                for (index, column) in columns.enumerated() where !sameBits(values[index], column.values[row]) {
                    Issue.record("\(text) at \(row): stream \(values[index]) batch \(column.values[row])")
                    return
                }
            }
        }
    }

    /// Over more rows than a block of the batch form has, with nulls, and all texts in one stream.
    @Test func blocksAndSharedStreamsHaveTheSameBits() throws {
        let bars = try SyntheticBars.walk(seed: 23, count: 2100, nulls: 0.002)
        let features = try Self.texts.map { try Feature.parse($0) }
        var stream = try FeatureSetStream(features)
        let rows = (0..<bars.count).map { row in
            stream.push(BarValues(bars, row: row))
            return stream.values
        }
        var place = 0
        for feature in features {
            for column in feature.evaluate(bars) {
                let wrong = rows.indices.first { !sameBits(rows[$0][place], column.values[$0]) }
                #expect(wrong == nil, "\(column.name)")
                #expect(stream.columnNames[place] == column.name)
                place += 1
            }
        }
        #expect(place == stream.columnNames.count)
    }

    @Test func lookBackCountsTheNulls() throws {
        let bars = try SyntheticBars.walk(seed: 11, count: 160)
        for text in Self.texts where !text.hasPrefix("sign_power") {
            for column in try Feature.parse(text).evaluate(bars) {
                let nulls = column.values.prefix { $0.isNaN }.count
                let settlesEarly = text.contains(" and ") || text.contains("where")
                #expect(settlesEarly ? nulls >= column.lookBack : nulls == column.lookBack, "\(text)")
            }
        }
    }

    @Test func aPrefixGivesAPrefix() throws {
        let long = try SyntheticBars.walk(seed: 3, count: 140)
        let short = try SyntheticBars.walk(seed: 3, count: 90)
        #expect(short.close == Array(long.close.prefix(90)))
        for text in Self.texts {
            let feature = try Feature.parse(text)
            for (a, b) in zip(feature.evaluate(long), feature.evaluate(short)) {
                let same = zip(a.values, b.values).allSatisfy { sameBits($0, $1) }
                #expect(same, "\(text) reads the future")
            }
        }
    }
}
