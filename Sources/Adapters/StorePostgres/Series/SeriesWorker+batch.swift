import Market
import Store

extension SeriesWorker {
    /// Rows of many series of one version, asked for in two statements.
    func read(
        _ collection: String, _ names: [String], _ range: SeriesRange, _ columns: [String]
    ) throws(StoreError) -> SeriesRows {
        var out = SeriesRows(columns: columns.count)
        if names.isEmpty { return out }
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; "
            + SeriesSQL.selectHeaders(collection, names)
        try link.transaction(begin) { found throws(StoreError) in
            var headers: [String: PostgresSeriesHeader] = [:]
            for fields in found {
                let header = try PostgresSeriesHeader(collection: collection, fields: fields)
                if columns.allSatisfy(header.columns.contains) { headers[header.key.name] = header }
            }
            let asked = names.compactMap { headers[$0] }
            var counts = [Int](repeating: 0, count: asked.count)
            if !asked.isEmpty {
                // Behind the times comes which of the series a row is of.
                let gatherer = SeriesGatherer(columns: columns.count + 1)
                func take(_ chunk: borrowing SeriesChunkView) {
                    out.ts.append(contentsOf: chunk.ts)
                    for number in chunk.columns[0] { counts[Int(number) - 1] += 1 }
                    for (place, column) in chunk.columns.dropFirst().enumerated() {
                        out.values[place].append(contentsOf: column)
                    }
                }
                let sql = SeriesSQL.copyOutAll(collection, asked, range, columns)
                try link.copyOut(sql) { message throws(StoreError) in
                    try gatherer.take(message) { chunk throws(StoreError) in take(chunk) }
                }
                try gatherer.flush { chunk throws(StoreError) in take(chunk) }
            }
            var place = 0, end = 0
            for name in names {
                if headers[name] != nil {
                    end += counts[place]
                    place += 1
                }
                out.ends.append(end)
            }
        }
        return out
    }
}

extension SeriesSQL {
    /// Rows of several series between two instants, both included, series by series in rising order; behind the time
    /// comes the place of the row's series, counted from 1.
    static func copyOutAll(
        _ collection: String, _ headers: [PostgresSeriesHeader], _ range: SeriesRange, _ columns: [String]
    ) -> String {
        let from = max(range.from?.nanoseconds ?? .min, headers.map(\.first).min() ?? .min)
        let to = min(range.to?.nanoseconds ?? .max, headers.map(\.last).max() ?? .max)
        let fields = columns.map(column), inner = (["ts"] + fields).joined(separator: ", ")
        let outer = ["r.ts", "h.place::double precision"] + fields.map { "r.\($0)" }
        let order = range.keep == .oldest ? "ORDER BY ts" : "ORDER BY ts DESC"
        let limit = range.limit.map { " \(order) LIMIT \(max(0, $0))" } ?? ""
        return """
            COPY (SELECT \(outer.joined(separator: ", ")) FROM \
            unnest(ARRAY[\(headers.map { number($0.id) }.joined(separator: ", "))]) WITH ORDINALITY AS h (series, place) \
            CROSS JOIN LATERAL (SELECT \(inner) FROM \(table(collection)) WHERE series = h.series \
            AND ts >= \(number(from)) AND ts <= \(number(to))\(limit)) AS r ORDER BY h.place, r.ts) \
            TO STDOUT (FORMAT binary)
            """
    }
}
