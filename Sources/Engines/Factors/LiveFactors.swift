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

    /// When the newest bar began; nil before the first.
    private(set) var time: Timestamp?

    /// Whether it is of the same bar and has the same bits.
    func isSame(as other: LiveFactors) -> Bool {
        time == other.time && zip(values, other.values).allSatisfy { mine, its in
            mine.bitPattern == its.bitPattern || (mine.isNaN && its.isNaN)
        }
    }

    mutating func push(_ bar: BarValues, at time: Timestamp) {
        self.time = time
        for index in streams.indices { values[index] = streams[index].update(bar) }
    }

    /// What `factor.update` carries after the newest bar; a correction where stored bars changed under values that
    /// were published before.
    func update(_ key: BarStreamKey, isCorrection: Bool = false) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.object { json in
            json.field("symbol", key.symbol.text)
            json.field("timeframe", key.timeframe.rawValue)
            json.key("ts")
            if let time { json.time(time) } else { json.null() }
            if let replay = key.replay { json.field("replay", replay) }
            if isCorrection { json.field("correction", true) }
            json.object("values") { json in
                for (factor, value) in zip(Self.blank, values) { json.field(factor.name, value) }
            }
        }
        return json.bytes
    }
}
