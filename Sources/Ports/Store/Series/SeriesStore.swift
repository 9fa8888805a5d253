public import Market

/// Columns of doubles over time. All methods may be called from any task; none blocks the caller's thread.
public protocol SeriesStore: AnyObject, Sendable {
    /// Puts rows in by their time: later ones are appended, others inserted or, at a stored time, restated. A column
    /// the series does not have yet is added (NaN before); a stored column missing from `rows` keeps its values. One
    /// write is all or nothing and durable when it returns. Throws `.invalidInput`, `.diskFull`, `.readOnly`, `.busy`.
    @discardableResult
    func write(_ key: SeriesKey, _ rows: SeriesColumns, recordedAt: Timestamp) async throws(StoreError) -> SeriesWrite

    /// Writes rows of several series, each as `write` does, and answers what each was: all of them or none. Throws as
    /// `write`; a key, row or column that is refused refuses all.
    @discardableResult
    func write(_ batch: SeriesBatch, recordedAt: Timestamp) async throws(StoreError) -> [SeriesWrite]

    /// Copies rows out; all columns where `columns` is nil. Throws `.notFound` for a series or column not there.
    func read(_ key: SeriesKey, range: SeriesRange, columns: [String]?) async throws(StoreError) -> SeriesColumns

    /// Copies rows out of several series of a collection, the same range and columns of each, all of one version of the
    /// store. A series that is not there, or has not every one of the columns, has no rows. A name may come twice. Throws
    /// `.invalidInput` for more names than `SeriesBatch.limit`.
    func read(
        collection: String, names: [String], range: SeriesRange, columns: [String]
    ) async throws(StoreError) -> SeriesRows

    /// Folds over the rows in rising order without copying them: `body` is called for each stored chunk, on a thread
    /// of the store, and must not block for long. All calls see one version of the series. Throws as `read` does, and
    /// what `body` throws.
    func visit<R: Sendable>(
        _ key: SeriesKey, range: SeriesRange, columns: [String]?, into initial: R,
        _ body: @escaping @Sendable (inout R, borrowing SeriesChunkView) throws(StoreError) -> Void
    ) async throws(StoreError) -> R

    /// What is known of a series; nil where there is none.
    func info(_ key: SeriesKey) async throws(StoreError) -> SeriesInfo?

    /// The series of a collection in byte order of their names: those that start with `prefix` and come after the
    /// name `after`, at most `limit`.
    func list(
        collection: String, prefix: String, limit: Int, after: String?
    ) async throws(StoreError) -> [SeriesInfo]

    /// Removes a series; false where there is none.
    @discardableResult
    func remove(_ key: SeriesKey) async throws(StoreError) -> Bool

    /// Whether the last write reached the device; for `/health`. Any thread.
    var isAvailable: Bool { get }

    /// Finishes what was accepted, then releases files. Later calls throw `.closed`.
    func close() async
}

extension SeriesStore {
    /// Throws `.invalidInput` for more series than are read at once; for stores.
    public func checkNames(_ names: [String], of collection: String) throws(StoreError) {
        guard names.count <= SeriesBatch.limit else {
            throw StoreError(.invalidInput, "\(names.count) series of \(collection) in one read")
        }
    }

    /// The times where a row is missing, judged by a regular step; empty where the series has fewer than two rows.
    /// At most `limit` gaps are given, the earliest. Throws `.notFound`, and `.invalidInput` for a step below 1.
    public func gaps(
        _ key: SeriesKey, step nanoseconds: Int64, calendar: SeriesCalendar = .everyDay, range: SeriesRange = .all,
        limit: Int = 10_000
    ) async throws(StoreError) -> [SeriesGap] {
        guard nanoseconds > 0 else { throw StoreError(.invalidInput, "step of \(nanoseconds) ns") }
        let finder = SeriesGapFinder(step: nanoseconds, calendar: calendar, limit: limit)
        return try await visit(key, range: range, columns: [], into: finder) { finder, chunk in
            finder.take(chunk.ts)
        }.gaps
    }
}
