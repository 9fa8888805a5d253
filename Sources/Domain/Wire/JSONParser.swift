import CSimdJSON

/// Why bytes are not JSON.
public struct JSONError: Error, Equatable, Sendable {
    /// The parser's words.
    public let text: String
    /// The document is JSON but nested deeper than allowed.
    public let tooDeep: Bool
}

/// Parses JSON with simdjson: bytes to a tape that `JSONValue` walks without copying.
///
/// Strict: no NaN, no trailing bytes, valid UTF-8, numbers that fit a Double; a whole one beyond 64 bits is one.
/// Not thread-safe; one per loop or thread.
public final class JSONParser {
    private let parser: OpaquePointer
    /// simdjson's number for "too deep".
    private static let depthError: Int32 = 4

    /// A parser that refuses deeper nesting than `maxDepth`.
    public init(maxDepth: Int = 64) {
        guard let made = nautilus_json_parser_make(maxDepth) else { preconditionFailure("out of memory") }
        parser = made
    }

    deinit { nautilus_json_parser_free(parser) }

    /// Parses and lends the root. The value and everything got from it is valid only inside `body`.
    public func withDocument<R>(_ bytes: [UInt8], _ body: (JSONValue) throws -> R) throws -> R {
        var document = parse(bytes)
        // Rare, so that nothing else pays for it: simdjson refuses whole numbers beyond 64 bits.
        if document.error != 0, document.error != Self.depthError, let rewritten = WideIntegers.asDoubles(bytes) {
            document = parse(rewritten)
        }
        guard document.error == 0, let tape = document.tape, let strings = document.strings else {
            let text = nautilus_json_error_text(document.error).map { String(cString: $0) } ?? "not JSON"
            throw JSONError(text: text, tooDeep: document.error == Self.depthError)
        }
        return try body(JSONValue(tape: tape, strings: strings, index: 1))
    }

    private func parse(_ bytes: [UInt8]) -> nautilus_json_document {
        bytes.withUnsafeBufferPointer { nautilus_json_parse(parser, $0.baseAddress, $0.count) }
    }
}

/// One value on a parser's tape. Valid only while its document is (see `JSONParser.withDocument`).
public struct JSONValue {
    /// What a value is.
    public enum Kind: Equatable { case object, array, string, number, bool, null }

    let tape: UnsafePointer<UInt64>
    let strings: UnsafePointer<UInt8>
    let index: Int

    @inline(__always) private var word: UInt64 { tape[index] }
    @inline(__always) private var tag: UInt8 { UInt8(truncatingIfNeeded: word >> 56) }
    @inline(__always) private var payload: Int { Int(word & 0x00FF_FFFF_FFFF_FFFF) }

    public var kind: Kind {
        switch tag {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The index on the tape after this value.
    @inline(__always) private var next: Int {
        switch tag {
        case UInt8(ascii: "{"), UInt8(ascii: "["): payload & 0xFFFF_FFFF
        case UInt8(ascii: "l"), UInt8(ascii: "u"), UInt8(ascii: "d"): index + 2
        default: index + 1
        }
    }

    public var isNull: Bool { tag == UInt8(ascii: "n") }

    public var bool: Bool? {
        switch tag {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    /// The number, whether written with a point or without; nil for anything else.
    @inline(__always) public var double: Double? {
        switch tag {
        case UInt8(ascii: "d"): Double(bitPattern: tape[index + 1])
        case UInt8(ascii: "l"): Double(Int64(bitPattern: tape[index + 1]))
        case UInt8(ascii: "u"): Double(tape[index + 1])
        default: nil
        }
    }

    /// A whole number that fits 64 bits; also one written as `3.0`.
    public var int: Int? {
        switch tag {
        case UInt8(ascii: "l"): Int(Int64(bitPattern: tape[index + 1]))
        case UInt8(ascii: "u"): Int(exactly: tape[index + 1])
        case UInt8(ascii: "d"): Int(exactly: Double(bitPattern: tape[index + 1]))
        default: nil
        }
    }

    private var text: UnsafeBufferPointer<UInt8> {
        let start = strings + payload
        let count = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        return UnsafeBufferPointer(start: start + 4, count: Int(count))
    }

    public var string: String? { tag == UInt8(ascii: "\"") ? String(decoding: text, as: UTF8.self) : nil }

    /// The number of elements or members.
    public var count: Int {
        guard kind == .object || kind == .array else { return 0 }
        // The tape has it, up to what 24 bits hold.
        let told = payload >> 32
        if told < 0xFF_FFFF { return told }
        var total = 0
        if kind == .object { forEachMember { _, _ in total += 1 } } else { forEachElement { _ in total += 1 } }
        return total
    }

    /// Visits an array's elements; nothing for any other kind.
    @inline(__always) public func forEachElement(_ body: (JSONValue) -> Void) {
        guard tag == UInt8(ascii: "[") else { return }
        let end = next - 1
        var at = index + 1
        while at < end {
            let value = JSONValue(tape: tape, strings: strings, index: at)
            body(value)
            at = value.next
        }
    }

    /// Visits an object's members in the order written; nothing for any other kind.
    public func forEachMember(_ body: (String, JSONValue) -> Void) {
        guard tag == UInt8(ascii: "{") else { return }
        let end = next - 1
        var at = index + 1
        while at < end {
            let name = JSONValue(tape: tape, strings: strings, index: at)
            let value = JSONValue(tape: tape, strings: strings, index: at + 1)
            body(String(decoding: name.text, as: UTF8.self), value)
            at = value.next
        }
    }

    /// The names of an object's members that were there before, once for each time.
    public func repeatedMembers() -> [String] {
        guard tag == UInt8(ascii: "{") else { return [] }
        // Few names are compared as they lie; many are looked up.
        if count > 16 { return repeatedAmongMany() }
        let end = next - 1
        var at = index + 1, repeated: [String] = []
        while at < end {
            let name = text(at: at)
            var before = index + 1
            while before < at && !Self.same(text(at: before), name) { before = self.after(name: before) }
            if before < at { repeated.append(String(decoding: name, as: UTF8.self)) }
            at = after(name: at)
        }
        return repeated
    }

    private func repeatedAmongMany() -> [String] {
        var seen: Set<String> = [], repeated: [String] = []
        forEachMember { name, _ in
            if !seen.insert(name).inserted { repeated.append(name) }
        }
        return repeated
    }

    @inline(__always) private func text(at place: Int) -> UnsafeBufferPointer<UInt8> {
        JSONValue(tape: tape, strings: strings, index: place).text
    }

    /// Where the member after the one whose name is at `place` begins.
    @inline(__always) private func after(name place: Int) -> Int {
        JSONValue(tape: tape, strings: strings, index: place + 1).next
    }

    @inline(__always)
    private static func same(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
        if a.count != b.count { return false }
        for index in 0..<a.count where a[index] != b[index] { return false }
        return true
    }

    /// The member called `name`, or nil. A linear search over raw bytes.
    public func member(_ name: String) -> JSONValue? {
        guard tag == UInt8(ascii: "{") else { return nil }
        let end = next - 1
        var at = index + 1
        var copy = name
        return copy.withUTF8 { wanted in
            while at < end {
                if Self.same(text(at: at), wanted) { return JSONValue(tape: tape, strings: strings, index: at + 1) }
                at = after(name: at)
            }
            return nil
        }
    }

    /// All numbers of an array, null as NaN where it is taken; or the position of the first element that is neither.
    public func doubles(nulls: Bool = true) -> Result<[Double], JSONElementError> {
        guard tag == UInt8(ascii: "[") else { return .failure(JSONElementError(index: 0)) }
        var bad: Int?
        let numbers = [Double](unsafeUninitializedCapacity: count) { out, filled in
            let end = next - 1
            var at = index + 1
            let point = UInt64(UInt8(ascii: "d"))
            while at < end {
                // Most columns are numbers with a point from end to end.
                while at < end && tape[at] >> 56 == point {
                    out.initializeElement(at: filled, to: Double(bitPattern: tape[at + 1]))
                    filled += 1
                    at += 2
                }
                if at >= end { return }
                let word = tape[at + 1]
                switch tape[at] >> 56 {
                case UInt64(UInt8(ascii: "l")): out.initializeElement(at: filled, to: Double(Int64(bitPattern: word)))
                case UInt64(UInt8(ascii: "u")): out.initializeElement(at: filled, to: Double(word))
                case UInt64(UInt8(ascii: "n")) where nulls:
                    out.initializeElement(at: filled, to: .nan)
                    at -= 1
                default:
                    bad = filled
                    return
                }
                filled += 1
                at += 2
            }
        }
        if let bad { return .failure(JSONElementError(index: bad)) }
        return .success(numbers)
    }

    /// Writes the value again, members in their order.
    public func write(to json: inout JSONWriter) {
        switch kind {
        case .object:
            json.beginObject()
            var copy = json
            forEachMember { name, value in
                copy.key(name)
                value.write(to: &copy)
            }
            json = copy
            json.endObject()
        case .array:
            json.beginArray()
            var copy = json
            forEachElement { $0.write(to: &copy) }
            json = copy
            json.endArray()
        case .string: json.string(string ?? "")
        case .number: writeNumber(to: &json)
        case .bool: json.bool(bool ?? false)
        case .null: json.null()
        }
    }

    private func writeNumber(to json: inout JSONWriter) {
        switch tag {
        case UInt8(ascii: "l"): json.int(Int(Int64(bitPattern: tape[index + 1])))
        case UInt8(ascii: "u"): json.raw(Array(tape[index + 1].description.utf8))
        default: json.double(double ?? .nan)
        }
    }
}

/// The position of an element that was not a number.
public struct JSONElementError: Error, Equatable, Sendable {
    public let index: Int
}
