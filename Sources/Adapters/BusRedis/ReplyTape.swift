import CHiredis
import Glibc

/// A reply, flat: its values in the order they came, an array before its elements. Filled by hiredis' reader without
/// an allocation for each value.
struct ReplyTape {
    enum Kind: UInt8 { case text, status, error, integer, null, array }

    struct Value {
        var kind: Kind
        /// Where the bytes start, and how many; for arrays how many elements; for integers the number.
        var offset: Int, count: Int
    }

    private(set) var values: [Value] = []
    private(set) var bytes: [UInt8] = []

    mutating func clear() {
        values.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: bytes.capacity <= 4 << 20)
    }

    mutating func add(_ kind: Kind, _ text: UnsafeRawBufferPointer) {
        values.append(Value(kind: kind, offset: bytes.count, count: text.count))
        bytes.append(contentsOf: text)
    }

    mutating func add(_ kind: Kind, count: Int) { values.append(Value(kind: kind, offset: 0, count: count)) }
}

/// A reply of Redis; valid while its callback runs.
struct Reply {
    let tape: UnsafePointer<ReplyTape>
    /// The place of the first value.
    var at = 0

    private var value: ReplyTape.Value { tape.pointee.values[at] }
    var isError: Bool { value.kind == .error }
    var isNull: Bool { value.kind == .null }
    /// How many elements an array has; nil for other values.
    var elements: Int? { value.kind == .array ? value.count : nil }

    /// A text, or nil for other values.
    var text: String? {
        switch value.kind {
        case .text, .status, .error: withBytes { String(decoding: $0, as: UTF8.self) }
        case .integer: "\(value.count)"
        default: nil
        }
    }

    var integer: Int? {
        switch value.kind {
        case .integer: value.count
        case .text: text.flatMap { Int($0) }
        default: nil
        }
    }

    var array: [UInt8] { withBytes { [UInt8]($0) } }

    func withBytes<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        let value = self.value
        guard value.kind == .text || value.kind == .status || value.kind == .error else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return try tape.pointee.bytes.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[value.offset..<value.offset + value.count]))
        }
    }

    func equals(_ other: [UInt8]) -> Bool {
        withBytes { mine in
            mine.count == other.count
                && other.withUnsafeBytes { memcmp(mine.baseAddress!, $0.baseAddress!, $0.count) == 0 }
        }
    }

    /// Steps to the next value, into arrays.
    mutating func step() { at += 1 }

    /// Steps over the value, with all its elements.
    mutating func skip() {
        var open = 1
        while open > 0 {
            if let elements { open += elements }
            open -= 1
            at += 1
        }
    }

    /// The elements of an array, each as a reply.
    var items: [Reply] {
        guard let elements else { return [] }
        var out: [Reply] = []
        var cursor = self
        cursor.step()
        for _ in 0..<elements {
            out.append(cursor)
            cursor.skip()
        }
        return out
    }

    /// An array of names and values, in turn.
    var pairs: [String: Reply] {
        let items = self.items
        var out: [String: Reply] = [:]
        for index in stride(from: 0, to: items.count - 1, by: 2) { out[items[index].text ?? ""] = items[index + 1] }
        return out
    }
}

/// hiredis' parser, filling a tape.
final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    let tape: UnsafeMutablePointer<ReplyTape>

    init() {
        tape = .allocate(capacity: 1)
        tape.initialize(to: ReplyTape())
        functions = .allocate(capacity: 1)
        functions.initialize(to: redisReplyObjectFunctions(
            createString: { task, text, count in
                let kind: ReplyTape.Kind = switch task!.pointee.type {
                case REDIS_REPLY_ERROR: .error
                case REDIS_REPLY_STATUS: .status
                default: .text
                }
                ReplyReader.tape(task).pointee.add(kind, UnsafeRawBufferPointer(start: text, count: count))
                return ReplyReader.made
            },
            createArray: { task, count in
                ReplyReader.tape(task).pointee.add(.array, count: max(0, Int(count)))
                return ReplyReader.made
            },
            createInteger: { task, value in
                ReplyReader.tape(task).pointee.add(.integer, count: Int(value))
                return ReplyReader.made
            },
            createNil: { task in
                ReplyReader.tape(task).pointee.add(.null, count: 0)
                return ReplyReader.made
            },
            freeObject: { _ in }))
        reader = redisReaderCreateWithFunctions(functions)
        reader.pointee.privdata = UnsafeMutableRawPointer(tape)
        reader.pointee.maxbuf = 1 << 20
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
        tape.deinitialize(count: 1)
        tape.deallocate()
    }

    /// What hiredis takes for an object; nothing looks at it.
    private static var made: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

    private static func tape(_ task: UnsafePointer<redisReadTask>?) -> UnsafeMutablePointer<ReplyTape> {
        task!.pointee.privdata.assumingMemoryBound(to: ReplyTape.self)
    }

    /// Takes bytes from the socket; false where they are no RESP.
    func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        redisReaderFeed(reader, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK
    }

    /// The next whole reply, nil where there is none yet. `failed` where the bytes are no RESP.
    func next() -> (reply: Reply?, failed: Bool) {
        var object: UnsafeMutableRawPointer?
        if redisReaderGetReply(reader, &object) != REDIS_OK { return (nil, true) }
        return object == nil ? (nil, false) : (Reply(tape: UnsafePointer(tape)), false)
    }

    /// Forgets the reply that was handled.
    func done() { tape.pointee.clear() }
}
