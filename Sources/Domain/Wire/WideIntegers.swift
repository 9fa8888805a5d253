/// Whole numbers of JSON that 64 bits do not hold.
enum WideIntegers {
    /// The fewest digits that may be too many.
    private static let digits = 19

    /// The same document with an exponent of nothing behind each long whole number that no 64 bits hold, which makes it a
    /// Double; nil where there is none. What is no JSON stays so.
    static func asDoubles(_ bytes: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = [], copied = 0, place = 0
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""): place = end(ofString: place, bytes)
            case UInt8(ascii: "-"), 48...57:
                let start = place
                place += 1
                while place < bytes.count, isOfNumber(bytes[place]) { place += 1 }
                if place - start >= digits, isTooWide(bytes[start..<place]) {
                    out += bytes[copied..<place]
                    out += [UInt8(ascii: "e"), 48]
                    copied = place
                }
            default: place += 1
            }
        }
        return copied == 0 ? nil : out + bytes[copied...]
    }

    private static func end(ofString start: Int, _ bytes: [UInt8]) -> Int {
        var place = start + 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return place + 1
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || [UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte)
            || byte | 32 == UInt8(ascii: "e")
    }

    /// Whether it is digits alone, which no 64 bits hold.
    private static func isTooWide(_ text: ArraySlice<UInt8>) -> Bool {
        let isNegative = text.first == UInt8(ascii: "-"), digits = isNegative ? text.dropFirst() : text
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return false }
        let text = String(decoding: text, as: UTF8.self)
        return isNegative ? Int64(text) == nil : UInt64(text) == nil
    }
}
