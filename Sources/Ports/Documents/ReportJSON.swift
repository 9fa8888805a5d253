import Market
public import Wire

extension ReportDocument {
    /// Writes it as one JSON object: sections by name, tables as arrays of objects by column, numbers as they are.
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [("report_type", kind), ("title", title), ("subject", subject), ("currency", currency),
                             ("from", from.iso8601), ("to", to.iso8601), ("as_of", asOf.iso8601)] {
            json.key(name)
            json.string(text)
        }
        for (name, texts) in [("conventions", conventions), ("warnings", warnings)] {
            json.key(name)
            json.beginArray()
            for text in texts { json.string(text) }
            json.endArray()
        }
        json.key("sections")
        json.beginArray()
        for section in sections { section.write(to: &json) }
        json.endArray()
        json.endObject()
    }

    /// The same as bytes.
    public var json: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}

extension ReportSection {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.string(name)
        json.key("heading")
        json.string(heading)
        json.key("blocks")
        json.beginArray()
        for block in blocks { block.write(to: &json) }
        json.endArray()
        json.endObject()
    }
}

extension ReportBlock {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        switch self {
        case .paragraph(let text):
            json.key("paragraph")
            json.string(text)
        case .figures(let figures):
            json.key("figures")
            json.beginArray()
            for figure in figures { figure.write(to: &json) }
            json.endArray()
        case .table(let table):
            json.key("table")
            table.write(to: &json)
        case .chart(let chart):
            json.key("chart")
            chart.write(to: &json)
        }
        json.endObject()
    }
}

extension ReportFigure {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.string(name)
        json.key("label")
        json.string(label)
        json.key("value")
        value.write(to: &json)
        if case .missing(let reason) = value {
            json.key("missing")
            json.string(reason)
        }
        if case .number(_, let format) = value {
            json.key("format")
            json.string(format.rawValue)
        }
        if let reference {
            json.key("reference")
            json.string(reference)
        }
        json.endObject()
    }
}

extension ReportTable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.string(name)
        json.key("title")
        json.string(title)
        json.key("rows")
        json.beginArray()
        for row in rows { write(row, to: &json) }
        json.endArray()
        if let total {
            json.key("total")
            write(total, to: &json)
        }
        json.endObject()
    }

    private func write(_ row: [ReportValue], to json: inout JSONWriter) {
        json.beginObject()
        for (column, value) in zip(columns, row) {
            json.key(column.name)
            value.write(to: &json)
        }
        json.endObject()
    }
}

extension ReportChart {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.string(name)
        json.key("title")
        json.string(title)
        json.key("format")
        json.string(format.rawValue)
        json.key("axis")
        json.beginArray()
        switch axis {
        case .times(let times): for time in times { json.time(time) }
        case .names(let names): for name in names { json.string(name) }
        }
        json.endArray()
        json.key("series")
        json.beginArray()
        for series in series {
            json.beginObject()
            json.key("name")
            json.string(series.name)
            json.key("label")
            json.string(series.label)
            json.key("values")
            json.beginArray()
            for value in series.values { json.double(value) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}

extension ReportValue {
    func write(to json: inout JSONWriter) {
        switch self {
        case .text(let text): json.string(text)
        case .number(let value, _): json.double(value)
        case .time(let time): json.time(time)
        case .day(let time): json.string(time.day)
        case .missing: json.null()
        }
    }
}
