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
    private(set) var columns: [FeatureColumn] = []
    /// Whether each value is told with what it rests on.
    let hasFlags: Bool
    /// Members of `columns` in pieces, where they are written already.
    private var pieces: [[UInt8]] = []
    /// The whole answer as JSON, where it is written already.
    private(set) var written: [UInt8]?
    /// The whole answer as rows, where they are written already.
    private var rows: Table?

    /// Without a column.
    init(symbol: Symbol?, timeframe: Timeframe?, times: [Int64], hasFlags: Bool) {
        self.symbol = symbol
        self.timeframe = timeframe
        self.times = times
        self.hasFlags = hasFlags
    }

    /// The same with the columns computed over its bars; one that two features give is there once.
    func filled(_ features: [Feature], _ bars: Bars) -> FeatureTable {
        var table = self
        table.columns = FeatureSet(features).evaluate(bars)
        return table
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("symbol")
            if let symbol { json.string(symbol.text) } else { json.null() }
            if let timeframe { json.field("timeframe", timeframe.rawValue) }
            json.array("ts", times) { $0.time(Timestamp(nanoseconds: $1)) }
            json.object("columns") { json in
                if pieces.isEmpty { Self.write(columns, to: &json) }
                for piece in pieces { json.raw(piece.dropFirst().dropLast()) }
            }
            json.object("look_back") { json in for column in columns { json.field(column.name, column.lookBack) } }
            if hasFlags { writeFlags(to: &json) }
            let allNull = times.isEmpty ? [] : columns.filter { $0.lookBack >= times.count }
            if !allNull.isEmpty {
                json.strings("warnings", allNull.map {
                    "\($0.name) is null throughout: it needs more than \($0.lookBack) bars"
                })
            }
        }
    }

    private static func write(_ columns: [FeatureColumn], to json: inout JSONWriter) {
        for column in columns {
            json.key(column.name)
            json.doubles(column.values)
        }
    }

    private static let bytesPerValue = 20

    /// Numbers in it.
    var count: Int { columns.count * times.count }

    /// The same with the columns computed and the answer written, both shared among the processors; `type` is one of
    /// `Table.mediaTypes`, nil for JSON. Where there are few numbers nothing is shared or written yet.
    func made(_ features: [Feature], _ bars: Bars, as type: String?, threads: Int) async -> FeatureTable {
        guard SharedWriting.isWorthWhile(features.count * times.count) else { return filled(features, bars) }
        let parts = FeatureParts.cut(features, parts: threads)
        let unwritten = UnwrittenColumns()
        let made = await SharedWriting.parts(parts.count, threads: threads) { range in
            var columns: [FeatureColumn] = []
            for part in parts[range] {
                let own = FeatureSet(part.features).evaluate(bars)
                if type == nil { unwritten.add(own, at: part.place) }
                columns += own
            }
            return (columns: columns, texts: texts(unwritten))
        }
        var table = self
        table.columns = made.flatMap(\.columns)
        if let type, let rows = table.table {
            table.rows = rows.encoded(as: type)
        } else {
            table.pieces = made.flatMap(\.texts).sorted { $0.place < $1.place }.map(\.text)
            var json = JSONWriter(
                capacity: table.pieces.reduce(0) { $0 + $1.count } + (times.count + table.columns.count * 2) * 40)
            table.write(to: &json)
            table.written = json.bytes
            table.pieces = []
        }
        return table
    }

    /// What this thread gets to write of them, an object of one column each.
    private func texts(_ unwritten: UnwrittenColumns) -> [(place: Int, text: [UInt8])] {
        var texts: [(place: Int, text: [UInt8])] = []
        while let (place, column) = unwritten.next() {
            var json = JSONWriter(capacity: times.count * Self.bytesPerValue + 2 * column.name.utf8.count + 16)
            json.object { Self.write([column], to: &$0) }
            texts.append((place, json.bytes))
        }
        return texts
    }

    private func writeFlags(to json: inout JSONWriter) {
        json.object("flags") { json in
            for column in columns {
                json.strings(column.name, times.indices.map { row in
                    ValueState(bars: row + 1, lookBack: column.lookBack, stability: column.stability).rawValue
                })
            }
        }
    }

    var table: Table? { rows ?? Table(times: times, columns: columns.map { (name: $0.name, values: $0.values) }) }
}
