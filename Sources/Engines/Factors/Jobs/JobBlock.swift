/// The values of some factors that follow each other.
struct JobBlock: Sendable {
    /// Bytes of the digest of one expression.
    static let digestSize = 16

    let number: Int
    /// By factor and instrument.
    let values: [[Double]]
    /// Of the expression of each factor, one behind the other.
    var digests: [UInt8] = []
    let failed: Int

    /// Factors without a single value that are known all the same.
    var empty: Int { values.count { $0.allSatisfy(\.isNaN) } - failed }

    /// Doubles one behind the other, the lowest byte first.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(values.count * (values.first?.count ?? 0) * 8)
        for value in values.lazy.flatMap({ $0 }) {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { out.append(contentsOf: $0) }
        }
        return out
    }

    /// What `bytes` gave, an item a factor.
    static func values(_ bytes: [UInt8], instruments: Int) -> [[Double]] {
        guard instruments > 0 else { return [] }
        let flat = stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) })
        }
        return stride(from: 0, to: flat.count, by: instruments).map { start in
            Array(flat[start..<min(flat.count, start + instruments)])
        }
    }

    /// The digest of one factor as text; empty where there is none.
    static func digest(_ digests: [UInt8], _ place: Int) -> String {
        let start = place * digestSize
        return start + digestSize <= digests.count ? hexadecimal(digests[start..<(start + digestSize)]) : ""
    }
}

/// Bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.underestimatedCount * 2)
    for byte in bytes {
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }
    return String(decoding: text, as: UTF8.self)
}
