import Market
import Store

/// What the `series` table holds of one series.
struct SeriesHeader: Equatable {
    var id: UInt64
    var rows = 0
    var first: Int64 = 0
    var last: Int64 = 0
    var version = 0
    var recordedAt: Int64 = 0
    var columns: [String] = []

    init(id: UInt64) { self.id = id }

    /// Six little-endian 64-bit integers, then for each column a length byte and UTF-8.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        let numbers = [Int64(bitPattern: id), Int64(rows), first, last, Int64(version), recordedAt]
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        for column in columns {
            bytes.append(UInt8(column.utf8.count))
            bytes.append(contentsOf: column.utf8)
        }
        return bytes
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        guard bytes.count >= 48 else { throw StoreError(.corrupted, "series header of \(bytes.count) bytes") }
        func number(_ index: Int) -> Int64 {
            Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
        }
        id = UInt64(bitPattern: number(0))
        rows = Int(number(1))
        first = number(2)
        last = number(3)
        version = Int(number(4))
        recordedAt = number(5)
        var offset = 48
        while offset < bytes.count {
            let end = offset + 1 + Int(bytes[offset])
            guard end <= bytes.count else { throw StoreError(.corrupted, "series header cut short") }
            columns.append(String(decoding: bytes[offset + 1..<end], as: UTF8.self))
            offset = end
        }
    }

    /// Where columns of these names are kept; nil where one is not there.
    func places(_ names: [String]) -> [Int]? {
        let found = names.compactMap { columns.firstIndex(of: $0).map { $0 + 1 } }
        return found.count == names.count ? found : nil
    }

    /// The key in the `series` table.
    static func key(_ key: SeriesKey) -> [UInt8] { prefix(key.collection) + Array(key.name.utf8) }

    /// What the keys of a collection start with.
    static func prefix(_ collection: String) -> [UInt8] { Array(collection.utf8) + [0] }

    func info(_ key: SeriesKey) -> SeriesInfo {
        SeriesInfo(
            key: key, first: Timestamp(nanoseconds: first), last: Timestamp(nanoseconds: last), rows: rows,
            version: version, columns: columns, recordedAt: Timestamp(nanoseconds: recordedAt))
    }
}
