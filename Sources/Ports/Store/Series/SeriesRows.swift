/// Rows of several series, one series behind the other.
public struct SeriesRows: Sendable, Equatable {
    /// Epoch nanoseconds, rising within a series.
    public var ts: [Int64]
    /// `values[i]` is the column `i` of those asked for, as long as `ts`.
    public var values: [[Double]]
    /// For each series asked for, how many rows there are up to its last one.
    public var ends: [Int]

    /// No rows of no series, with room for so many columns.
    public init(columns: Int) {
        ts = []
        values = Array(repeating: [], count: columns)
        ends = []
    }

    /// Makes rows of what was read.
    public init(ts: [Int64], values: [[Double]], ends: [Int]) {
        self.ts = ts
        self.values = values
        self.ends = ends
    }

    /// Number of series.
    public var count: Int { ends.count }

    /// Where the rows of a series lie, by its place among those asked for.
    public subscript(place: Int) -> Range<Int> { (place == 0 ? 0 : ends[place - 1])..<ends[place] }

    /// Equality with NaN equal to NaN.
    public static func == (a: SeriesRows, b: SeriesRows) -> Bool {
        a.ends == b.ends && a.ts == b.ts && a.values.count == b.values.count
            && zip(a.values, b.values).allSatisfy { x, y in
                x.count == y.count && zip(x, y).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
            }
    }
}
