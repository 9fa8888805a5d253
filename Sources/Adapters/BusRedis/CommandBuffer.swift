import Bus
import Glibc
import Market

/// RESP commands, back to back, as they go into a socket. Memory of its own: appending to an array byte by byte costs
/// three times as much.
struct CommandBuffer: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 256) {
        self.capacity = capacity
        memory = .allocate(capacity: capacity)
    }

    deinit { memory.deallocate() }

    /// What was written.
    var bytes: [UInt8] { [UInt8](UnsafeBufferPointer(start: memory, count: count)) }
    /// The same, in place.
    var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    @inline(__always) private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(larger, memory, count)
        memory.deallocate()
        memory = larger
    }

    @inline(__always) private mutating func put(_ byte: UInt8) {
        memory[count] = byte
        count += 1
    }

    @inline(__always) private mutating func put(_ data: UnsafeRawBufferPointer) {
        if data.count > 0 { memcpy(memory + count, data.baseAddress!, data.count) }
        count += data.count
    }

    /// Begins a command of so many words.
    mutating func begin(_ words: Int) {
        reserve(24)
        put(UInt8(ascii: "*"))
        digits(UInt64(words))
        end()
    }

    mutating func word(_ text: String) {
        var copy = text
        copy.withUTF8 { word(UnsafeRawBufferPointer($0)) }
    }

    mutating func word(_ data: [UInt8]) { data.withUnsafeBytes { word($0) } }

    mutating func word(_ data: UnsafeRawBufferPointer) {
        reserve(data.count + 32)
        length(data.count)
        put(data)
        end()
    }

    mutating func word(_ number: Int) {
        reserve(48)
        length(Self.digitCount(UInt64(number.magnitude)) + (number < 0 ? 1 : 0))
        if number < 0 { put(UInt8(ascii: "-")) }
        digits(UInt64(number.magnitude))
        end()
    }

    mutating func word(unsigned number: UInt64) {
        reserve(48)
        length(Self.digitCount(number))
        digits(number)
        end()
    }

    mutating func word(_ id: EntryID) {
        reserve(64)
        length(Self.digitCount(id.milliseconds) + 1 + Self.digitCount(id.sequence))
        digits(id.milliseconds)
        put(UInt8(ascii: "-"))
        digits(id.sequence)
        end()
    }

    /// 32 hexadecimal digits.
    mutating func word(_ id: MessageID) {
        reserve(48)
        raw("$32\r\n")
        hexadecimal(UInt64(truncatingIfNeeded: id.value >> 64))
        hexadecimal(UInt64(truncatingIfNeeded: id.value))
        end()
    }

    private mutating func hexadecimal(_ value: UInt64) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> shift) & 15
            put(digit < 10 ? 48 + digit : 87 + digit)
        }
    }

    /// Family and key as one topic.
    mutating func word(_ topic: Topic) {
        var family = topic.family, key = topic.key
        let hasKey = !key.isEmpty
        family.withUTF8 { family in
            key.withUTF8 { key in
                reserve(family.count + key.count + 32)
                length(family.count + (hasKey ? 1 + key.count : 0))
                put(UnsafeRawBufferPointer(family))
                if hasKey {
                    put(UInt8(ascii: "."))
                    put(UnsafeRawBufferPointer(key))
                }
                end()
            }
        }
    }

    /// A word of so many bytes, which `body` writes.
    mutating func word(count size: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
        reserve(size + 32)
        length(size)
        body(UnsafeMutableRawPointer(memory + count))
        count += size
        end()
    }

    /// A whole command of texts.
    mutating func command(_ words: [String]) {
        begin(words.count)
        for text in words { word(text) }
    }

    /// Bytes that are RESP already.
    mutating func raw(_ encoded: [UInt8]) {
        reserve(encoded.count)
        encoded.withUnsafeBytes { put($0) }
    }

    mutating func raw(_ encoded: StaticString) {
        reserve(encoded.utf8CodeUnitCount)
        put(UnsafeRawBufferPointer(start: encoded.utf8Start, count: encoded.utf8CodeUnitCount))
    }

    mutating func removeAll() {
        count = 0
        if capacity > 1 << 20 {
            memory.deallocate()
            capacity = 4096
            memory = .allocate(capacity: capacity)
        }
    }

    @inline(__always) private mutating func length(_ count: Int) {
        put(UInt8(ascii: "$"))
        digits(UInt64(count))
        end()
    }

    @inline(__always) private mutating func end() {
        put(13)
        put(10)
    }

    @inline(__always) private mutating func digits(_ value: UInt64) {
        var rest = value
        var at = Self.digitCount(value)
        count += at
        let end = memory + count - at
        while at > 0 {
            at -= 1
            end[at] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
        }
    }

    @inline(__always) private static func digitCount(_ value: UInt64) -> Int {
        var count = 1, bound: UInt64 = 10
        while value >= bound {
            count += 1
            if count == 20 { break }
            bound *= 10
        }
        return count
    }
}
