/// The id of a stream entry: `milliseconds-sequence`.
struct EntryID: Hashable, Comparable, Sendable, CustomStringConvertible {
    var milliseconds: UInt64, sequence: UInt64

    static let zero = EntryID(milliseconds: 0, sequence: 0)

    init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// Nil where the bytes are no entry id.
    init?(_ text: UnsafeRawBufferPointer) {
        var parts: (UInt64, UInt64) = (0, 0), second = false, digits = 0
        for byte in text {
            if byte == UInt8(ascii: "-") && !second && digits > 0 {
                second = true
                digits = 0
                continue
            }
            guard byte >= 48 && byte <= 57 else { return nil }
            digits += 1
            if second {
                parts.1 = parts.1 &* 10 &+ UInt64(byte - 48)
            } else {
                parts.0 = parts.0 &* 10 &+ UInt64(byte - 48)
            }
        }
        if digits == 0 { return nil }
        milliseconds = parts.0
        sequence = parts.1
    }

    init?(_ text: String) {
        var copy = text
        guard let id = copy.withUTF8({ EntryID(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = id
    }

    /// The smallest id after this one.
    var next: EntryID {
        sequence == .max
            ? EntryID(milliseconds: milliseconds + 1, sequence: 0)
            : EntryID(milliseconds: milliseconds, sequence: sequence + 1)
    }

    static func < (a: EntryID, b: EntryID) -> Bool {
        a.milliseconds != b.milliseconds ? a.milliseconds < b.milliseconds : a.sequence < b.sequence
    }

    var description: String { "\(milliseconds)-\(sequence)" }
}
