import Market
import Wire

/// The parts that a CSV file of bars is sent in, each with the header. Who receives a part does not see the others, so a
/// row with the time of one that was taken in an earlier part is left out: it would overwrite that one, and which of two
/// counts must not hang on where the file is cut.
public struct ImportParts {
    /// A part of a file.
    public struct Part: Sendable {
        /// How many lines of the file come before the part's own, beside the header.
        public let line: Int
        /// The header and the rows; a row that is left out is a blank line.
        public let bytes: [UInt8]
        /// Rows left out, by the line of the file.
        public fileprivate(set) var repeated: [(line: Int, reason: String)] = []
    }

    private let bytes: [UInt8], rowsPerPart: Int
    private let header: Int
    /// Which field of a row is its time.
    private let timeColumn: Int?
    private let isWhole: Bool
    private var start: Int, line = 0, isDone = false
    /// Lines of rows that were taken, by time.
    private var taken: [Int64: Int] = [:]
    /// Rows of the last part.
    private var sent: [(time: Int64, line: Int)] = []

    /// Parts of so many rows: well below the limit of a request's body.
    public init(_ bytes: [UInt8], rowsPerPart: Int = 100_000) {
        self.bytes = bytes
        self.rowsPerPart = rowsPerPart
        header = bytes.firstIndex(of: 10).map { $0 + 1 } ?? bytes.count
        start = header
        isWhole = bytes[header...].count { $0 == 10 } < rowsPerPart
        timeColumn = Self.fields(bytes[..<header]).firstIndex { DelimitedText.timeNames.contains($0.lowercased()) }
    }

    /// The next part; nil at the end. A file of one part is sent as it is.
    public mutating func next() -> Part? {
        if isDone { return nil }
        if isWhole {
            isDone = true
            return Part(line: 0, bytes: bytes)
        }
        let first = line
        var out = Array(bytes[..<header]), repeated: [(line: Int, reason: String)] = []
        sent = []
        while start < bytes.count, line - first < rowsPerPart {
            let end = bytes[start...].firstIndex(of: 10).map { $0 + 1 } ?? bytes.count
            // The header is line 1.
            let number = line + 2, time = time(bytes[start..<end])
            if let earlier = time.flatMap({ taken[$0] }) {
                repeated.append((number, "the same time as line \(earlier)"))
                out.append(10)
            } else {
                out += bytes[start..<end]
                if let time { sent.append((time, number)) }
            }
            start = end
            line += 1
        }
        isDone = start >= bytes.count
        return Part(line: first, bytes: out, repeated: repeated)
    }

    /// The last part is stored but for the rows on these lines of the file: others may have their times. Of more refused
    /// rows than are told the lines behind the last that is told may be some: they hold no time, as a row that is
    /// overwritten is better than one that is lost.
    public mutating func settle(refused lines: [Int], of count: Int) {
        if isDone { return }
        let refused = Set(lines), end = count > lines.count ? lines.max() ?? 0 : .max
        for row in sent where row.line <= end && taken[row.time] == nil && !refused.contains(row.line) {
            taken[row.time] = row.line
        }
        sent = []
    }

    private func time(_ row: ArraySlice<UInt8>) -> Int64? {
        let fields = Self.fields(row)
        guard let timeColumn, fields.indices.contains(timeColumn) else { return nil }
        return Timestamp(cell: fields[timeColumn])?.nanoseconds
    }

    private static func fields(_ line: ArraySlice<UInt8>) -> [String] {
        line.withUnsafeBufferPointer { buffer in
            var text = DelimitedText(buffer), fields: [String] = []
            return text.read(into: &fields) && text.fault == nil ? fields : []
        }
    }
}
