/// Looks into JSON without reading it: finds where a value stands, so that it can be passed on byte by byte.
public enum JSONText {
    /// The bytes of a member of the object that a text is, as they were written; nil where there is none of that name, or
    /// where the name is written with escapes. The text must be valid JSON: a parser took it.
    public static func member(_ name: String, of text: [UInt8]) -> [UInt8]? {
        let wanted = Array(name.utf8)
        return text.withUnsafeBufferPointer { bytes in
            var walker = Walker(bytes: bytes)
            guard walker.take(UInt8(ascii: "{")) else { return nil }
            while let found = walker.string() {
                guard walker.take(UInt8(ascii: ":")) else { return nil }
                let value = walker.value()
                if bytes[found].elementsEqual(wanted) { return [UInt8](bytes[value]) }
                guard walker.take(UInt8(ascii: ",")) else { return nil }
            }
            return nil
        }
    }

    /// Walks over values without looking at what they say.
    private struct Walker {
        let bytes: UnsafeBufferPointer<UInt8>
        var at = 0

        init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        private mutating func skipBlanks() {
            while at < bytes.count, [32, 9, 10, 13].contains(bytes[at]) { at += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard at < bytes.count, bytes[at] == byte else { return false }
            at += 1
            return true
        }

        /// What stands between the next quotation marks.
        mutating func string() -> Range<Int>? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = at
            while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
            let end = min(at, bytes.count)
            at = end + 1
            return start..<end
        }

        /// The next value, without blanks around it.
        mutating func value() -> Range<Int> {
            skipBlanks()
            let start = at
            var depth = 0, end = at
            loop: while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: "\""):
                    _ = string()
                    end = min(at, bytes.count)
                case UInt8(ascii: "{"), UInt8(ascii: "["): step(&depth, 1, &end)
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { break loop }
                    step(&depth, -1, &end)
                case UInt8(ascii: ",") where depth == 0: break loop
                case 32, 9, 10, 13: at += 1
                default: step(&depth, 0, &end)
                }
            }
            return start..<end
        }

        private mutating func step(_ depth: inout Int, _ change: Int, _ end: inout Int) {
            depth += change
            at += 1
            end = at
        }
    }
}
