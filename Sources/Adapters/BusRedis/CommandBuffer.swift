import Bus
import Market

/// RESP commands, back to back, as they go into a socket.
struct CommandBuffer {
    private(set) var bytes: [UInt8] = []

    /// Begins a command of so many words.
    mutating func begin(_ words: Int) {
        bytes.append(UInt8(ascii: "*"))
        digits(UInt64(words))
        end()
    }

    mutating func word(_ text: String) {
        var copy = text
        copy.withUTF8 { word(UnsafeRawBufferPointer($0)) }
    }

    mutating func word(_ data: [UInt8]) { data.withUnsafeBytes { word($0) } }

    mutating func word(_ data: UnsafeRawBufferPointer) {
        length(data.count)
        bytes.append(contentsOf: data)
        end()
    }

    mutating func word(_ number: Int) {
        var magnitude = UInt64(number.magnitude), count = number < 0 ? 2 : 1
        while magnitude >= 10 {
            magnitude /= 10
            count += 1
        }
        length(count)
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(UInt64(number.magnitude))
        end()
    }

    mutating func word(unsigned number: UInt64) {
        length(Self.digitCount(number))
        digits(number)
        end()
    }

    mutating func word(_ id: EntryID) {
        length(Self.digitCount(id.milliseconds) + 1 + Self.digitCount(id.sequence))
        digits(id.milliseconds)
        bytes.append(UInt8(ascii: "-"))
        digits(id.sequence)
        end()
    }

    /// 32 hexadecimal digits.
    mutating func word(_ id: MessageID) {
        raw("$32\r\n")
        var shift: UInt128 = 124
        while true {
            let digit = UInt8(truncatingIfNeeded: id.value >> shift) & 15
            bytes.append(digit < 10 ? 48 + digit : 87 + digit)
            if shift == 0 { break }
            shift -= 4
        }
        end()
    }

    /// Family and key as one topic.
    mutating func word(_ topic: Topic) {
        let count = topic.family.utf8.count + (topic.key.isEmpty ? 0 : 1 + topic.key.utf8.count)
        length(count)
        bytes.append(contentsOf: topic.family.utf8)
        if !topic.key.isEmpty {
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: topic.key.utf8)
        }
        end()
    }

    /// A whole command of texts.
    mutating func command(_ words: [String]) {
        begin(words.count)
        for text in words { word(text) }
    }

    /// Bytes that are RESP already.
    mutating func raw(_ encoded: [UInt8]) { bytes.append(contentsOf: encoded) }
    mutating func raw(_ encoded: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: encoded.utf8Start, count: encoded.utf8CodeUnitCount))
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20) }

    private mutating func length(_ count: Int) {
        bytes.append(UInt8(ascii: "$"))
        digits(UInt64(count))
        end()
    }

    @inline(__always) private mutating func end() {
        bytes.append(13)
        bytes.append(10)
    }

    private mutating func digits(_ value: UInt64) {
        if value >= 10 { digits(value / 10) }
        bytes.append(UInt8(truncatingIfNeeded: 48 + value % 10))
    }

    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1, rest = value
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}
