/// What one statement gave: rows (also from RETURNING) and the number of rows it changed.
public struct ResultSet: Sendable, Equatable {
    /// Column names, in order.
    public var columns: [String]
    /// Rows of as many values as there are columns.
    public var rows: [[SQLValue]]
    /// Rows inserted, updated or deleted; 0 for a statement that only reads.
    public var changes: Int

    /// Makes a result.
    public init(columns: [String] = [], rows: [[SQLValue]] = [], changes: Int = 0) {
        self.columns = columns
        self.rows = rows
        self.changes = changes
    }

    /// One row with typed access by position.
    public struct Row: Sendable {
        let columns: [String]
        let values: [SQLValue]

        /// The value of a column as a Swift type; `.typeMismatch` where it is another (also NULL for a plain type),
        /// `.invalidInput` where there is no such column.
        public func value<T: SQLConvertible>(_ column: Int, as type: T.Type = T.self) throws(StoreError) -> T {
            guard values.indices.contains(column) else {
                throw StoreError(.invalidInput, "column \(column) of a result with \(values.count)")
            }
            guard let value = T(sqlValue: values[column]) else {
                throw StoreError(.typeMismatch, "column \(columns[column]) is not \(T.self)")
            }
            return value
        }
    }

    /// The rows with typed access.
    public var records: [Row] { rows.map { Row(columns: columns, values: $0) } }

    /// The first row, if there is one.
    public var first: Row? { rows.first.map { Row(columns: columns, values: $0) } }

    /// Every row made into a value.
    public func map<T>(_ transform: (Row) throws(StoreError) -> T) throws(StoreError) -> [T] {
        var result: [T] = []
        result.reserveCapacity(rows.count)
        for row in rows { result.append(try transform(Row(columns: columns, values: row))) }
        return result
    }
}
