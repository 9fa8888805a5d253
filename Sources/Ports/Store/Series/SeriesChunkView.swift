/// Consecutive rows lent out of a store's memory: nothing was copied. Valid only during the call it is passed to.
public struct SeriesChunkView: ~Copyable {
    /// Epoch nanoseconds, strictly rising; `ts.span` gives a `Span<Int64>`.
    public let ts: UnsafeBufferPointer<Int64>
    /// The columns asked for, in that order, each as long as `ts`; `columns[i].span` gives a `Span<Double>`.
    public let columns: [UnsafeBufferPointer<Double>]

    /// Lends memory; for stores.
    @inlinable public init(ts: UnsafeBufferPointer<Int64>, columns: [UnsafeBufferPointer<Double>]) {
        self.ts = ts
        self.columns = columns
    }

    /// Number of rows; never 0.
    @inlinable public var count: Int { ts.count }
}
