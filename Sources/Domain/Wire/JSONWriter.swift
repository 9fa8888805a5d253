public import Market

/// Writes JSON bytes front to back. Commas are its own business; a number that is not finite becomes `null`.
///
/// Nothing is checked twice: whoever calls `key` inside an array writes broken JSON, and a test shows it.
public struct JSONWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    /// An empty document with room for `capacity` bytes.
    public init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    @inline(__always) private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Opens an object as the next value.
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Opens an array as the next value.
    public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The name of the value that comes next.
    public mutating func key(_ name: String) {
        if !appendShortKey(name) {
            separate()
            Self.appendQuoted(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
        }
        needsComma = false
    }

    /// Most names are short and plain: comma, quotes and colon are put around them first, so that they are appended
    /// with one step. False where a name is neither.
    private mutating func appendShortKey(_ name: String) -> Bool {
        var copy = name
        return copy.withUTF8 { utf8 in
            if utf8.count > 60 { return false }
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { piece in
                var count = 0
                func put(_ byte: UInt8) {
                    piece[count] = byte
                    count += 1
                }
                if needsComma { put(UInt8(ascii: ",")) }
                put(UInt8(ascii: "\""))
                for byte in utf8 {
                    if byte < 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
                    put(byte)
                }
                put(UInt8(ascii: "\""))
                put(UInt8(ascii: ":"))
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: piece[..<count]))
                return true
            }
        }
    }

    public mutating func string(_ value: String) {
        separate()
        Self.appendQuoted(value, to: &bytes)
    }

    public mutating func int(_ value: Int) {
        separate()
        appendInteger(value, to: &bytes)
    }

    /// The shortest text that reads back as the same number; `null` for NaN and infinity.
    public mutating func double(_ value: Double) {
        separate()
        appendDouble(value, to: &bytes)
    }

    /// A whole number above what 64 bits hold bears a point: many readers, our own too, refuse it as an integer.
    public mutating func fixed(_ value: FixedPoint) {
        separate()
        value.appendText(to: &bytes)
        if value.isWithinLimit { return }
        if value.magnitude.raw / FixedPoint.scale > Int128(Int64.max), (value.raw % FixedPoint.scale) == 0 {
            bytes.append(contentsOf: ".0".utf8)
        }
    }

    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A time as an ISO-8601 string.
    public mutating func time(_ value: Timestamp) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.appendISO8601(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// An array of numbers.
    public mutating func doubles(_ values: some Sequence<Double>) {
        beginArray()
        for value in values { double(value) }
        endArray()
    }

    /// An array of numbers, a whole column at once.
    public mutating func doubles(_ values: [Double]) {
        beginArray()
        appendDoubles(values, to: &bytes)
        endArray()
    }

    /// Bytes that are one JSON value already.
    public mutating func raw(_ json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Appends a quoted, escaped string.
    public static func appendQuoted(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        var copy = text
        copy.withUTF8 { utf8 in
            var start = 0
            for index in 0..<utf8.count {
                let byte = utf8[index]
                if byte >= 32 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
                out.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                appendEscape(byte, to: &out)
                start = index + 1
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ byte: UInt8, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
        case 10: out.append(UInt8(ascii: "n"))
        case 13: out.append(UInt8(ascii: "r"))
        case 9: out.append(UInt8(ascii: "t"))
        default:
            out.append(contentsOf: "u00".utf8)
            let digits = Array("0123456789abcdef".utf8)
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
    }
}

/// Appends decimal digits.
public func appendInteger(_ value: Int, to out: inout [UInt8]) {
    let magnitude = UInt64(value.magnitude)
    guard magnitude < 100_000_000_000_000_000 else {
        out.append(contentsOf: value.description.utf8)
        return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.room) { piece in
        let base = piece.baseAddress.unsafelyUnwrapped
        base[0] = UInt8(ascii: "-")
        let sign = value < 0 ? 1 : 0
        let count = sign + NumberText.writeWhole(magnitude, to: base + sign)
        out.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
    }
}

/// Appends the shortest text that reads back as the same number, `null` for NaN and infinity.
public func appendDouble(_ value: Double, to out: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.room) { piece in
        let base = piece.baseAddress.unsafelyUnwrapped
        out.append(contentsOf: UnsafeBufferPointer(start: base, count: NumberText().write(value, to: base)))
    }
}

/// The same of many with commas between them: they are put together a few pages at a time.
private func appendDoubles(_ values: [Double], to out: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 8192) { piece in
        let base = piece.baseAddress.unsafelyUnwrapped
        let full = piece.count - (NumberText.room + 1) * NumberText.blockSize
        let text = NumberText()
        var count = 0, start = 0
        values.withUnsafeBufferPointer { values in
            while start < values.count {
                if count > full {
                    out.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
                    count = 0
                }
                let end = min(values.count, start + NumberText.blockSize)
                count &+= text.write(block: UnsafeBufferPointer(rebasing: values[start..<end]), to: base + count)
                start = end
            }
        }
        if count > 0 { out.append(contentsOf: UnsafeBufferPointer(start: base, count: count - 1)) }
    }
}
