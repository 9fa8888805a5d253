import HTTP
import Market
import Quant
import Wire

/// Features of one instrument: columns as long as the bars.
struct FeatureTable: ResponseBody {
    let symbol: Symbol?
    /// Of stored bars.
    let timeframe: Timeframe?
    let times: [Int64]
    let columns: [FeatureColumn]
    /// Whether each value is told with what it rests on.
    var hasFlags = false

    /// Computes them; a column that two features give is there once.
    static func compute(_ features: [Feature], _ bars: Bars, symbol: Symbol?, timeframe: Timeframe?) -> FeatureTable {
        FeatureTable(symbol: symbol, timeframe: timeframe, times: bars.ts, columns: FeatureSet(features).evaluate(bars))
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        if let symbol { json.string(symbol.text) } else { json.null() }
        if let timeframe {
            json.key("timeframe")
            json.string(timeframe.rawValue)
        }
        json.key("ts")
        json.beginArray()
        for time in times { json.time(Timestamp(nanoseconds: time)) }
        json.endArray()
        json.key("columns")
        json.beginObject()
        for column in columns {
            json.key(column.name)
            json.doubles(column.values)
        }
        json.endObject()
        json.key("look_back")
        json.beginObject()
        for column in columns {
            json.key(column.name)
            json.int(column.lookBack)
        }
        json.endObject()
        if hasFlags { writeFlags(to: &json) }
        let allNull = times.isEmpty ? [] : columns.filter { $0.lookBack >= times.count }
        if !allNull.isEmpty {
            json.key("warnings")
            json.beginArray()
            for column in allNull {
                json.string("\(column.name) is null throughout: it needs more than \(column.lookBack) bars")
            }
            json.endArray()
        }
        json.endObject()
    }

    private func writeFlags(to json: inout JSONWriter) {
        json.key("flags")
        json.beginObject()
        for column in columns {
            json.key(column.name)
            json.beginArray()
            for row in times.indices {
                json.string(ValueState(bars: row + 1, lookBack: column.lookBack, stability: column.stability).rawValue)
            }
            json.endArray()
        }
        json.endObject()
    }

    var table: Table? { Table(times: times, columns: columns.map { (name: $0.name, values: $0.values) }) }
}

/// Features of many instruments, and the symbols nothing is stored of.
struct FeatureTables: ResponseBody {
    let items: [FeatureTable], missing: [Symbol]

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("items")
        json.beginArray()
        for item in items { item.write(to: &json) }
        json.endArray()
        json.key("missing")
        json.beginArray()
        for symbol in missing { json.string(symbol.text) }
        json.endArray()
        json.endObject()
    }
}

/// A page of the function catalogue.
struct CatalogPage: ResponseBody {
    let items: [FunctionDefinition], next: String?

    /// Functions by name, after the cursor's.
    static func make(_ query: CatalogQuery) -> CatalogPage {
        let text = query.text?.lowercased()
        let found = FunctionCatalog.all.filter { function in
            if let category = query.category, function.category != category { return false }
            guard let text else { return true }
            return function.name.contains(text) || function.reference.lowercased().contains(text)
        }
        let rest = query.page.cursor.map { cursor in found.drop { $0.name <= cursor } } ?? found[...]
        let items = rest.prefix(query.page.limit)
        return CatalogPage(items: Array(items), next: items.count < rest.count ? items.last?.name : nil)
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("items")
        json.beginArray()
        for item in items { Self.write(item, &json) }
        json.endArray()
        json.key("next_cursor")
        if let next { json.string(next) } else { json.null() }
        json.endObject()
    }

    private static func write(_ function: FunctionDefinition, _ json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [
            ("name", function.name), ("category", function.category), ("reference", function.reference),
            ("stability", function.stability().rawValue),
        ] {
            json.key(name)
            json.string(text)
        }
        for (name, list) in [("inputs", function.inputs), ("outputs", function.outputs)] {
            json.key(name)
            json.beginArray()
            for text in list { json.string(text) }
            json.endArray()
        }
        json.key("parameters")
        json.beginArray()
        for parameter in function.parameters {
            json.beginObject()
            json.key("name")
            json.string(parameter.name)
            json.key("default")
            if let value = parameter.defaultValue { json.double(value) } else { json.null() }
            json.key("min")
            json.double(parameter.min)
            json.key("max")
            json.double(parameter.max)
            json.endObject()
        }
        json.endArray()
        json.key("look_back")
        json.int(function.lookBack())
        json.endObject()
    }
}
