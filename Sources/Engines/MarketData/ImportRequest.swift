import HTTP
import Market
import Wire

/// Bars to store, as columns.
struct ImportBody: RequestBody {
    let symbol: Symbol?
    let timeframe: Timeframe?
    let file: BarFile?

    static func read(_ fields: FieldReader) -> ImportBody {
        let symbol = fields.optionalSymbol("symbol", "The instrument; may be in the query instead.")
        let timeframe = fields.optionalChoice("timeframe", "The length of a bar; may be in the query instead.",
            Timeframe.self)
        let bars = fields.object("bars", "Columns of equal length.", BarColumnsBody.self)
        return ImportBody(symbol: symbol, timeframe: timeframe, file: bars?.file)
    }
}

/// Columnar bars of a body: `ts` strictly rising; a price may be null where the source had none.
struct BarColumnsBody: RequestBody {
    let file: BarFile?

    static func read(_ fields: FieldReader) -> BarColumnsBody {
        let times = fields.times("ts", "Bar times.")
        let values = BarFile.columns.map { name in
            fields.numbers(name, "The bars' \(name).", required: name == "close", nulls: true)
        }
        for (name, column) in zip(BarFile.columns, values) {
            if let column { fields.requireAsLong(column, as: "ts", at: name) }
        }
        for (index, pair) in zip(times, times.dropFirst()).enumerated() where pair.0 >= pair.1 {
            fields.refuse(at: ["ts", "\(index + 1)"], "must be after the time before it")
        }
        var unused: [String] = []
        for name in fields.memberNames where name != "ts" && !BarFile.columns.contains(name) {
            fields.passOver(name)
            unused.append(name)
        }
        let usable = values.allSatisfy { $0 == nil || $0?.count == times.count }
        var file = usable ? BarFile.columns(times: times, values: values) : nil
        file?.unused = unused
        return BarColumnsBody(file: file)
    }
}

/// Where an import goes and how strict it is.
struct ImportQuery: RequestParameters {
    let symbol: Symbol?
    let timeframe: Timeframe?
    let isStrict: Bool

    static func read(_ parameters: ParameterReader) -> ImportQuery {
        ImportQuery(
            symbol: parameters.optionalSymbol("symbol", "The instrument; for CSV it must be here."),
            timeframe: parameters.choice("timeframe", "The length of a bar, 1d unless said.", Timeframe.self),
            isStrict: parameters.bool("strict", "Refuse the whole file for one bad row.", default: false))
    }
}
