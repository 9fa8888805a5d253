/// Builds a FlatBuffer back to front, as its format wants: children first, offsets forward. Enough for Arrow's
/// metadata.
struct FlatBufferBuilder {
    /// The buffer reversed: appending here is prepending there.
    private var reversed: [UInt8] = []
    private var alignment = 1

    /// A position counted from the buffer's end.
    typealias Position = Int

    var position: Position { reversed.count }

    /// Pads so that after `count` more bytes the position is a multiple of `size`.
    mutating func align(_ size: Int, after count: Int = 0) {
        alignment = max(alignment, size)
        while (reversed.count + count) % size != 0 { reversed.append(0) }
    }

    /// Prepends a little-endian number.
    mutating func put<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes in reversed.append(contentsOf: bytes.reversed()) }
    }

    mutating func string(_ text: String) -> Position {
        let utf8 = Array(text.utf8)
        align(4, after: utf8.count + 1)
        reversed.append(0)
        reversed.append(contentsOf: utf8.reversed())
        put(UInt32(utf8.count))
        return position
    }

    /// A vector of offsets to tables.
    mutating func vector(offsets: [Position]) -> Position {
        align(4, after: offsets.count * 4)
        for target in offsets.reversed() { putOffset(target) }
        put(UInt32(offsets.count))
        return position
    }

    /// A vector of structs of two 64-bit numbers.
    mutating func vector(pairs: [(Int64, Int64)]) -> Position {
        align(4, after: pairs.count * 16)
        align(8, after: pairs.count * 16)
        for (first, second) in pairs.reversed() {
            put(second)
            put(first)
        }
        put(UInt32(pairs.count))
        return position
    }

    private mutating func putOffset(_ target: Position) { put(UInt32(position + 4 - target)) }

    /// A field of a table, in its slot.
    enum Field {
        case offset(slot: Int, Position), byte(slot: Int, UInt8), short(slot: Int, Int16), long(slot: Int, Int64)

        var slot: Int {
            switch self {
            case .offset(let slot, _), .byte(let slot, _), .short(let slot, _), .long(let slot, _): slot
            }
        }
    }

    mutating func table(_ fields: [Field]) -> Position {
        var places: [Int: Position] = [:]
        let end = position
        for field in fields {
            switch field {
            case .offset(_, let target):
                align(4)
                putOffset(target)
            case .byte(_, let value): put(value)
            case .short(_, let value):
                align(2)
                put(value)
            case .long(_, let value):
                align(8)
                put(value)
            }
            places[field.slot] = position
        }
        align(4)
        let slots = (fields.map(\.slot).max() ?? -1) + 1
        put(Int32(4 + slots * 2))  // the table starts with the distance back to its vtable, which lies just before it
        let start = position
        for slot in stride(from: slots - 1, through: 0, by: -1) {
            put(UInt16(places[slot].map { start - $0 } ?? 0))
        }
        put(UInt16(start - end))
        put(UInt16(4 + slots * 2))
        return start
    }

    /// The finished bytes with `root` first, a multiple of 8 long.
    mutating func finish(root: Position) -> [UInt8] {
        align(max(alignment, 8), after: 4)
        putOffset(root)
        return reversed.reversed()
    }
}
