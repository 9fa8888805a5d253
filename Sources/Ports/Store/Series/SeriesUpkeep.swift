public import Market

/// A store that drops what has grown too old and keeps longer bars of shorter ones, when it is asked to.
public protocol SeriesUpkeep: Sendable {
    /// Drops rows whose age its configuration does not allow. Throws as `write` where nothing was dropped.
    func dropOld(now: Timestamp) async throws(StoreError) -> SeriesUpkeepOutcome
    /// Makes the series `rollup.1h` and `rollup.1d` anew where `bars.1m` changed. Throws as `write` where nothing was
    /// made.
    func refresh(now: Timestamp) async throws(StoreError) -> SeriesUpkeepOutcome
}

/// What upkeep did: readers of these series have other rows now.
public struct SeriesUpkeepOutcome: Sendable {
    /// One of each series.
    public var changes: [SeriesChange]
    /// What ended it before it was through.
    public var fault: StoreError?

    /// Makes an outcome.
    public init(changes: [SeriesChange] = [], fault: StoreError? = nil) {
        self.changes = changes
        self.fault = fault
    }
}

/// Rows of a series that were written or dropped.
public struct SeriesChange: Sendable, Hashable {
    /// Whose rows they are.
    public var key: SeriesKey
    /// The time of the first of them.
    public var first: Timestamp
    /// The time of the last of them.
    public var last: Timestamp
    /// How many there are.
    public var rows: Int
    /// The series' version after it.
    public var version: Int

    /// Makes a change.
    public init(key: SeriesKey, first: Timestamp, last: Timestamp, rows: Int, version: Int) {
        self.key = key
        self.first = first
        self.last = last
        self.rows = rows
        self.version = version
    }

    /// This one and a later one of the same series, as one.
    public func joined(with later: SeriesChange) -> SeriesChange {
        SeriesChange(key: key, first: min(first, later.first), last: max(last, later.last), rows: rows + later.rows,
                     version: max(version, later.version))
    }
}
