import EngineKit
import HTTP
import Market
import Quant
import Wire

/// Features of many instruments, and the symbols nothing is stored of.
struct FeatureTables: ResponseBody {
    let items: [FeatureTable], missing: [Symbol]
    /// Names of the columns, which all items share.
    let names: [String]
    /// Items in pieces, where they are written already.
    private var pieces: [[UInt8]] = []
    /// The whole answer as JSON, where it is written already.
    private(set) var written: [UInt8]?
    /// The whole answer as rows, where they are written already.
    private var rows: Table?

    init(items: [FeatureTable], missing: [Symbol], names: [String]) {
        self.items = items
        self.missing = missing
        self.names = names
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("items")
            json.beginArray()
            if pieces.isEmpty { for item in items { item.write(to: &json) } }
            for piece in pieces { json.raw(piece.dropFirst().dropLast()) }
            json.endArray()
            json.array("missing", missing) { $0.string($1.text) }
        }
    }

    /// The same with its answer written, off the loop and the items shared among the processors; `type` is one of
    /// `Table.mediaTypes`, nil for JSON. As it is where there are few numbers.
    func rendered(as type: String?, threads: Int) async -> FeatureTables {
        guard SharedWriting.isWorthWhile(items.reduce(0) { $0 + $1.count }) else { return self }
        var tables = self
        if let type, let rows = table {
            tables.rows = await SharedWriting.apart { rows.encoded(as: type) }
        } else {
            tables.written = await SharedWriting.apart { await document(threads) }
        }
        return tables
    }

    /// Its JSON.
    private func document(_ threads: Int) async -> [UInt8] {
        var tables = self
        tables.pieces = await SharedWriting.parts(items.count, threads: threads) { range in
            var json = JSONWriter()
            json.beginArray()
            for item in items[range] { item.write(to: &json) }
            json.endArray()
            return json.bytes
        }
        var json = JSONWriter(capacity: tables.pieces.reduce(4096) { $0 + $1.count })
        tables.write(to: &json)
        return json.bytes
    }

    /// The rows of one symbol after the other, a symbol in front of each.
    var table: Table? {
        rows ?? Table(names: names, symbols: items.map { item in
            TableRows(symbol: item.symbol?.text ?? "", times: item.times, values: item.columns.map(\.values))
        })
    }

    /// Rows have no place for what is missing: it is told here too.
    var headers: Headers {
        var headers = Headers()
        if !missing.isEmpty { headers.add("Missing-Symbols", missing.map(\.text).joined(separator: ",")) }
        return headers
    }
}
