public import Market

/// What a store knows of a series without reading its rows.
public struct SeriesInfo: Sendable, Hashable {
    /// Its key.
    public var key: SeriesKey
    /// Time of the first row.
    public var first: Timestamp
    /// Time of the last row.
    public var last: Timestamp
    /// Number of rows.
    public var rows: Int
    /// Rises by one with every write that changed something.
    public var version: Int
    /// Column names in the order they were first written.
    public var columns: [String]
    /// `recordedAt` of the last write that changed something.
    public var recordedAt: Timestamp

    /// Makes a description.
    public init(
        key: SeriesKey, first: Timestamp, last: Timestamp, rows: Int, version: Int, columns: [String],
        recordedAt: Timestamp
    ) {
        self.key = key
        self.first = first
        self.last = last
        self.rows = rows
        self.version = version
        self.columns = columns
        self.recordedAt = recordedAt
    }
}
