import EngineKit
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
    /// Members of `columns` in pieces, where they are written already.
    private var pieces: [[UInt8]] = []
    /// The whole answer, where it is written already.
    private(set) var written: [UInt8]?

    init(symbol: Symbol?, timeframe: Timeframe?, times: [Int64], columns: [FeatureColumn]) {
        self.symbol = symbol
        self.timeframe = timeframe
        self.times = times
        self.columns = columns
    }

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
        if pieces.isEmpty { writeColumns(columns.indices, to: &json) }
        for piece in pieces { json.raw(piece.dropFirst().dropLast()) }
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

    private func writeColumns(_ range: Range<Int>, to json: inout JSONWriter) {
        for column in columns[range] {
            json.key(column.name)
            json.doubles(column.values)
        }
    }

    /// Numbers from which on it is worth while to write them off the loop.
    private static let largeCount = 10_000
    private static let bytesPerValue = 20

    /// The same with its JSON written, off the loop and the columns shared among the processors; as it is where there
    /// are few numbers.
    func rendered(threads: Int) async -> FeatureTable {
        guard columns.count * times.count >= Self.largeCount else { return self }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { await render(threads) }
    }

    @concurrent private func render(_ threads: Int) async -> FeatureTable {
        let size = max(1, (columns.count + threads - 1) / threads)
        let ranges = stride(from: 0, to: columns.count, by: size).map { $0..<min(columns.count, $0 + size) }
        var table = self
        table.pieces = await withTaskGroup(of: (Int, [UInt8]).self) { group in
            for (index, range) in ranges.enumerated() {
                group.addTask(executorPreference: globalConcurrentExecutor) {
                    var json = JSONWriter(capacity: range.count * times.count * Self.bytesPerValue)
                    json.beginObject()
                    writeColumns(range, to: &json)
                    json.endObject()
                    return (index, json.bytes)
                }
            }
            var pieces = [[UInt8]](repeating: [], count: ranges.count)
            for await (index, piece) in group { pieces[index] = piece }
            return pieces
        }
        var json = JSONWriter(
            capacity: table.pieces.reduce(0) { $0 + $1.count } + (times.count + columns.count * 2) * 40)
        table.write(to: &json)
        table.written = json.bytes
        table.pieces = []
        return table
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
        json.page(items, next: next) { Self.write($1, &$0) }
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
        json.key("formula")
        if let formula = function.formula { json.string(formula) } else { json.null() }
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
