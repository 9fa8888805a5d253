import Store

/// Rows in ordinary memory on their way into chunks. `columns[i]` is the header's column i; nil is NaN throughout.
struct SeriesBlock {
    var ts: [Int64]
    var columns: [[Double]?]

    /// What merging did, apart from appended rows.
    struct Merge: Equatable {
        var inserted = 0
        var restated = 0
        var unchanged = 0
        /// Columns in which a value was changed; all of them where a row was inserted.
        var touched: Set<Int> = []
    }

    /// Puts rows `range` of another block in by their time. A column `rows` does not have keeps its values.
    mutating func merge(_ rows: SeriesBlock, _ range: Range<Int>) -> Merge {
        var result = Merge()
        var places: [Int] = []
        var isNew: [Bool] = []
        places.reserveCapacity(range.count)
        var low = 0
        for row in range {
            low = lowerBound(rows.ts[row], from: low)
            places.append(low)
            let stored = low < ts.count && ts[low] == rows.ts[row]
            isNew.append(!stored)
            if !stored { result.inserted += 1 }
        }
        var differs = [Bool](repeating: false, count: range.count)
        for column in columns.indices {
            guard let values = rows.columns[column] else { continue }
            restate(column, values, range, places, isNew, &differs, &result)
        }
        for (offset, isNew) in isNew.enumerated() where !isNew {
            if differs[offset] { result.restated += 1 } else { result.unchanged += 1 }
        }
        if result.inserted > 0 {
            insert(rows, range, places, isNew, result.inserted)
            result.touched = Set(columns.indices)
        }
        return result
    }

    /// The first row at or after a time, looked for near `start` first: rows arrive in order.
    private func lowerBound(_ time: Int64, from start: Int) -> Int {
        var step = 1, low = start, high = start
        while high < ts.count && ts[high] < time {
            low = high + 1
            high += step
            step <<= 1
        }
        high = min(high, ts.count)
        while low < high {
            let middle = (low + high) >> 1
            if ts[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func restate(
        _ column: Int, _ values: [Double], _ range: Range<Int>, _ places: [Int], _ isNew: [Bool],
        _ differs: inout [Bool], _ result: inout Merge
    ) {
        for (offset, row) in range.enumerated() where !isNew[offset] {
            let new = values[row], old = columns[column]?[places[offset]] ?? .nan
            if new == old || (new.isNaN && old.isNaN) { continue }
            if columns[column] == nil { columns[column] = Array(repeating: .nan, count: ts.count) }
            columns[column]![places[offset]] = new
            differs[offset] = true
            result.touched.insert(column)
        }
    }

    private mutating func insert(
        _ rows: SeriesBlock, _ range: Range<Int>, _ places: [Int], _ isNew: [Bool], _ inserted: Int
    ) {
        let count = ts.count
        func spread<T>(_ stored: [T], _ new: (Int) -> T) -> [T] {
            var merged: [T] = []
            merged.reserveCapacity(count + inserted)
            var done = 0
            for (offset, row) in range.enumerated() where isNew[offset] {
                merged.append(contentsOf: stored[done..<places[offset]])
                done = places[offset]
                merged.append(new(row))
            }
            merged.append(contentsOf: stored[done...])
            return merged
        }
        ts = spread(ts) { rows.ts[$0] }
        for column in columns.indices {
            let new = rows.columns[column]
            if columns[column] == nil && new == nil { continue }
            columns[column] = spread(columns[column] ?? Array(repeating: .nan, count: count)) { new?[$0] ?? .nan }
        }
    }
}
