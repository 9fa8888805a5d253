public import Market

/// A store that drops what has grown too old, when it is asked to.
public protocol SeriesUpkeep: Sendable {
    /// Drops rows whose age its configuration does not allow, and tells how many partitions went. Throws as `write`.
    func dropOld(now: Timestamp) async throws(StoreError) -> Int
}
