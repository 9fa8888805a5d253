import Market
import Wire

extension ReportDocument {
    /// Every figure and table as CSV (RFC 4180, UTF-8, CRLF): blocks parted by an empty line, each under a line with its
    /// section and name. Numbers are whole, as in JSON. A text that a spreadsheet would take for a formula gets an
    /// apostrophe before it.
    public var csv: [UInt8] {
        var out = CSVText()
        out.row(["report", kind])
        for (name, text) in [("title", title), ("subject", subject), ("currency", currency), ("from", from.iso8601),
                             ("to", to.iso8601), ("as_of", asOf.iso8601)] { out.row([name, text]) }
        for text in warnings { out.row(["warning", text]) }
        for text in conventions { out.row(["convention", text]) }
        for section in sections {
            for block in section.blocks { block.write(to: &out, section.name) }
        }
        return Array(out.text.utf8)
    }
}

extension ReportBlock {
    fileprivate func write(to out: inout CSVText, _ section: String) {
        switch self {
        case .paragraph: break
        case .figures(let figures):
            out.row([])
            out.row([section, "figures"])
            out.row(["name", "value", "reference"])
            for figure in figures { out.row([figure.name, figure.value.plain, figure.reference ?? ""]) }
        case .table(let table):
            out.row([])
            out.row([section, table.name])
            out.row(table.columns.map(\.name))
            for row in table.rows + (table.total.map { [$0] } ?? []) { out.row(row.map(\.plain), isSafe: row.map(\.isNumeric)) }
        case .chart(let chart):
            out.row([])
            out.row([section, chart.name])
            out.row([{ if case .times = chart.axis { "ts" } else { "name" } }()] + chart.series.map(\.name))
            for place in 0..<chart.axis.count {
                let name = switch chart.axis {
                case .times(let times): times[place].iso8601
                case .names(let names): names[place]
                }
                let values = chart.series.map { ReportValue.optional($0.values[place], chart.format).plain }
                out.row([name] + values, isSafe: [false] + values.map { _ in true })
            }
        }
    }
}

extension ReportValue {
    /// What machines read: a number with all its digits, nothing where it is missing.
    var plain: String {
        switch self {
        case .text(let text): text
        case .number(let value, _): value.isFinite ? "\(value)" : ""
        case .time(let time): time.iso8601
        case .day(let time): time.day
        case .missing: ""
        }
    }
}

/// Lines of CSV.
private struct CSVText {
    var text = ""

    /// A line; fields that are numbers are safe from being formulas.
    mutating func row(_ fields: [String], isSafe: [Bool] = []) {
        for (index, field) in fields.enumerated() {
            if index > 0 { text += "," }
            text += Self.field(field, isSafe: index < isSafe.count && isSafe[index])
        }
        text += "\r\n"
    }

    private static func field(_ field: String, isSafe: Bool) -> String {
        var field = field
        if !isSafe, let first = field.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first),
           Double(field) == nil { field = "'" + field }
        guard field.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
