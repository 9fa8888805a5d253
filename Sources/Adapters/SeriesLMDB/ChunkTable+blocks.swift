import Store

/// Chunks from and to ordinary memory.
extension ChunkTable {
    /// Copies a chunk out.
    func load(_ place: Place, columns: Int) throws(StoreError) -> SeriesBlock {
        var block = SeriesBlock(ts: try copy(times(of: place.first), as: Int64.self), columns: [])
        block.columns.reserveCapacity(columns)
        for index in 0..<columns {
            guard let bytes = try column(index + 1, of: place.first) else {
                block.columns.append(nil)
                continue
            }
            guard bytes.count == place.rows * 8 else {
                throw StoreError(.corrupted, "column \(index) of chunk \(place.first) of series \(id)")
            }
            block.columns.append(copy(bytes, as: Double.self))
        }
        return block
    }

    /// Removes a chunk.
    func remove(_ place: Place, columns: Int) throws(StoreError) {
        for column in 0...columns {
            try ChunkKey(id: id, first: place.first, column: column).withBytes { bytes throws(StoreError) in
                _ = try transaction.delete(table, bytes)
            }
        }
    }

    /// Replaces one column of a chunk.
    func store(_ values: [Double], _ column: Int, of first: Int64) throws(StoreError) {
        try reserve(first, column + 1, rows: values.count).copy(values, 0..<values.count, to: 0)
    }

    /// Cuts blocks that follow each other in time into chunks of `pieceRows` and writes them.
    func store(_ blocks: [SeriesBlock], pieceRows: Int) throws(StoreError) {
        let total = blocks.reduce(0) { $0 + $1.ts.count }
        let columns = blocks.reduce(0) { max($0, $1.columns.count) }
        var start = 0
        while start < total {
            let rows = min(pieceRows, total - start)
            var parts: [(block: SeriesBlock, range: Range<Int>, offset: Int)] = []
            var position = 0
            for block in blocks {
                let lower = max(start, position), upper = min(start + rows, position + block.ts.count)
                if lower < upper { parts.append((block, lower - position..<upper - position, lower - start)) }
                position += block.ts.count
            }
            let first = parts[0].block.ts[parts[0].range.lowerBound]
            let times = try reserve(first, ChunkKey.times, rows: rows)
            for part in parts { times.copy(part.block.ts, part.range, to: part.offset) }
            for column in 0..<columns where parts.contains(where: { $0.block.columns[column] != nil }) {
                let room = try reserve(first, column + 1, rows: rows)
                for part in parts {
                    if let values = part.block.columns[column] {
                        room.copy(values, part.range, to: part.offset)
                    } else {
                        room.fill(.nan, part.range.count, at: part.offset)
                    }
                }
            }
            start += rows
        }
    }

    private func reserve(_ first: Int64, _ column: Int, rows: Int) throws(StoreError) -> UnsafeMutableRawPointer {
        try ChunkKey(id: id, first: first, column: column).withBytes { bytes throws(StoreError) in
            try transaction.reserve(table, bytes, count: rows * 8)
        }
    }

    private func copy<T: BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer, as type: T.Type) -> [T] {
        [T](unsafeUninitializedCapacity: bytes.count / 8) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            count = bytes.count / 8
        }
    }
}

extension UnsafeMutableRawPointer {
    /// Copies 8-byte values in; `offset` counts values. The memory needs no alignment.
    fileprivate func copy<T: BitwiseCopyable>(_ values: [T], _ range: Range<Int>, to offset: Int) {
        values.withUnsafeBytes { bytes in
            (self + offset * 8).copyMemory(from: bytes.baseAddress! + range.lowerBound * 8, byteCount: range.count * 8)
        }
    }

    fileprivate func fill(_ value: Double, _ count: Int, at offset: Int) {
        for index in offset..<offset + count { storeBytes(of: value, toByteOffset: index * 8, as: Double.self) }
    }
}

extension SeriesBlock {
    /// The rows from `start` on.
    func suffix(from start: Int) -> SeriesBlock {
        SeriesBlock(ts: Array(ts[start...]), columns: columns.map { $0.map { Array($0[start...]) } })
    }
}
