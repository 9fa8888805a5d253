/// Takes a body in chunks apart (RFC 9112 §7.1), strictly: sizes are plain hexadecimal, every line ends in CR LF.
/// Extensions and trailers are read over, within bounds.
struct ChunkDecoder {
    /// Bytes of a chunk's extensions, and of all trailers together; more is refused.
    static let overheadLimit = 4096

    private enum Place: Equatable {
        case size, gap, extensions, sizeEnd, data, dataReturn, dataEnd
        /// Trailers: a line's first byte, its name, its value, its end; and the end of the whole.
        case lineStart, name, value, lineEnd, lastEnd
    }

    private var place = Place.size
    private var size = 0, digits = 0, overhead = 0

    /// Takes bytes from `next` on and appends what is data to `body`; true at the end of the body. Throws 413 where the
    /// body would have more than `limit` bytes.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ next: inout Int, into body: inout [UInt8], limit: Int
    ) throws(Refusal) -> Bool {
        while next < bytes.count {
            if place == .data {
                let count = min(size, bytes.count - next)
                body.append(contentsOf: bytes.part(next, next + count))
                next += count
                size -= count
                if size == 0 { place = .dataReturn }
                continue
            }
            let byte = bytes[next]
            next += 1
            if place == .lastEnd {
                guard byte == 10 else { throw .malformed("a chunked body does not end in CR LF") }
                return true
            }
            if place == .size {
                try readSize(byte, room: limit - body.count, limit)
            } else {
                try readRest(byte)
            }
        }
        return false
    }

    private mutating func readSize(_ byte: UInt8, room: Int, _ limit: Int) throws(Refusal) {
        if let digit = Self.hexadecimal(byte) {
            digits += 1
            size = size << 4 | digit
            if digits > 15 || size > room { throw Self.tooLarge(limit) }
            return
        }
        guard digits > 0 else { throw .malformed("a chunk has no size") }
        switch byte {
        case 13: place = .sizeEnd
        case UInt8(ascii: ";"): place = .extensions
        case 9, 32: place = .gap
        default: throw .malformed("a chunk's size is no hexadecimal number")
        }
    }

    private mutating func readRest(_ byte: UInt8) throws(Refusal) {
        switch place {
        case .gap:
            try count()
            guard byte == UInt8(ascii: ";") || Octet.isBlank(byte) else { throw .malformed("a chunk's size has a space") }
            if byte == UInt8(ascii: ";") { place = .extensions }
        case .extensions:
            try count()
            if byte == 13 { place = .sizeEnd } else { try visible(byte) }
        case .sizeEnd:
            guard byte == 10 else { throw .malformed("a chunk's size does not end in CR LF") }
            place = size == 0 ? .lineStart : .data
            digits = 0
            overhead = 0
        case .dataReturn:
            guard byte == 13 else { throw .malformed("a chunk is longer than its size") }
            place = .dataEnd
        case .dataEnd:
            guard byte == 10 else { throw .malformed("a chunk does not end in CR LF") }
            place = .size
        default: try readTrailer(byte)
        }
    }

    private mutating func readTrailer(_ byte: UInt8) throws(Refusal) {
        try count()
        switch place {
        case .lineStart where byte == 13: place = .lastEnd
        case .lineStart where Octet.isToken(byte): place = .name
        case .name where byte == UInt8(ascii: ":"): place = .value
        case .name where Octet.isToken(byte): break
        case .value where byte == 13: place = .lineEnd
        case .value: try visible(byte)
        case .lineEnd where byte == 10: place = .lineStart
        default: throw .malformed("a chunked body ends in a broken trailer")
        }
    }

    private func visible(_ byte: UInt8) throws(Refusal) {
        if !Octet.isFieldContent(byte) { throw .malformed("a chunked body has a control character between its chunks") }
    }

    private mutating func count() throws(Refusal) {
        overhead += 1
        if overhead > Self.overheadLimit { throw .malformed("a chunk's extensions or the trailers are too long") }
    }

    static func tooLarge(_ limit: Int) -> Refusal { Refusal(status: 413, detail: "the body may have at most \(limit) bytes") }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 48...57: Int(byte) - 48
        case 65...70: Int(byte) - 55
        case 97...102: Int(byte) - 87
        default: nil
        }
    }
}
