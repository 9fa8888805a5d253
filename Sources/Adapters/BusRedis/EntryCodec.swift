import Bus
import Glibc
import Market

/// Why an entry could not be read.
struct UnreadableEntry: Error, Equatable { let reason: String }

/// A message as the fields of an entry: readable with redis-cli. docs/bus.md tells the same to other languages.
enum EntryCodec {
    /// How many words a message takes.
    static func words(_ message: Message) -> Int {
        var count = 12
        if message.received != message.time { count += 2 }
        if message.cause != nil { count += 2 }
        if message.trace != nil { count += 2 }
        if message.replyTo != nil { count += 2 }
        return count
    }

    /// Appends the names and values.
    static func append(_ message: Message, to out: inout CommandBuffer) {
        out.raw("$2\r\nid\r\n")
        out.word(message.id)
        out.raw("$5\r\ntopic\r\n")
        out.word(message.topic)
        out.raw("$2\r\nts\r\n")
        out.word(Int(message.time.nanoseconds))
        if message.received != message.time {
            out.raw("$8\r\nreceived\r\n")
            out.word(Int(message.received.nanoseconds))
        }
        out.raw("$6\r\nsource\r\n")
        out.word(message.source)
        out.raw("$3\r\nseq\r\n")
        out.word(unsigned: message.sequence)
        if let cause = message.cause {
            out.raw("$5\r\ncause\r\n")
            out.word(cause)
        }
        if let trace = message.trace {
            out.raw("$5\r\ntrace\r\n")
            out.word(trace)
        }
        if let replyTo = message.replyTo {
            out.raw("$8\r\nreply_to\r\n")
            out.word(replyTo)
        }
        out.raw("$4\r\ndata\r\n")
        out.word(message.data)
    }

    /// What an entry's fields hold.
    struct Entry {
        /// The one message of an entry without a frame.
        var single: Message?
        /// A frame's messages.
        var framed: [Message] = []
        /// The only group the entry is meant for; a replayed dead letter has one.
        var only: String?
    }

    /// The only group that an entry is meant for, also where the rest of it cannot be read.
    static func only(_ fields: Reply) -> String? { fields.pairs["only"]?.text }

    /// Reads the fields of an entry; `fields` stands on their array. `family` is the stream's.
    static func read(_ fields: Reply, family: String) throws(UnreadableEntry) -> Entry {
        guard let count = fields.elements, count > 0 else { throw UnreadableEntry(reason: "unreadable: no fields") }
        var draft = Draft()
        var cursor = fields
        cursor.step()
        for _ in 0..<count / 2 {
            let name = cursor
            cursor.skip()
            draft.take(name, cursor, family)
            cursor.skip()
        }
        if let problem = draft.problem { throw UnreadableEntry(reason: "unreadable: \(problem)") }
        if let frame = draft.frame {
            let framed = try FrameCodec.read(frame, family: family)
            for index in framed.indices { try checkTimes(framed[index].time, framed[index].received) }
            return Entry(framed: framed, only: draft.only)
        }
        return Entry(single: try draft.message(), only: draft.only)
    }

    /// What lies outside the years that times can be written in came from nobody's clock, and nobody could count with
    /// it.
    @inline(__always)
    static func checkTimes(_ time: Timestamp, _ received: Timestamp) throws(UnreadableEntry) {
        let years = Timestamp.wholeYears
        if years.contains(time) && years.contains(received) { return }
        let name = years.contains(time) ? "received" : "ts"
        throw UnreadableEntry(reason: "unreadable: \(name) lies outside the years 1678 to 2261")
    }

    /// Reads 32 hexadecimal digits.
    static func identifier(_ bytes: UnsafeRawBufferPointer) -> UInt128? { hexadecimal(bytes) }

    /// Reads the fields of one message that stand among others, as in a dead letter.
    static func message(_ fields: Reply, family: String) -> Message? {
        (try? read(fields, family: family))?.single
    }
}

/// A field's name in one number, its first letter lowest, so that all of it is compared at once. 0 is none of ours.
private enum FieldName {
    static let id: UInt64 = 0x6469, topic: UInt64 = 0x63_6970_6F74, ts: UInt64 = 0x7374
    static let received: UInt64 = 0x6465_7669_6563_6572, source: UInt64 = 0x6563_7275_6F73, seq: UInt64 = 0x71_6573
    static let cause: UInt64 = 0x65_7375_6163, trace: UInt64 = 0x65_6361_7274, replyTo: UInt64 = 0x6F74_5F79_6C70_6572
    static let data: UInt64 = 0x6174_6164, frame: UInt64 = 0x65_6D61_7266, only: UInt64 = 0x796C_6E6F

    static func number(_ name: UnsafeRawBufferPointer) -> UInt64 {
        // A zero byte at the end would make another name look like one of ours.
        guard (2...8).contains(name.count), name[name.count - 1] != 0 else { return 0 }
        var number: UInt64 = 0
        memcpy(&number, name.baseAddress!, name.count)
        return UInt64(littleEndian: number)
    }
}

/// A message while its fields come in.
private struct Draft {
    var id: UInt128?, key: String?, time: Int64?, received: Int64?, source: String?, sequence: UInt64 = 0
    var cause: UInt128?, trace: String?, replyTo: String?, data: [UInt8]?
    var frame: [UInt8]?, only: String?
    var problem: String?
    var family = ""

    mutating func take(_ name: Reply, _ value: Reply, _ family: String) {
        self.family = family
        switch name.withBytes(FieldName.number) {
        case FieldName.id: id = value.withBytes(hexadecimal)
        case FieldName.topic: takeTopic(value, family)
        case FieldName.ts: time = value.integer.map(Int64.init)
        case FieldName.received: takeReceived(value)
        case FieldName.source: source = value.text
        case FieldName.seq: sequence = value.text.flatMap { UInt64($0) } ?? 0
        case FieldName.cause: takeCause(value)
        case FieldName.trace: trace = value.text
        case FieldName.replyTo: replyTo = value.text
        case FieldName.data: data = value.array
        case FieldName.frame: frame = value.array
        case FieldName.only: only = value.text
        default: break
        }
    }

    private mutating func takeReceived(_ value: Reply) {
        received = value.integer.map(Int64.init)
        if received == nil { problem = "received is no number" }
    }

    private mutating func takeTopic(_ value: Reply, _ family: String) {
        value.withBytes { bytes in
            let count = family.utf8.count
            var declared = family
            let isPrefix = bytes.count >= count
                && declared.withUTF8 { memcmp($0.baseAddress!, bytes.baseAddress!, count) == 0 }
            guard isPrefix, bytes.count == count || bytes[count] == UInt8(ascii: ".")
            else {
                problem = "topic is not of family \(family)"
                return
            }
            key = String(decoding: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count + 1)), as: UTF8.self)
        }
    }

    private mutating func takeCause(_ value: Reply) {
        cause = value.withBytes(hexadecimal)
        if cause == nil { problem = "cause is no identifier" }
    }

    func message() throws(UnreadableEntry) -> Message {
        guard let id else { throw UnreadableEntry(reason: "unreadable: id is missing or no identifier") }
        guard let key else { throw UnreadableEntry(reason: "unreadable: topic is missing") }
        guard let time else { throw UnreadableEntry(reason: "unreadable: ts is missing or no number") }
        guard let data else { throw UnreadableEntry(reason: "unreadable: data is missing") }
        let message = Message(
            id: MessageID(id), topic: Topic(family, key), time: Timestamp(nanoseconds: time),
            received: Timestamp(nanoseconds: received ?? time), source: source ?? "", sequence: sequence,
            cause: cause.map { MessageID($0) }, trace: trace, replyTo: replyTo, data: data)
        try EntryCodec.checkTimes(message.time, message.received)
        return message
    }
}

/// Reads 32 hexadecimal digits.
private func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> UInt128? {
    if bytes.count != 32 { return nil }
    var high: UInt64 = 0, low: UInt64 = 0
    for index in 0..<32 {
        let byte = bytes[index]
        let digit: UInt64
        switch byte {
        case 48...57: digit = UInt64(byte - 48)
        case 97...102: digit = UInt64(byte - 87)
        case 65...70: digit = UInt64(byte - 55)
        default: return nil
        }
        if index < 16 { high = high << 4 | digit } else { low = low << 4 | digit }
    }
    return UInt128(high) << 64 | UInt128(low)
}
