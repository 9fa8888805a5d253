/// Rows as columns: a time and some doubles each. NaN stands for a value that is not there.
public struct SeriesColumns: Sendable, Hashable {
    /// Epoch nanoseconds, strictly rising.
    public var ts: [Int64]
    /// Column names, without repetition.
    public var names: [String]
    /// `values[i]` is the column `names[i]`, as long as `ts`.
    public var values: [[Double]]

    /// Makes columns; `check` tells whether a store takes them.
    public init(ts: [Int64], names: [String], values: [[Double]]) {
        self.ts = ts
        self.names = names
        self.values = values
    }

    /// Number of rows.
    public var count: Int { ts.count }

    /// The column of that name; nil where there is none.
    public func column(_ name: String) -> [Double]? { names.firstIndex(of: name).map { values[$0] } }

    /// Equality with NaN equal to NaN.
    public static func == (a: SeriesColumns, b: SeriesColumns) -> Bool {
        a.ts == b.ts && a.names == b.names && a.values.count == b.values.count
            && zip(a.values, b.values).allSatisfy { x, y in
                x.count == y.count && zip(x, y).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
            }
    }

    /// Hashes the times and names.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ts)
        hasher.combine(names)
    }

    /// Most columns a series may have.
    public static let columnLimit = 4_096

    /// Throws `.invalidInput` where lengths differ, a name is empty, repeated or longer than 255 bytes, or the times
    /// do not strictly rise.
    public func check() throws(StoreError) {
        guard values.count == names.count, values.allSatisfy({ $0.count == ts.count }) else {
            throw StoreError(.invalidInput, "columns of different lengths")
        }
        guard names.count <= Self.columnLimit, Set(names).count == names.count,
            names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 255 })
        else { throw StoreError(.invalidInput, "column names \(names.prefix(20))") }
        for index in 1..<max(1, ts.count) where ts[index] <= ts[index - 1] {
            throw StoreError(.invalidInput, "times must rise: row \(index) is at \(ts[index]) after \(ts[index - 1])")
        }
    }
}
