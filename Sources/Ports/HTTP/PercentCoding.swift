/// Percent-decoding of paths and queries.
public enum PercentCoding {
    /// Decoded text; nil for a broken escape, bytes that are not UTF-8, and U+0000, which no store keeps. In a query
    /// `+` is a space.
    public static func decode(_ text: some StringProtocol, plusIsSpace: Bool) -> String? {
        var out: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let a = bytes.next().flatMap(digit), let b = bytes.next().flatMap(digit) else { return nil }
                out.append(a << 4 | b)
            case UInt8(ascii: "+") where plusIsSpace: out.append(32)
            default: out.append(byte)
            }
        }
        return out.contains(0) ? nil : String(validating: out, as: UTF8.self)
    }

    /// `a=1&b=x%20y` as pairs, in their order; nil where an escape is broken.
    public static func query(_ text: String) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(halves[0], plusIsSpace: true),
                  let value = halves.count > 1 ? decode(halves[1], plusIsSpace: true) : "" else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}
