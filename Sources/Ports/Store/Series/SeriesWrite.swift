/// What a write did. Every row given is counted once.
public struct SeriesWrite: Sendable, Hashable {
    /// Rows later than everything stored before.
    public var appended: Int
    /// Rows at a new time before the last stored one.
    public var inserted: Int
    /// Rows at a stored time with another value.
    public var restated: Int
    /// Rows that were stored already, the same.
    public var unchanged: Int
    /// The series' version: 1 after its first write, one more after each write that changed something.
    public var version: Int

    /// Makes a result.
    public init(appended: Int = 0, inserted: Int = 0, restated: Int = 0, unchanged: Int = 0, version: Int = 0) {
        self.appended = appended
        self.inserted = inserted
        self.restated = restated
        self.unchanged = unchanged
        self.version = version
    }

    /// Rows that are other than before.
    public var changedRows: Int { appended + inserted + restated }
}
