import EngineKit
import HTTP
import Market
import Quant
import Wire

/// The features kept up to date for every instrument: each is a name that `/features/calculate` takes, and over the
/// same bars it gives the same bits.
struct FeatureVector: BarState {
    /// What is computed; functions with several outputs give one name an output.
    static let features = [
        "sma(close,20)", "sma(close,50)", "ema(close,12)", "ema(close,26)", "wma(close,20)", "vwap(20)",
        "bbands(close,20,2,2,0)", "linearreg(close,14)", "rsi(close,14)", "macd(close,12,26,9)", "stoch(5,3,0,3,0)",
        "willr(14)", "cci(20)", "mfi(14)", "adx(14)", "mom(close,10)", "roc(close,10)", "atr(14)", "natr(14)",
        "trange()", "stddev(close,20)", "obv()", "returns", "ts_stddev(returns,20)", "ts_zscore(close,20)",
    ]

    /// A stream that has seen no bar.
    private static let blank: FeatureSetStream = {
        do throws(QuantError) {
            return try FeatureSetStream(parsed)
        } catch {
            preconditionFailure("the live features cannot be streamed: \(error.explanation)")
        }
    }()
    /// All of `features` parse, as a test shows.
    private static let parsed = features.compactMap { try? Feature.parse($0) }
    /// Leading nulls and stability, by `names`.
    private static let rests = parsed.flatMap { feature in
        feature.lookBacks.map { (lookBack: $0, stability: feature.stability) }
    }

    /// The names of the values, in order.
    static let names = blank.columnNames

    private var stream = Self.blank
    /// When the newest bar began; nil before the first.
    private(set) var time: Timestamp?
    /// Bars taken.
    private var count = 0

    /// The values after the newest bar, by `names`; NaN for null.
    var values: [Double] { stream.values }

    /// Whether it is of the same bar and has the same bits.
    func isSame(as other: FeatureVector) -> Bool {
        time == other.time && zip(values, other.values).allSatisfy { mine, its in
            mine.bitPattern == its.bitPattern || (mine.isNaN && its.isNaN)
        }
    }

    mutating func push(_ values: BarValues, at time: Timestamp) {
        stream.push(values)
        self.time = time
        count += 1
    }

    /// The member `warmup`: names whose look-back is not over. There while there are any.
    func writeWarmup(to json: inout JSONWriter) {
        let names = zip(Self.names, Self.rests).filter { count <= $1.lookBack }.map(\.0)
        if !names.isEmpty { json.strings("warmup", names) }
    }

    /// The member `flags`: what each value rests on.
    func writeFlags(to json: inout JSONWriter) {
        json.key("flags")
        json.beginObject()
        for (name, rest) in zip(Self.names, Self.rests) {
            json.key(name)
            json.string(ValueState(bars: count, lookBack: rest.lookBack, stability: rest.stability).rawValue)
        }
        json.endObject()
    }

    /// The members `ts` and `values`.
    func writeMembers(to json: inout JSONWriter) {
        json.key("ts")
        if let time { json.time(time) } else { json.null() }
        json.key("values")
        json.beginObject()
        for (name, value) in zip(Self.names, values) {
            json.key(name)
            json.double(value)
        }
        json.endObject()
    }
}

/// A vector with what it is of: the answer about the newest one, and the message on every bar close.
struct FeatureUpdate: ResponseBody {
    let symbol: Symbol, timeframe: Timeframe, replay: String?, vector: FeatureVector
    /// Whether each value is told with what it rests on.
    var hasFlags = false
    /// Where stored bars changed under values that were published before.
    var correction: Correction?

    /// What was published of bars from a time on is no longer so.
    struct Correction: Sendable {
        /// The first bar that was added or restated, where it is known.
        let since: Timestamp?
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        json.string(symbol.text)
        json.key("timeframe")
        json.string(timeframe.rawValue)
        if let replay {
            json.key("replay")
            json.string(replay)
        }
        if let correction {
            json.field("correction", true)
            json.key("corrected_from")
            if let since = correction.since { json.time(since) } else { json.null() }
        }
        vector.writeMembers(to: &json)
        if hasFlags { vector.writeFlags(to: &json) } else { vector.writeWarmup(to: &json) }
        json.endObject()
    }
}
