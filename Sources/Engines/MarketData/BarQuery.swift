import EngineKit
import HTTP
import Market
import Store
import Wire

/// Which stored bars are asked for.
struct BarQuery: RequestParameters {
    let symbol: Symbol
    let timeframe: Timeframe
    let from: Timestamp?
    let to: Timestamp?
    /// Only the newest so many.
    let last: Int?
    let limit: Int?

    static func read(_ parameters: ParameterReader) -> BarQuery {
        let last = parameters.int("last", "Only the newest so many; 0 is all.", 0...10_000_000, default: 0)
        let limit = parameters.int("limit", "At most so many, from the oldest; 0 is all.", 0...10_000_000, default: 0)
        parameters.require(last == 0 || limit == 0, "limit", "must not be there beside last")
        _ = parameters.optionalText("asset_class", "Taken for compatibility; stored bars are found by symbol.")
        _ = parameters.optionalText("exchange", "Taken for compatibility; stored bars are found by symbol.")
        _ = parameters.optionalText("currency", "Taken for compatibility; stored bars are found by symbol.")
        let query = BarQuery(
            symbol: parameters.symbol("symbol", "The instrument."),
            timeframe: parameters.choice("timeframe", "The length of a bar.", Timeframe.self, default: .day1) ?? .day1,
            from: parameters.optionalTime("from", "The first time wanted."),
            to: parameters.optionalTime("to", "The last time wanted, included."), last: last == 0 ? nil : last,
            limit: limit == 0 ? nil : limit)
        if let from = query.from, let to = query.to { parameters.require(from <= to, "to", "must not be before from") }
        return query
    }

    var key: SeriesKey { MarketDataEngine.key(symbol, timeframe) }

    var range: SeriesRange {
        if let last { return SeriesRange(from: from, to: to, limit: last, keep: .newest) }
        return SeriesRange(from: from, to: to, limit: limit)
    }
}

/// Stored bars as an answer: columns, or rows by `Accept`.
struct BarsAnswer: ResponseBody {
    let symbol: Symbol, timeframe: Timeframe, version: Int, bars: SeriesColumns

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        json.string(symbol.text)
        json.key("timeframe")
        json.string(timeframe.rawValue)
        json.key("source")
        json.string("store")
        json.key("version")
        json.int(version)
        json.key("rows")
        json.int(bars.count)
        json.key("ts")
        json.beginArray()
        for time in bars.ts { json.time(Timestamp(nanoseconds: time)) }
        json.endArray()
        for (name, values) in zip(bars.names, bars.values) {
            json.key(name)
            json.doubles(values)
        }
        json.endObject()
    }

    var table: Table? { Table(times: bars.ts, columns: Array(zip(bars.names, bars.values).map { (name: $0, values: $1) })) }
}
