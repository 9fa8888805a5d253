import EngineKit
import HTTP
import Market
import Quant
import Wire

/// Which features over which bars.
struct CalculateBody: RequestBody {
    let features: [Feature], symbol: Symbol?, timeframe: Timeframe, from: Timestamp?, to: Timestamp?
    /// Bars sent along; else those stored.
    let bars: Bars?
    /// Whether the answer tells of each value what it rests on.
    let hasFlags: Bool

    static func read(_ fields: FieldReader) -> CalculateBody {
        let symbol = fields.optionalSymbol("symbol",
            "The instrument whose stored bars are meant; a label beside `bars`.")
        let inline = fields.optionalObject("bars", "Columns of equal length, instead of stored bars.", InlineBars.self)
        fields.require(symbol != nil || fields.has("bars") || fields.isDescribing, "bars",
            "bars or symbol must be there")
        let range = StoredRange.read(fields)
        fields.require(!fields.has("bars") || (range.from == nil && range.to == nil), "from",
                       "a range is of stored bars; bars were sent")
        return CalculateBody(features: FeatureList.read(fields), symbol: symbol, timeframe: range.timeframe,
                             from: range.from, to: range.to, bars: inline?.bars,
                             hasFlags: FlagsField.read(fields))
    }
}

/// The same features of many symbols.
struct BatchBody: RequestBody {
    /// Most symbols of one request.
    static let symbolLimit = 200
    let symbols: [Symbol], features: [Feature], timeframe: Timeframe, from: Timestamp?, to: Timestamp?
    /// Whether the answer tells of each value what it rests on.
    let hasFlags: Bool

    static func read(_ fields: FieldReader) -> BatchBody {
        let symbols = fields.symbols("symbols", "Instruments with stored bars, at most \(symbolLimit).")
        fields.require((1...symbolLimit).contains(symbols.count) || fields.isDescribing, "symbols",
                       "must name 1 to \(symbolLimit) symbols")
        for (index, symbol) in symbols.prefix(symbolLimit).enumerated() where symbols.firstIndex(of: symbol) != index {
            fields.refuse(at: ["symbols", "\(index)"], "appears twice")
        }
        let range = StoredRange.read(fields)
        return BatchBody(symbols: symbols, features: FeatureList.read(fields), timeframe: range.timeframe,
                         from: range.from, to: range.to, hasFlags: FlagsField.read(fields))
    }
}

/// The member `flags`: whether an answer in JSON tells of each value what it rests on.
enum FlagsField {
    static func read(_ fields: FieldReader) -> Bool {
        fields.bool("flags", "Tells of each value whether it is warm-up or stable.", default: false)
    }
}

/// A range of stored bars; both ends included.
struct StoredRange {
    let timeframe: Timeframe, from: Timestamp?, to: Timestamp?

    static func read(_ fields: FieldReader) -> StoredRange {
        let range = StoredRange(
            timeframe: fields.optionalChoice("timeframe", "The length of a bar; 1d unless said.", Timeframe.self)
                ?? .day1,
            from: fields.optionalTime("from", "The first bar."), to: fields.optionalTime("to", "The last bar."))
        if let from = range.from, let to = range.to { fields.require(from <= to, "to", "must not be before from") }
        return range
    }
}

/// The member `features`, parsed; each one that is wrong is reported with where and why.
enum FeatureList {
    /// Most features of one request.
    static let limit = 500

    static func read(_ fields: FieldReader) -> [Feature] {
        fields.require(!fields.isEmptyArray("features"), "features", "must name at least one feature")
        return fields.strings(
            "features", "Features such as sma(close,20), macd(close,12,26,9).signal or any expression.", limit: limit
        ) { text, refuse -> Feature? in
            do throws(QuantError) {
                let feature = try Feature.parse(text)
                guard let grouping = feature.groupings.map(\.rawValue).min() else { return feature }
                refuse("neutralises by \(grouping), and bars of one instrument have no groups; POST /factors/calculate "
                    + "takes them as `groups`")
                return nil
            } catch {
                refuse(error.explanation)
                return nil
            }
        }
    }
}

/// An instrument in the path, and the length of its bars.
struct LatestQuery: RequestParameters {
    let symbol: Symbol, timeframe: Timeframe, hasFlags: Bool

    static func read(_ parameters: ParameterReader) -> LatestQuery {
        LatestQuery(
            symbol: parameters.pathSymbol("symbol", "The instrument."),
            timeframe: parameters.choice("timeframe", "The length of a bar.", Timeframe.self, default: .day1) ?? .day1,
            hasFlags: parameters.bool("flags", "Tells of each value whether it is warm-up or stable.", default: false))
    }
}

/// Which functions are listed.
struct CatalogQuery: RequestParameters {
    let text: String?, category: String?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> CatalogQuery {
        CatalogQuery(
            text: parameters.optionalText("q", "Only names and references with this in them."),
            category: parameters.optionalText("category", "Only this category, such as momentum."),
            page: PageParameters.read(parameters))
    }
}
