import Market
public import Wire

/// Columns of equal length with a time in front, and before it a symbol where the rows are of several: the form bulk
/// answers share over JSON, CSV and Arrow.
public struct Table: Sendable {
    /// The media types beside JSON.
    public static let mediaTypes = ["text/csv", "application/vnd.apache.arrow.stream"]

    private static let offered = ["application/json"] + mediaTypes

    /// The one of them that a request prefers to JSON; nil for JSON, also where it wants neither.
    public static func mediaType(_ request: Request) -> String? {
        guard let first = request.headers["Accept"], first != "*/*", first != "application/json" else { return nil }
        let best = MediaPreference.best(of: offered, request.headers.list("Accept"))
        return best == offered[0] ? nil : best
    }

    private let names: [String]
    private let hasSymbol: Bool
    private let parts: [TableRows]
    /// Its bytes, where they are made already.
    private var made: (type: String, bytes: [UInt8])?

    /// `times` are epoch nanoseconds; every column is as long.
    public init(times: [Int64], columns: [(name: String, values: [Double])]) {
        names = columns.map(\.name)
        hasSymbol = false
        parts = [TableRows(times: times, values: columns.map(\.values))]
    }

    /// Rows of symbols, one symbol after the other; each part must bear its symbol and the named columns in order.
    public init(names: [String], symbols parts: [TableRows]) {
        precondition(parts.allSatisfy { $0.symbol != nil && $0.values.count == names.count }, "a part lacks a column")
        self.names = names
        hasSymbol = true
        self.parts = parts
    }

    /// The same with its bytes of a media type made: long ones are made off the loop.
    public func encoded(as type: String) -> Table {
        var table = self
        table.made = (type, bytes(as: type))
        return table
    }

    /// One of `mediaTypes`.
    func bytes(as type: String) -> [UInt8] {
        if let made, made.type == type { return made.bytes }
        return type == "text/csv" ? csv() : arrowStream()
    }

    /// RFC 4180 with a header; a value that is not finite is an empty field.
    private func csv() -> [UInt8] {
        let rows = parts.reduce(0) { $0 + $1.times.count }
        var out: [UInt8] = []
        out.reserveCapacity(rows * (32 + names.count * 20))
        if hasSymbol { out.append(contentsOf: "symbol,".utf8) }
        out.append(contentsOf: "ts".utf8)
        for name in names {
            out.append(44)
            Self.appendField(name, to: &out)
        }
        out.append(10)
        for part in parts { Self.append(part, to: &out) }
        return out
    }

    private static func append(_ part: TableRows, to out: inout [UInt8]) {
        var symbol: [UInt8] = []
        if let text = part.symbol {
            appendField(text, to: &symbol)
            symbol.append(44)
        }
        for row in part.times.indices {
            out.append(contentsOf: symbol)
            Timestamp(nanoseconds: part.times[row]).appendISO8601(to: &out)
            for values in part.values {
                out.append(44)
                if values[row].isFinite { appendDouble(values[row], to: &out) }
            }
            out.append(10)
        }
    }

    private static func appendField(_ text: String, to out: inout [UInt8]) {
        if !text.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" }) {
            out.append(contentsOf: text.utf8)
            return
        }
        out.append(34)
        for byte in text.utf8 {
            if byte == 34 { out.append(34) }
            out.append(byte)
        }
        out.append(34)
    }

    /// Arrow IPC stream: one schema, a record batch for each symbol; `ts` is a timestamp in nanoseconds UTC, the
    /// columns are nullable doubles with null for what is not finite.
    private func arrowStream() -> [UInt8] { ArrowStream.encode(names: names, hasSymbol: hasSymbol, parts) }
}
