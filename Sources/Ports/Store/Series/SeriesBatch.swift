/// Rows of several series of one collection, for one write.
public struct SeriesBatch: Sendable, Hashable {
    /// Most series of a batch.
    public static let limit = 10_000

    /// What all their keys share.
    public var collection: String
    /// The series' names, none of which comes twice, and as many rows.
    public var names: [String]
    public var rows: [SeriesColumns]

    /// Makes a batch; `check` tells whether a store takes it.
    public init(collection: String, names: [String] = [], rows: [SeriesColumns] = []) {
        self.collection = collection
        self.names = names
        self.rows = rows
    }

    /// Adds the rows of a series.
    public mutating func add(_ name: String, _ rows: SeriesColumns) {
        names.append(name)
        self.rows.append(rows)
    }

    /// The key of each series.
    public var keys: [SeriesKey] { names.map { SeriesKey(collection: collection, name: $0) } }

    /// Throws `.invalidInput` where a key or rows are refused, a name comes twice, there are more than `limit` series, or
    /// names and rows are not as many.
    public func check() throws(StoreError) {
        guard names.count == rows.count, names.count <= Self.limit, Set(names).count == names.count else {
            throw StoreError(.invalidInput, "\(names.count) names and \(rows.count) rows of \(collection)")
        }
        for key in keys { try key.check() }
        for rows in rows { try rows.check() }
    }
}
