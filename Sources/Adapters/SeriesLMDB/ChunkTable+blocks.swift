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
        try piece(first, column + 1, values.count, [(.numbers(values), 0..<values.count)]).fill()
    }

    /// Cuts blocks that follow each other in time into chunks of `pieceRows` and writes them.
    func store(_ blocks: [SeriesBlock], pieceRows: Int) throws(StoreError) {
        let total = blocks.reduce(0) { $0 + $1.ts.count }
        let columns = blocks.reduce(0) { max($0, $1.columns.count) }
        let shared = ChunkFill.isLarge(pieces: total / pieceRows * (columns + 1), rows: min(total, pieceRows))
        var pieces: [ChunkFill.Piece] = []
        for start in stride(from: 0, to: total, by: pieceRows) {
            try cut(blocks, start..<min(start + pieceRows, total), columns: columns) { piece in
                // Room of less than a page moves with the next entry: it is filled at once.
                if shared && piece.room.count >= Self.ownPages { pieces.append(piece) } else { piece.fill() }
            }
        }
        guard !pieces.isEmpty else { return }
        let fill = ChunkFill(pieces)
        helpers.offer(fill)
        fill.run()
    }

    /// From this size on LMDB gives a value pages of its own.
    private static let ownPages = 1 << 14

    /// Makes room for the chunk of rows `range`, counted over all blocks, a column at a time.
    private func cut(
        _ blocks: [SeriesBlock], _ range: Range<Int>, columns: Int, _ take: (ChunkFill.Piece) -> Void
    ) throws(StoreError) {
        var parts: [(block: SeriesBlock, range: Range<Int>)] = []
        var position = 0
        for block in blocks {
            let lower = max(range.lowerBound, position), upper = min(range.upperBound, position + block.ts.count)
            if lower < upper { parts.append((block, lower - position..<upper - position)) }
            position += block.ts.count
        }
        let first = parts[0].block.ts[parts[0].range.lowerBound]
        take(try piece(first, ChunkKey.times, range.count, parts.map { (.times($0.block.ts), $0.range) }))
        for column in 0..<columns where parts.contains(where: { $0.block.columns[column] != nil }) {
            let values = parts.map { part in
                (part.block.columns[column].map(ChunkFill.Values.numbers) ?? .absent, part.range)
            }
            take(try piece(first, column + 1, range.count, values))
        }
    }

    private func piece(
        _ first: Int64, _ column: Int, _ rows: Int, _ parts: [(ChunkFill.Values, Range<Int>)]
    ) throws(StoreError) -> ChunkFill.Piece {
        let room = try ChunkKey(id: id, first: first, column: column).withBytes { bytes throws(StoreError) in
            try transaction.reserve(table, bytes, count: rows * 8)
        }
        return ChunkFill.Piece(room: UnsafeMutableRawBufferPointer(start: room, count: rows * 8), parts: parts)
    }

    private func copy<T: BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer, as type: T.Type) -> [T] {
        [T](unsafeUninitializedCapacity: bytes.count / 8) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            count = bytes.count / 8
        }
    }
}

extension SeriesBlock {
    /// The rows from `start` on.
    func suffix(from start: Int) -> SeriesBlock {
        SeriesBlock(ts: Array(ts[start...]), columns: columns.map { $0.map { Array($0[start...]) } })
    }
}
