import CLMDB
import Store

/// The series as one read transaction sees them.
struct SeriesSnapshot {
    let environment: LMDBEnvironment
    let transaction: LMDBTransaction

    /// The header of a series; throws `.notFound`.
    func header(_ key: SeriesKey) throws(StoreError) -> SeriesHeader {
        let editor = SeriesEditor(environment: environment, transaction: transaction)
        guard let header = try editor.header(key) else { throw StoreError(.notFound, "series \(key)") }
        return header
    }

    /// A part of a series: its slices and the stored columns asked for.
    private func selection(
        _ key: SeriesKey, _ range: SeriesRange, _ names: [String]?
    ) throws(StoreError) -> (chunks: ChunkTable, slices: [ChunkTable.Slice], columns: [Int], names: [String]) {
        let header = try header(key)
        var columns: [Int] = []
        for name in names ?? header.columns {
            guard let index = header.columns.firstIndex(of: name) else {
                throw StoreError(.notFound, "column \(name) of \(key)")
            }
            columns.append(index + 1)
        }
        let chunks = ChunkTable(
            transaction: transaction, table: environment.chunks, id: header.id, helpers: environment.helpers)
        return (chunks, try chunks.slices(range), columns, names ?? header.columns)
    }

    /// Copies rows out. `help` may pass the copying on to another thread; it is called for large reads only.
    func read(
        _ key: SeriesKey, _ range: SeriesRange, _ names: [String]?, help: (ColumnCopy) -> Void
    ) throws(StoreError) -> SeriesColumns {
        let (chunks, slices, columns, names) = try selection(key, range, names)
        var pieces: [[ColumnCopy.Piece]] = []
        for column in [ChunkKey.times] + columns {
            var found: [ColumnCopy.Piece] = []
            for slice in slices { found.append(try piece(chunks, column, slice)) }
            pieces.append(found)
        }
        let copy = ColumnCopy(pieces, total: slices.reduce(0) { $0 + $1.count })
        if copy.isLarge { help(copy) }
        let rows = copy.run()
        return SeriesColumns(ts: rows.ts, names: names, values: rows.values)
    }

    /// Copies rows of many series out: first where they lie, then all of them.
    func read(
        _ collection: String, _ names: [String], _ range: SeriesRange, _ asked: [String]
    ) throws(StoreError) -> SeriesRows {
        let editor = SeriesEditor(environment: environment, transaction: transaction)
        let cursor = try LMDBCursor(transaction, environment.chunks)
        defer { cursor.close() }
        var pieces = [[ColumnCopy.Piece]](repeating: [], count: asked.count + 1), total = 0, ends: [Int] = []
        ends.reserveCapacity(names.count)
        for name in names {
            if let header = try editor.header(SeriesKey(collection: collection, name: name)),
               let columns = header.places(asked) {
                let chunks = ChunkTable(
                    transaction: transaction, table: environment.chunks, id: header.id, helpers: environment.helpers)
                for slice in try chunks.slices(range, cursor) {
                    for (place, column) in ([ChunkKey.times] + columns).enumerated() {
                        pieces[place].append(try piece(chunks, column, slice))
                    }
                    total += slice.count
                }
            }
            ends.append(total)
        }
        let rows = ColumnCopy(pieces, total: total).run()
        return SeriesRows(ts: rows.ts, values: rows.values, ends: ends)
    }

    /// The rows of a slice in one column.
    private func piece(
        _ chunks: ChunkTable, _ column: Int, _ slice: ChunkTable.Slice
    ) throws(StoreError) -> ColumnCopy.Piece {
        let bytes = try chunks.column(column, of: slice.first)
        if let bytes { try checkLength(bytes, slice) }
        let part = bytes.map { UnsafeRawBufferPointer(rebasing: $0[slice.lower * 8..<slice.upper * 8]) }
        return ColumnCopy.Piece(bytes: part, count: slice.count)
    }

    /// Lends rows chunk by chunk.
    func visit(
        _ key: SeriesKey, _ range: SeriesRange, _ names: [String]?,
        _ body: (borrowing SeriesChunkView) throws(StoreError) -> Void
    ) throws(StoreError) {
        let (chunks, slices, columns, _) = try selection(key, range, names)
        for slice in slices {
            let scratch = Scratch()
            let ts = scratch.aligned(slice, try chunks.times(of: slice.first), as: Int64.self)
            var lent: [UnsafeBufferPointer<Double>] = []
            for column in columns {
                if let bytes = try chunks.column(column, of: slice.first) {
                    try checkLength(bytes, slice)
                    lent.append(scratch.aligned(slice, bytes, as: Double.self))
                } else {
                    lent.append(scratch.repeating(.nan, slice.count))
                }
            }
            try withExtendedLifetime(scratch) { () throws(StoreError) in
                try body(SeriesChunkView(ts: ts, columns: lent))
            }
        }
    }

    /// The headers of a collection.
    func list(
        _ collection: String, _ prefix: String, _ limit: Int, _ after: String?
    ) throws(StoreError) -> [SeriesInfo] {
        let start = SeriesHeader.prefix(collection), wanted = start + Array(prefix.utf8)
        // No name holds a zero byte: one more makes the next possible key.
        let past = after.map { start + Array($0.utf8) + [0] } ?? wanted
        let from = wanted.lexicographicallyPrecedes(past) ? past : wanted
        let cursor = try LMDBCursor(transaction, environment.series)
        defer { cursor.close() }
        var found: [SeriesInfo] = []
        var entry = try from.withRawBytes { bytes throws(StoreError) in try cursor.seek(bytes) }
        while found.count < limit, let here = entry, here.key.starts(with: wanted) {
            let name = String(decoding: here.key.dropFirst(start.count), as: UTF8.self)
            found.append(try SeriesHeader(here.value).info(SeriesKey(collection: collection, name: name)))
            entry = try cursor.next()
        }
        return found
    }

    private func checkLength(_ bytes: UnsafeRawBufferPointer, _ slice: ChunkTable.Slice) throws(StoreError) {
        guard bytes.count >= slice.upper * 8 else {
            throw StoreError(.corrupted, "chunk \(slice.first): \(bytes.count) bytes for \(slice.upper) rows")
        }
    }
}

/// Memory for what cannot be lent from the map: small values at odd addresses, and columns a chunk does not have.
private final class Scratch {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    /// The rows of a slice, where they lie or, when that is not aligned, copied.
    func aligned<T: BitwiseCopyable>(
        _ slice: ChunkTable.Slice, _ bytes: UnsafeRawBufferPointer, as type: T.Type
    ) -> UnsafeBufferPointer<T> {
        let part = UnsafeRawBufferPointer(rebasing: bytes[slice.lower * 8..<slice.upper * 8])
        if Int(bitPattern: part.baseAddress) % 8 == 0 { return part.assumingMemoryBound(to: T.self) }
        let copy = allocate(part.count)
        copy.copyMemory(from: part)
        return UnsafeBufferPointer(copy.bindMemory(to: T.self))
    }

    func repeating(_ value: Double, _ count: Int) -> UnsafeBufferPointer<Double> {
        let values = allocate(count * 8).bindMemory(to: Double.self)
        values.initialize(repeating: value)
        return UnsafeBufferPointer(values)
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        if let start = block.baseAddress { blocks.append(start) }
        return block
    }
}
