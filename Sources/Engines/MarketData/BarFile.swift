import Market
import Store
import Wire

/// Bars read from a file or a body: the good rows in time order, and what was wrong with the others.
struct BarFile: Sendable {
    static let columns = ["open", "high", "low", "close", "volume", vwap]
    /// The bar's own volume-weighted price: stored of a series that has one.
    static let vwap = "vwap"

    private(set) var rows: SeriesColumns
    private(set) var rejected: [RejectedRow] = []
    /// All rows that were there.
    private(set) var total = 0
    /// Columns that are none of bars: told, as one of them may be a misspelt one.
    var unused: [String] = []

    /// Refuses a file whose header cannot be used.
    struct HeaderError: Error { let reason: String }

    /// The line of each row.
    private(set) var lines: [Int] = []

    private var times: [Int64] = []
    private var values: [[Double]] = Array(repeating: [], count: columns.count)
    private var checker = BarChecker()

    /// Reads CSV with a header of `ts` and some of `open,high,low,close,volume,vwap`, in any order; other columns are
    /// `unused`, and none of these may come twice.
    static func csv(_ bytes: [UInt8]) throws(HeaderError) -> BarFile {
        guard String(validating: bytes,
            as: UTF8.self) != nil else { throw HeaderError(reason: "the file is not UTF-8") }
        var file = BarFile()
        let fault: HeaderError? = bytes.withUnsafeBufferPointer { buffer in
            var text = DelimitedText(buffer), fields: [String] = []
            guard text.read(into: &fields) else { return HeaderError(reason: "the file is empty") }
            if let fault = text.fault { return HeaderError(reason: "the header \(fault)") }
            let header = fields.map { $0.lowercased() }
            guard let time = header.firstIndex(where: { DelimitedText.timeNames.contains($0) }) else {
                return HeaderError(reason: "the header has no ts column; it starts with \(header.prefix(3))")
            }
            if let twice = ([header[time]] + columns).first(where: { name in header.count { $0 == name } > 1 }) {
                return HeaderError(reason: "the header has the column \(twice) twice")
            }
            let places = columns.map { header.firstIndex(of: $0) }
            guard places[3] != nil else { return HeaderError(reason: "the header has no close column") }
            let used = Set(places.compactMap { $0 } + [time])
            file.unused = fields.indices.filter { !used.contains($0) }.map { fields[$0] }
            while text.read(into: &fields) {
                if let fault = text.fault {
                    file.reject(text.line, fault)
                } else {
                    file.take(fields, line: text.line, time, places, header.count)
                }
            }
            return nil
        }
        if let fault { throw fault }
        file.finish()
        return file
    }

    /// Rows from equal columns of a JSON body; NaN where a column was not sent.
    static func columns(times: [Timestamp], values: [[Double]?]) -> BarFile {
        var file = BarFile()
        for row in times.indices {
            let cells = values.map { $0?[row] ?? .nan }
            file.add(line: row + 1, times[row], cells)
        }
        file.finish()
        return file
    }

    private init() { rows = SeriesColumns(ts: [], names: [], values: []) }

    private mutating func take(_ fields: [String], line: Int, _ time: Int, _ places: [Int?], _ width: Int) {
        guard fields.count == width else {
            reject(line, "has \(fields.count) fields, the header has \(width)")
            return
        }
        guard let stamp = Timestamp(cell: fields[time]) else {
            reject(line, "\"\(fields[time].prefix(40))\" is not an ISO-8601 time or epoch milliseconds")
            return
        }
        var cells: [Double] = []
        for (name, place) in zip(Self.columns, places) {
            guard let place, !fields[place].isEmpty else {
                cells.append(.nan)
                continue
            }
            guard let value = Double(fields[place]), !value.isNaN,
                !fields[place].utf8.contains(where: { $0 | 32 == 120 })
            else {
                reject(line, "\(name) \"\(fields[place].prefix(40))\" is not a number")
                return
            }
            cells.append(value)
        }
        add(line: line, stamp, cells)
    }

    private mutating func add(line: Int, _ time: Timestamp, _ cells: [Double]) {
        let fault = checker.fault(line: line, time: time, open: cells[0], high: cells[1], low: cells[2],
                                  close: cells[3], volume: cells[4], vwap: cells[5])
        if let fault {
            reject(line, fault)
            return
        }
        total += 1
        times.append(time.nanoseconds)
        lines.append(line)
        for index in cells.indices { values[index].append(cells[index]) }
    }

    private mutating func reject(_ line: Int, _ reason: String) {
        total += 1
        rejected.append(RejectedRow(line: line, reason: reason))
    }

    /// Sorts by time: a file may come newest first. Most have no price of its own for a bar: then there is no column.
    private mutating func finish() {
        var names = Self.columns
        if let last = values.last, last.allSatisfy(\.isNaN) {
            values.removeLast()
            names.removeLast()
        }
        if zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) {
            rows = SeriesColumns(ts: times, names: names, values: values)
        } else {
            let order = times.indices.sorted { times[$0] < times[$1] }
            rows = SeriesColumns(ts: order.map { times[$0] }, names: names,
                                 values: values.map { column in order.map { column[$0] } })
            lines = order.map { lines[$0] }
        }
        times = []
        values = []
    }
}
