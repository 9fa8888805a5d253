import CLMDB
import Market
import Store

/// The chunks of one series as one transaction sees them.
struct ChunkTable {
    /// Rows of a full chunk: with LMDB's 16 bytes a column fills 128 pages of 4 KiB exactly.
    static let chunkRows = 65_534

    let transaction: LMDBTransaction
    let table: MDB_dbi
    let id: UInt64
    let helpers: SeriesHelpers

    /// First time and rows of a chunk.
    struct Place: Equatable {
        var first: Int64
        var rows: Int
    }

    /// Rows `lower..<upper` of a chunk.
    struct Slice: Equatable {
        var first: Int64
        var lower: Int
        var upper: Int
        var count: Int { upper - lower }
    }

    /// The chunk that would hold a time: the last one that starts at or before it; nil where none does.
    func place(atOrBefore time: Int64, _ cursor: LMDBCursor) throws(StoreError) -> Place? {
        let beyond = ChunkKey(id: id, first: time, column: ChunkKey.beyond)
        let after = try beyond.withBytes { bytes throws(StoreError) in try cursor.seek(bytes) }
        let entry = after == nil ? try cursor.last() : try cursor.previous()
        guard let entry, ChunkKey(entry.key).id == id else { return nil }
        return Place(first: ChunkKey(entry.key).first, rows: entry.value.count / 8)
    }

    /// The first chunk that starts after a time; nil where none does.
    func place(after time: Int64, _ cursor: LMDBCursor) throws(StoreError) -> Place? {
        try place(from: ChunkKey(id: id, first: time, column: ChunkKey.beyond), cursor)
    }

    /// The first chunk of the series.
    func firstPlace(_ cursor: LMDBCursor) throws(StoreError) -> Place? {
        try place(from: ChunkKey(id: id, first: .min, column: 0), cursor)
    }

    /// The chunk before one.
    func place(before place: Place, _ cursor: LMDBCursor) throws(StoreError) -> Place? {
        place.first == .min ? nil : try self.place(atOrBefore: place.first - 1, cursor)
    }

    private func place(from key: ChunkKey, _ cursor: LMDBCursor) throws(StoreError) -> Place? {
        guard let entry = try key.withBytes({ bytes throws(StoreError) in try cursor.seek(bytes) }),
            ChunkKey(entry.key).id == id
        else { return nil }
        return Place(first: ChunkKey(entry.key).first, rows: entry.value.count / 8)
    }

    /// The bytes of one column of a chunk; nil where the chunk does not have it.
    func column(_ column: Int, of first: Int64) throws(StoreError) -> UnsafeRawBufferPointer? {
        try ChunkKey(id: id, first: first, column: column).withBytes { bytes throws(StoreError) in
            try transaction.get(table, bytes)
        }
    }

    /// The times of a chunk.
    func times(of first: Int64) throws(StoreError) -> UnsafeRawBufferPointer {
        guard let bytes = try column(ChunkKey.times, of: first), bytes.count >= 8 else {
            throw StoreError(.corrupted, "chunk \(first) of series \(id) has no times")
        }
        return bytes
    }

    /// Where a range lies, in rising order; touches only the ends of chunks that may be cut.
    func slices(_ range: SeriesRange) throws(StoreError) -> [Slice] {
        let cursor = try LMDBCursor(transaction, table)
        defer { cursor.close() }
        return try slices(range, cursor)
    }

    /// The same with a cursor of the chunks' table, wherever it stands.
    func slices(_ range: SeriesRange, _ cursor: LMDBCursor) throws(StoreError) -> [Slice] {
        let from = range.from?.nanoseconds ?? .min, to = range.to?.nanoseconds ?? .max
        var left = range.limit ?? .max
        var slices: [Slice] = []
        guard from <= to, left > 0 else { return [] }
        if range.keep == .oldest {
            var place = try self.place(atOrBefore: from, cursor)
            if place == nil { place = try firstPlace(cursor) }
            while let here = place, here.first <= to, left > 0 {
                var slice = try cut(here, from, to)
                slice.upper = min(slice.upper, slice.lower + min(left, slice.count))
                left -= slice.count
                if slice.count > 0 { slices.append(slice) }
                place = try self.place(after: here.first, cursor)
            }
        } else {
            var place = try self.place(atOrBefore: to, cursor)
            while let here = place, left > 0 {
                var slice = try cut(here, from, to)
                slice.lower = max(slice.lower, slice.upper - min(left, slice.count))
                left -= slice.count
                if slice.count > 0 { slices.append(slice) }
                place = here.first <= from ? nil : try self.place(before: here, cursor)
            }
            slices.reverse()
        }
        return slices
    }

    private func cut(_ place: Place, _ from: Int64, _ to: Int64) throws(StoreError) -> Slice {
        var slice = Slice(first: place.first, lower: 0, upper: place.rows)
        if from <= place.first && to == .max { return slice }
        let times = try times(of: place.first)
        if from > place.first { slice.lower = times.lowerBound(from, count: place.rows) }
        if to < .max { slice.upper = max(slice.lower, times.lowerBound(to + 1, count: place.rows)) }
        return slice
    }
}

extension UnsafeRawBufferPointer {
    /// How many of the first `count` rising Int64 are below a value. The bytes need no alignment.
    func lowerBound(_ value: Int64, count: Int) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) >> 1
            let here = loadUnaligned(fromByteOffset: middle * 8, as: Int64.self)
            if here < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
