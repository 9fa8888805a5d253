import Market
import Wire

/// Columns of equal length with a time in front: the form bulk answers share over JSON, CSV and Arrow.
public struct Table: Sendable {
    /// The media types beside JSON.
    public static let mediaTypes = ["text/csv", "application/vnd.apache.arrow.stream"]

    /// The one of them that a request prefers to JSON; nil for JSON.
    public static func mediaType(_ request: Request) -> String? {
        request.headers["Accept"].flatMap { accept in mediaTypes.first { accept.contains($0) } }
    }

    public let times: [Int64]
    public let columns: [(name: String, values: [Double])]

    /// `times` are epoch nanoseconds; every column is as long.
    public init(times: [Int64], columns: [(name: String, values: [Double])]) {
        precondition(columns.allSatisfy { $0.values.count == times.count }, "columns of one table have one length")
        self.times = times
        self.columns = columns
    }

    /// RFC 4180 with a header; a value that is not finite is an empty field.
    public func csv() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(times.count * (24 + columns.count * 12))
        out.append(contentsOf: "ts".utf8)
        for column in columns {
            out.append(44)
            Self.appendField(column.name, to: &out)
        }
        out.append(10)
        for row in times.indices {
            Timestamp(nanoseconds: times[row]).appendISO8601(to: &out)
            for column in columns {
                out.append(44)
                if column.values[row].isFinite { appendDouble(column.values[row], to: &out) }
            }
            out.append(10)
        }
        return out
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

    /// Arrow IPC stream: one schema, one record batch; `ts` is a timestamp in nanoseconds UTC, the columns are
    /// nullable doubles with null for what is not finite.
    public func arrowStream() -> [UInt8] { ArrowStream.encode(times: times, columns: columns) }
}
