import CLMDB
import Market
import Store

/// Applies writes to series inside one transaction.
struct SeriesEditor {
    let environment: LMDBEnvironment
    let transaction: LMDBTransaction

    /// The header of a series; nil where there is none.
    func header(_ key: SeriesKey) throws(StoreError) -> SeriesHeader? {
        let stored = try SeriesHeader.key(key).withRawBytes { bytes throws(StoreError) in
            try transaction.get(environment.series, bytes)
        }
        guard let stored else { return nil }
        return try SeriesHeader(stored)
    }

    /// Writes rows that have been checked. Throws `.invalidInput` before it changed anything.
    func write(_ key: SeriesKey, _ rows: SeriesColumns, recordedAt: Timestamp) throws(StoreError) -> SeriesWrite {
        let stored = try header(key)
        if rows.count == 0 { return SeriesWrite(version: stored?.version ?? 0) }
        var header: SeriesHeader
        if let stored { header = stored } else { header = SeriesHeader(id: try nextID()) }
        let added = try checkColumns(header, rows.names, key)
        header.columns += added
        var block = SeriesBlock(ts: rows.ts, columns: Array(repeating: nil, count: header.columns.count))
        for (name, values) in zip(rows.names, rows.values) {
            block.columns[header.columns.firstIndex(of: name)!] = values
        }
        var result = SeriesWrite()
        let tail = stored == nil ? 0 : rows.ts.firstIndex { $0 > header.last } ?? rows.count
        let chunks = ChunkTable(
            transaction: transaction, table: environment.chunks, id: header.id, helpers: environment.helpers)
        try merge(block, 0..<tail, into: chunks, columns: header.columns.count, &result)
        if tail < rows.count {
            try append(block, from: tail, to: chunks, columns: header.columns.count)
            result.appended = rows.count - tail
        }
        if result.changedRows > 0 || !added.isEmpty {
            header.first = stored == nil ? rows.ts[0] : min(header.first, rows.ts[0])
            header.last = stored == nil ? rows.ts[rows.count - 1] : max(header.last, rows.ts[rows.count - 1])
            header.rows += result.appended + result.inserted
            header.version += 1
            header.recordedAt = recordedAt.nanoseconds
            try put(header, key)
        }
        result.version = header.version
        return result
    }

    /// Writes rows of several series that have been checked. Throws `.invalidInput` before it changed anything.
    func write(_ batch: SeriesBatch, recordedAt: Timestamp) throws(StoreError) -> [SeriesWrite] {
        let keys = batch.keys
        for (key, rows) in zip(keys, batch.rows) {
            if let stored = try header(key) { try checkColumns(stored, rows.names, key) }
        }
        var results: [SeriesWrite] = []
        results.reserveCapacity(keys.count)
        for (key, rows) in zip(keys, batch.rows) { results.append(try write(key, rows, recordedAt: recordedAt)) }
        return results
    }

    /// The columns that rows would add. Throws `.invalidInput` where they would be too many.
    @discardableResult
    private func checkColumns(
        _ header: SeriesHeader, _ names: [String], _ key: SeriesKey
    ) throws(StoreError) -> [String] {
        let added = names.filter { !header.columns.contains($0) }
        guard header.columns.count + added.count <= SeriesColumns.columnLimit else {
            throw StoreError(.invalidInput, "\(key) would have more than \(SeriesColumns.columnLimit) columns")
        }
        return added
    }

    /// Removes a series; false where there is none.
    func remove(_ key: SeriesKey) throws(StoreError) -> Bool {
        guard let header = try header(key) else { return false }
        let cursor = try LMDBCursor(transaction, environment.chunks)
        defer { cursor.close() }
        var entry = try ChunkKey(id: header.id, first: .min, column: 0).withBytes { bytes throws(StoreError) in
            try cursor.seek(bytes)
        }
        while let here = entry, ChunkKey(here.key).id == header.id {
            try cursor.delete()
            entry = try cursor.next()
        }
        return try SeriesHeader.key(key).withRawBytes { bytes throws(StoreError) in
            try transaction.delete(environment.series, bytes)
        }
    }

    private func nextID() throws(StoreError) -> UInt64 {
        let id = try transaction.number(environment.meta, "next") ?? 1
        try transaction.setNumber(environment.meta, "next", id + 1)
        return id
    }

    private func put(_ header: SeriesHeader, _ key: SeriesKey) throws(StoreError) {
        let value = header.bytes
        try SeriesHeader.key(key).withRawBytes { key throws(StoreError) in
            try value.withRawBytes { value throws(StoreError) in
                try transaction.put(environment.series, key, value)
            }
        }
    }

    // MARK: Rows before the last stored one

    /// Merges rows into the chunks whose times they fall between; only chunks that change are written.
    private func merge(
        _ block: SeriesBlock, _ range: Range<Int>, into chunks: ChunkTable, columns: Int, _ result: inout SeriesWrite
    ) throws(StoreError) {
        var row = range.lowerBound
        while row < range.upperBound {
            let cursor = try LMDBCursor(transaction, environment.chunks)
            defer { cursor.close() }
            var holder = try chunks.place(atOrBefore: block.ts[row], cursor)
            if holder == nil { holder = try chunks.firstPlace(cursor) }
            guard let place = holder else {
                throw StoreError(.corrupted, "series \(chunks.id) has no chunks")
            }
            let next = try chunks.place(after: place.first, cursor)?.first ?? .max
            var end = row + 1
            while end < range.upperBound && block.ts[end] < next { end += 1 }
            var stored = try chunks.load(place, columns: columns)
            let merge = stored.merge(block, row..<end)
            result.inserted += merge.inserted
            result.restated += merge.restated
            result.unchanged += merge.unchanged
            if merge.inserted > 0 {
                try chunks.remove(place, columns: columns)
                // Even pieces: a chunk that is split has room for the next insertion.
                let pieces = (stored.ts.count + ChunkTable.chunkRows - 1) / ChunkTable.chunkRows
                try chunks.store([stored], pieceRows: (stored.ts.count + pieces - 1) / pieces)
            } else if !merge.touched.isEmpty {
                for column in merge.touched { try chunks.store(stored.columns[column]!, column, of: place.first) }
            }
            row = end
        }
    }

    // MARK: Rows after the last stored one

    /// Appends rows. The chunks at the end are folded into the new one while they are small beside it: then a row
    /// that comes alone rewrites little, and each row is rewritten a handful of times until its chunk is full.
    private func append(_ block: SeriesBlock, from start: Int, to chunks: ChunkTable, columns: Int) throws(StoreError) {
        let folded = try chunksToFold(chunks, appended: block.ts.count - start)
        var segments: [SeriesBlock] = []
        for place in folded { segments.append(try chunks.load(place, columns: columns)) }
        for place in folded { try chunks.remove(place, columns: columns) }
        segments.append(start == 0 ? block : block.suffix(from: start))
        try chunks.store(segments, pieceRows: ChunkTable.chunkRows)
    }

    private func chunksToFold(_ chunks: ChunkTable, appended: Int) throws(StoreError) -> [ChunkTable.Place] {
        let cursor = try LMDBCursor(transaction, environment.chunks)
        defer { cursor.close() }
        var folded: [ChunkTable.Place] = []
        var gathered = appended
        var place = try chunks.place(atOrBefore: .max, cursor)
        while let here = place, Self.folds(here.rows, into: gathered) {
            folded.insert(here, at: 0)
            gathered += here.rows
            place = try chunks.place(before: here, cursor)
        }
        return folded
    }

    /// Whether a chunk of `rows` is rewritten together with `gathered` rows after it.
    static func folds(_ rows: Int, into gathered: Int) -> Bool {
        rows < ChunkTable.chunkRows && (rows < 256 || rows / 4 <= gathered)
    }
}

extension [UInt8] {
    /// Lends the bytes.
    func withRawBytes<T>(_ body: (UnsafeRawBufferPointer) throws(StoreError) -> T) throws(StoreError) -> T {
        try withUnsafeBufferPointer { bytes throws(StoreError) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
