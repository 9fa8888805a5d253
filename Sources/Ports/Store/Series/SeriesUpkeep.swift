public import Market

/// A store that drops what has grown too old and keeps longer bars of shorter ones, when it is asked to.
public protocol SeriesUpkeep: Sendable {
    /// Drops rows whose age its configuration does not allow, and tells how many partitions went. Throws as `write`.
    func dropOld(now: Timestamp) async throws(StoreError) -> Int
    /// Makes the series `rollup.1h` and `rollup.1d` anew where `bars.1m` changed, and tells how many rows changed.
    /// Throws as `write`.
    func refresh(now: Timestamp) async throws(StoreError) -> Int
}
