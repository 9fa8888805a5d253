public import HTTP
import Market
public import Store

/// Rows of one table, the newest first, a page at a time. The cursor is the time and the id of the last row told, so rows
/// that come in between neither repeat nor hide another.
public struct NewestRows {
    private let table: String, columns: String, time: String
    private let limit: Int
    private var conditions: [String] = [], values: [SQLValue] = []

    /// Rows by a time column (epoch nanoseconds) and the column `id`; `columns` are names parted by commas. Throws `Problem` 422 for a cursor that is none.
    public init(_ columns: String, of table: String, by time: String, _ page: PageParameters) throws(Problem) {
        self.table = table
        self.columns = columns
        self.time = time
        limit = page.limit
        guard let cursor = page.cursor else { return }
        guard let (nanoseconds, id) = Self.parse(cursor) else {
            throw Problem.invalid("?cursor", "is not a cursor of this list")
        }
        values = [.integer(nanoseconds), .text(id)]
        conditions = ["(\(time), id) < ($1, $2)"]
    }

    /// The parts of a cursor; nil where it is none.
    public static func parse(_ cursor: String) -> (time: Int64, id: String)? {
        let parts = cursor.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let time = Int64(parts[0]) else { return nil }
        return (time, parts[1])
    }

    /// Only rows for which `column comparison value` holds; all where the value is nil.
    public mutating func only(_ column: String, _ value: SQLValue?, comparison: String = "=") {
        guard let value else { return }
        values.append(value)
        conditions.append("\(column) \(comparison) $\(values.count)")
    }

    /// The page, and the cursor of the rest; nil where there is none.
    public func read(_ records: any RecordStore) async throws(StoreError) -> (rows: [ResultSet.Row], next: String?) {
        let found = try await records.query(Statement(
            """
            SELECT \(columns), \(time) AS page_time, id AS page_id FROM \(table)
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
            ORDER BY \(time) DESC, id DESC LIMIT $\(values.count + 1)
            """, values + [.integer(Int64(limit + 1))]))
        let rows = Array(found.records.prefix(limit))
        guard found.rows.count > limit, let last = rows.last else { return (rows, nil) }
        let own = columns.split(separator: ",").count
        let time: Int64 = try last.value(own), id: String = try last.value(own + 1)
        return (rows, "\(time)/\(id)")
    }
}
