import Market
import Store

/// The SQL of the series tables, as text: pure functions, so that every statement can be looked at.
enum SeriesSQL {
    /// Who keeps the parts of a table.
    enum Layout: String, Sendable { case partitions, timescale }

    static let day: Int64 = 86_400_000_000_000

    // MARK: Names

    /// A text literal.
    static func quote(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// A whole number; quoted, as the smallest one is no number to the server without its sign.
    static func number(_ value: Int64) -> String { "'\(value)'::bigint" }

    private static func identifier(_ text: String) -> String { "\"" + text.replacing("\"", with: "\"\"") + "\"" }

    /// The text itself, where the server takes it as a name that nothing else has; otherwise a digest of it.
    private static func name(_ text: String, limit: Int, taken: Set<String>) -> String {
        let isPlain = text.utf8.count <= limit && !text.hasPrefix("~") && !taken.contains(text) && !text.utf8.contains(0)
        return isPlain ? text : "~" + digest(text, 0xcbf2_9ce4_8422_2325) + digest(text, 0x6c62_272e_07bb_0142)
    }

    private static func digest(_ text: String, _ seed: UInt64) -> String {
        let value = text.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The table of a collection.
    static func table(_ collection: String) -> String { identifier(tableName(collection)) }

    private static func tableName(_ collection: String) -> String {
        name(collection, limit: 40, taken: ["series"])
    }

    /// The table's column for a series' column.
    static func column(_ text: String) -> String {
        let taken: Set<String> = ["series", "ts", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]
        return identifier(name(text, limit: 63, taken: taken))
    }

    // MARK: Partitions

    /// The time one partition covers, in nanoseconds: a partition of minutes is a month, of hours a year, of days ten.
    static func width(_ collection: String) -> Int64 {
        switch collection.utf8.last {
        case UInt8(ascii: "m"): 31 * day
        case UInt8(ascii: "h"): 366 * day
        default: 3_660 * day
        }
    }

    /// The number of the partition a time lies in.
    static func partition(_ ts: Int64, width: Int64) -> Int64 {
        let quotient = ts / width
        return ts % width < 0 ? quotient - 1 : quotient
    }

    /// The partition's table.
    static func partitionTable(_ collection: String, _ number: Int64) -> String {
        identifier("~\(tableName(collection)).p\(number)")
    }

    /// The first instant after a partition; nil where it reaches the end of time.
    static func end(of number: Int64, width: Int64) -> Int64? {
        let (end, overflows) = (number + 1).multipliedReportingOverflow(by: width)
        return overflows ? nil : end
    }

    static func createPartition(_ collection: String, _ number: Int64) -> String {
        let width = width(collection)
        let (start, overflows) = number.multipliedReportingOverflow(by: width)
        let from = overflows ? "MINVALUE" : "'\(start)'"
        let to = end(of: number, width: width).map { "'\($0)'" } ?? "MAXVALUE"
        return """
            CREATE TABLE IF NOT EXISTS \(partitionTable(collection, number)) PARTITION OF \(table(collection)) \
            FOR VALUES FROM (\(from)) TO (\(to))
            """
    }

    // MARK: Tables

    /// One row a series: what is known of it without reading its rows.
    static let headers = """
        CREATE TABLE IF NOT EXISTS series (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
        collection TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, rows BIGINT NOT NULL DEFAULT 0, \
        first BIGINT NOT NULL DEFAULT 0, last BIGINT NOT NULL DEFAULT 0, version BIGINT NOT NULL DEFAULT 0, \
        columns TEXT NOT NULL DEFAULT '[]', recorded_at BIGINT NOT NULL DEFAULT 0, UNIQUE (collection, name))
        """

    static let layouts = "CREATE TABLE IF NOT EXISTS \"~layout\" (kind TEXT NOT NULL)"

    /// The table of a collection, its index over time, and what the extension looks after where it is there.
    static func createTable(_ collection: String, _ layout: Layout, _ ages: SeriesAges) -> [String] {
        let table = table(collection), parts = layout == .partitions ? " PARTITION BY RANGE (ts)" : ""
        let create = """
            CREATE TABLE IF NOT EXISTS \(table) (series BIGINT NOT NULL, ts BIGINT NOT NULL, \
            PRIMARY KEY (series, ts))\(parts)
            """
        let index = identifier("~\(tableName(collection)).ts")
        let brin = "CREATE INDEX IF NOT EXISTS \(index) ON \(table) USING brin (ts)"
        return [create, brin] + (layout == .timescale ? TimescaleSQL.table(collection, ages) : [])
    }

    static func addColumn(_ collection: String, _ name: String) -> String {
        "ALTER TABLE \(table(collection)) ADD COLUMN IF NOT EXISTS \(column(name)) DOUBLE PRECISION"
    }

    // MARK: Headers

    static let headerFields = "id, name, rows, first, last, version, columns, recorded_at"

    static func selectHeader(_ key: SeriesKey) -> String {
        "SELECT \(headerFields) FROM series WHERE collection = \(quote(key.collection)) AND name = \(quote(key.name))"
    }

    /// In the order of names, so that two writers of the same series wait for each other and do not block each other.
    static func insertHeaders(_ collection: String, _ names: [String]) -> String {
        let rows = names.sorted(by: byteOrder).map { "(\(quote(collection)), \(quote($0)))" }
        return "INSERT INTO series (collection, name) VALUES \(rows.joined(separator: ", ")) ON CONFLICT DO NOTHING"
    }

    static func selectHeaders(_ collection: String, _ names: [String]) -> String {
        """
        SELECT \(headerFields) FROM series WHERE collection = \(quote(collection)) \
        AND name IN (\(names.map(quote).joined(separator: ", "))) ORDER BY name
        """
    }

    private static func byteOrder(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    static func list(_ collection: String, prefix: String, limit: Int, after: String?) -> String {
        let later = after.map { " AND name > \(quote($0))" } ?? ""
        return """
            SELECT \(headerFields) FROM series WHERE collection = \(quote(collection)) \
            AND starts_with(name, \(quote(prefix)))\(later) ORDER BY name LIMIT \(max(0, limit))
            """
    }

    // MARK: Rows

    /// Rows of a series between two instants, both included, in rising order.
    static func copyOut(_ header: PostgresSeriesHeader, _ range: SeriesRange, _ columns: [String]) -> String {
        let from = max(range.from?.nanoseconds ?? .min, header.first)
        let to = min(range.to?.nanoseconds ?? .max, header.last)
        let fields = (["ts"] + columns.map(column)).joined(separator: ", ")
        let rows = """
            SELECT \(fields) FROM \(table(header.key.collection)) WHERE series = \(number(header.id)) \
            AND ts >= \(number(from)) AND ts <= \(number(to)) ORDER BY ts
            """
        let query = switch (range.limit, range.keep) {
        case (nil, _): rows
        case (let limit?, .oldest): "\(rows) LIMIT \(max(0, limit))"
        case (let limit?, .newest): "SELECT * FROM (\(rows) DESC LIMIT \(max(0, limit))) AS newest ORDER BY ts"
        }
        return "COPY (\(query)) TO STDOUT (FORMAT binary)"
    }

    static func copyIn(_ table: String, _ columns: [String]) -> String {
        "COPY \(table) (\((["series", "ts"] + columns.map(column)).joined(separator: ", "))) FROM STDIN (FORMAT binary)"
    }

    /// Where rows wait that may meet stored ones.
    static let staging = "pg_temp.staged"

    static func createStaging(_ columns: [String]) -> String {
        let fields = columns.map { ", \(column($0)) DOUBLE PRECISION" }.joined()
        return """
            DROP TABLE IF EXISTS \(staging); \
            CREATE TEMP TABLE staged (series BIGINT NOT NULL, ts BIGINT NOT NULL\(fields)) ON COMMIT DROP
            """
    }

    /// For each series how many staged rows are appended, inserted and restated.
    static func countStaged(
        _ collection: String, _ series: [Int64], _ columns: [String], from: Int64, to: Int64
    ) -> String {
        let differs = columns.isEmpty ? "FALSE"
            : columns.map(column).map { "s.\($0) IS DISTINCT FROM t.\($0)" }.joined(separator: " OR ")
        return """
            SELECT s.series, count(*) FILTER (WHERE t.ts IS NULL AND s.ts > h.last), \
            count(*) FILTER (WHERE t.ts IS NULL AND s.ts <= h.last), \
            count(*) FILTER (WHERE t.ts IS NOT NULL AND (\(differs))) FROM \(staging) s \
            JOIN series h ON h.id = s.series \
            LEFT JOIN \(table(collection)) t ON t.ts = s.ts AND t.series = s.series \
            AND t.series IN (\(series.map(number).joined(separator: ", "))) \
            AND t.ts >= \(number(from)) AND t.ts <= \(number(to)) GROUP BY s.series
            """
    }

    /// Moves staged rows in; a row at a stored time restates the columns it has.
    static func mergeStaged(_ collection: String, _ columns: [String]) -> String {
        let table = table(collection)
        let fields = (["series", "ts"] + columns.map(column)).joined(separator: ", ")
        let insert = "INSERT INTO \(table) AS t (\(fields)) SELECT \(fields) FROM \(staging) ON CONFLICT (series, ts) DO"
        if columns.isEmpty { return insert + " NOTHING" }
        let changes = columns.map(column).map { "\($0) = EXCLUDED.\($0)" }.joined(separator: ", ")
        let differs = columns.map(column).map { "t.\($0) IS DISTINCT FROM EXCLUDED.\($0)" }.joined(separator: " OR ")
        return "\(insert) UPDATE SET \(changes) WHERE \(differs)"
    }

    /// What was written of several series, in one statement.
    static func updateHeaders(_ headers: [PostgresSeriesHeader]) -> String {
        let rows = headers.map { header in
            "(\(number(header.id)), \(header.rows)::bigint, \(number(header.first)), \(number(header.last)), "
                + "\(header.version)::bigint, \(quote(header.columnsText)), \(number(header.recordedAt)))"
        }
        return """
            UPDATE series AS s SET rows = n.rows, first = n.first, last = n.last, version = n.version, \
            columns = n.columns, recorded_at = n.recorded_at FROM (VALUES \(rows.joined(separator: ", "))) \
            AS n (id, rows, first, last, version, columns, recorded_at) WHERE s.id = n.id
            """
    }
}
