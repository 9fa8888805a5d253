import Store

/// Key of one column of one chunk. The integers are big-endian in memory, so that LMDB's byte order is their order.
struct ChunkKey {
    /// Column 0 holds the times.
    static let times = 0
    /// Above every column.
    static let beyond = Int(UInt16.max)
    static let size = 18

    private var storedID: UInt64
    private var storedFirst: UInt64
    private var storedColumn: UInt16

    init(id: UInt64, first: Int64, column: Int) {
        storedID = id.bigEndian
        storedFirst = (UInt64(bitPattern: first) ^ (1 << 63)).bigEndian
        storedColumn = UInt16(column).bigEndian
    }

    /// Reads a stored key.
    init(_ bytes: UnsafeRawBufferPointer) {
        storedID = bytes.loadUnaligned(as: UInt64.self)
        storedFirst = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        storedColumn = bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self)
    }

    var id: UInt64 { UInt64(bigEndian: storedID) }
    var first: Int64 { Int64(bitPattern: UInt64(bigEndian: storedFirst) ^ (1 << 63)) }
    var column: Int { Int(UInt16(bigEndian: storedColumn)) }

    /// Lends the bytes.
    func withBytes<T>(_ body: (UnsafeRawBufferPointer) throws(StoreError) -> T) throws(StoreError) -> T {
        try withUnsafePointer(to: self) { pointer throws(StoreError) in
            try body(UnsafeRawBufferPointer(start: pointer, count: Self.size))
        }
    }
}
