import EngineKit
import Market
import Quant
import Wire

/// The factors published at every bar close: those that need one instrument only. Each name is one that
/// `/factors/calculate` takes.
struct LiveFactors: BarState {
    /// Ids of the catalogue and expressions.
    static let names = [
        "close/delay(close,20)-1", "close/delay(close,252)-1", "-1*(close/delay(close,5)-1)",
        "-1*ts_stddev(returns,20)", "ts_zscore(volume,20)", "alpha101.009", "alpha101.012", "alpha101.023",
            "alpha101.041", "alpha101.053",
        "alpha101.054", "alpha101.101",
    ]

    /// Streams that have seen no bar. All names resolve, as a test shows.
    private static let blank: [(name: String, stream: ExpressionStream)] = names.compactMap { name in
        guard let factor = try? FactorName.parse(name), let stream = try? ExpressionStream(factor.expression)
        else { return nil }
        return (name, stream)
    }

    private var streams = Self.blank.map(\.stream)
    private var values = [Double](repeating: .nan, count: Self.blank.count)

    mutating func push(_ bar: BarValues, at time: Timestamp) {
        for index in streams.indices { values[index] = streams[index].update(bar) }
    }

    /// What `factor.update` carries after the bar.
    func update(_ bar: Bar) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.key("symbol")
        json.string(bar.symbol.text)
        json.key("timeframe")
        json.string(bar.timeframe.rawValue)
        json.key("ts")
        json.time(bar.time)
        if let replay = bar.replay {
            json.key("replay")
            json.string(replay)
        }
        json.key("values")
        json.beginObject()
        for (factor, value) in zip(Self.blank, values) {
            json.key(factor.name)
            json.double(value)
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
