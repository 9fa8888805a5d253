import Market
import Store
import Wire

/// A row of the table `series`.
struct PostgresSeriesHeader {
    let key: SeriesKey
    let id: Int64
    var rows: Int, first: Int64, last: Int64, version: Int, columns: [String], recordedAt: Int64

    /// Reads the fields of `SeriesSQL.headerFields`; throws `.corrupted` where they are not what was written.
    init(collection: String, fields: [String?]) throws(StoreError) {
        let numbers = [0, 2, 3, 4, 5, 7].compactMap { fields.indices.contains($0) ? fields[$0].flatMap { Int64($0) } : nil }
        guard fields.count == 8, numbers.count == 6, let name = fields[1], let text = fields[6],
            let columns = Self.names(text)
        else { throw StoreError(.corrupted, "a series of \(collection)") }
        key = SeriesKey(collection: collection, name: name)
        id = numbers[0]
        rows = Int(numbers[1])
        first = numbers[2]
        last = numbers[3]
        version = Int(numbers[4])
        self.columns = columns
        recordedAt = numbers[5]
    }

    private static func names(_ text: String) -> [String]? {
        try? JSONParser().withDocument(Array(text.utf8)) { root in
            var names: [String] = []
            root.forEachElement { names.append($0.string ?? "") }
            return names
        }
    }

    /// Takes what a write did; whether it changed anything.
    mutating func take(_ rows: SeriesColumns, _ result: SeriesWrite, _ recordedAt: Timestamp) -> Bool {
        let added = rows.names.filter { !columns.contains($0) }
        guard result.changedRows > 0 || !added.isEmpty else { return false }
        let isNew = self.rows == 0, start = rows.ts[0], end = rows.ts[rows.count - 1]
        columns += added
        self.rows += result.appended + result.inserted
        first = isNew ? start : min(first, start)
        last = isNew ? end : max(last, end)
        version += 1
        self.recordedAt = recordedAt.nanoseconds
        return true
    }

    /// The column names as a JSON array.
    var columnsText: String {
        var json = JSONWriter()
        json.beginArray()
        for name in columns { json.string(name) }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    var info: SeriesInfo {
        SeriesInfo(
            key: key, first: Timestamp(nanoseconds: first), last: Timestamp(nanoseconds: last), rows: rows,
            version: version, columns: columns, recordedAt: Timestamp(nanoseconds: recordedAt))
    }
}
