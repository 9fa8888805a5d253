import Store

/// Rows on their way to a table: of the series with this number, and the place of both in a batch.
struct SeriesCopy {
    let index: Int, series: Int64, rows: SeriesColumns
}

/// Rows in PostgreSQL's binary COPY format: big-endian fields, each after its length; NaN is a null.
enum SeriesBinary {
    /// `PGCOPY`, a line end of every kind, a zero; no flags; no extension.
    static let header: [UInt8] = [80, 71, 67, 79, 80, 89, 10, 255, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    static let trailer: [UInt8] = [255, 255]

    /// The most bytes one row of so many columns takes.
    static func rowBytes(_ columns: Int) -> Int { 2 + 12 * (columns + 2) }

    /// Writes rows of a series; returns how many bytes they took of `out`, which must be large enough.
    static func encode(
        series: Int64, _ rows: SeriesColumns, _ range: Range<Int>, into out: UnsafeMutableRawPointer
    ) -> Int {
        var place = out
        func put<T: FixedWidthInteger>(_ value: T) {
            place.storeBytes(of: value.bigEndian, as: T.self)
            place += MemoryLayout<T>.size
        }
        for row in range {
            put(Int16(truncatingIfNeeded: rows.names.count + 2))
            put(Int32(8))
            put(series)
            put(Int32(8))
            put(rows.ts[row])
            for column in rows.values.indices {
                let value = rows.values[column][row]
                if value.isNaN {
                    put(Int32(-1))
                } else {
                    put(Int32(8))
                    put(value.bitPattern)
                }
            }
        }
        return place - out
    }
}

/// Rows that arrive in the binary COPY format, gathered into columns of one block of memory and lent a chunk at a time.
final class SeriesGatherer {
    private static let capacity = 16_384
    private let times: UnsafeMutableBufferPointer<Int64>
    private let values: UnsafeMutableBufferPointer<Double>
    private let columns: Int
    private var count = 0
    private var hasHeader = false

    init(columns: Int) {
        self.columns = columns
        times = .allocate(capacity: Self.capacity)
        values = .allocate(capacity: Self.capacity * max(1, columns))
    }

    deinit {
        times.deallocate()
        values.deallocate()
    }

    /// Takes one message of the server; `lend` is called for each chunk that is full. Throws `.corrupted` for what is
    /// not rows of one time and the columns.
    func take(
        _ message: UnsafeRawBufferPointer, _ lend: (borrowing SeriesChunkView) throws(StoreError) -> Void
    ) throws(StoreError) {
        var place = 0
        func integer<T: FixedWidthInteger>(_ type: T.Type) throws(StoreError) -> T {
            guard place + MemoryLayout<T>.size <= message.count else { throw Self.damaged }
            defer { place += MemoryLayout<T>.size }
            return T(bigEndian: message.loadUnaligned(fromByteOffset: place, as: T.self))
        }
        if !hasHeader {
            guard message.starts(with: SeriesBinary.header.prefix(11)) else { throw Self.damaged }
            place = 15
            place += Int(try integer(Int32.self))
            hasHeader = true
        }
        while place < message.count {
            let fields = try integer(Int16.self)
            if fields == -1 { return }
            guard Int(fields) == columns + 1, try integer(Int32.self) == 8 else { throw Self.damaged }
            times[count] = try integer(Int64.self)
            for column in 0..<columns {
                let length = try integer(Int32.self)
                guard length == 8 || length == -1 else { throw Self.damaged }
                values[column * Self.capacity + count] =
                    length == 8 ? Double(bitPattern: try integer(UInt64.self)) : .nan
            }
            count += 1
            if count == Self.capacity { try flush(lend) }
        }
    }

    /// Lends what is left.
    func flush(_ lend: (borrowing SeriesChunkView) throws(StoreError) -> Void) throws(StoreError) {
        if count == 0 { return }
        try lend(SeriesChunkView(
            ts: UnsafeBufferPointer(rebasing: times[..<count]),
            columns: (0..<columns).map { column in
                UnsafeBufferPointer(rebasing: values[column * Self.capacity..<column * Self.capacity + count])
            }))
        count = 0
    }

    private static let damaged = StoreError(.corrupted, "rows of PostgreSQL")
}
