import Bus
import Market

/// Many messages of one stream in one value. docs/bus.md gives the layout byte by byte; all numbers are little-endian.
///
/// Header: version (1 byte, 1), count (2 bytes), family (2-byte length, bytes). Then for each message: marks (1 byte:
/// 1 has a cause, 2 a trace, 4 a reply address, 8 a source that differs from the message before, 16 a receive time that
/// differs from ts), id (16 bytes, most significant first), ts (8), sequence (8), then what the marks say in the order
/// received (8), source, cause (16), trace, reply address, then key and data. Texts have a 2-byte length, data a 4-byte
/// one.
enum FrameCodec {
    static let version: UInt8 = 1
    /// The most messages in a frame, and the size from which on it is closed.
    static let maximumCount = 512, closingSize = 48 << 10

    private enum Mark {
        static let cause: UInt8 = 1, trace: UInt8 = 2, replyTo: UInt8 = 4, source: UInt8 = 8, received: UInt8 = 16
    }

    /// The longest text a frame can hold; longer ones are cut off by nobody: `canHold` says no.
    private static let longestText = Int(UInt16.max)

    /// Whether a message's texts are short enough.
    static func canHold(_ message: Message) -> Bool {
        message.topic.key.utf8.count <= longestText && message.source.utf8.count <= longestText
            && (message.trace?.utf8.count ?? 0) <= longestText && (message.replyTo?.utf8.count ?? 0) <= longestText
    }

    /// Appends one frame with messages of one family.
    static func append(_ messages: some Collection<Message>, family: String, to out: inout [UInt8]) {
        out.append(version)
        put(UInt16(messages.count), &out)
        put(family, &out)
        var source: String?
        for message in messages {
            append(message, previousSource: source, to: &out)
            source = message.source
        }
    }

    private static func append(_ message: Message, previousSource: String?, to out: inout [UInt8]) {
        var marks: UInt8 = message.cause == nil ? 0 : Mark.cause
        if message.trace != nil { marks |= Mark.trace }
        if message.replyTo != nil { marks |= Mark.replyTo }
        if message.source != previousSource { marks |= Mark.source }
        if message.received != message.time { marks |= Mark.received }
        out.append(marks)
        put(message.id.value.bigEndian, &out)
        put(message.time.nanoseconds, &out)
        put(message.sequence, &out)
        if marks & Mark.received != 0 { put(message.received.nanoseconds, &out) }
        if marks & Mark.source != 0 { put(message.source, &out) }
        if let cause = message.cause { put(cause.value.bigEndian, &out) }
        if let trace = message.trace { put(trace, &out) }
        if let replyTo = message.replyTo { put(replyTo, &out) }
        put(message.topic.key, &out)
        put(UInt32(message.data.count), &out)
        out.append(contentsOf: message.data)
    }

    @inline(__always) private static func put<T: FixedWidthInteger>(_ number: T, _ out: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { out.append(contentsOf: $0) }
    }

    @inline(__always) private static func put(_ text: String, _ out: inout [UInt8]) {
        var copy = text
        copy.withUTF8 {
            put(UInt16($0.count), &out)
            out.append(contentsOf: $0)
        }
    }

    /// Reads a frame. `family` is the one of the stream it came from, nil where any will do.
    static func read(_ bytes: [UInt8], family: String?) throws(UnreadableEntry) -> [Message] {
        var messages: [Message] = []
        var intact = false
        bytes.withUnsafeBytes { raw in
            var reader = FrameReader(bytes: raw)
            intact = reader.read(into: &messages, family: family)
        }
        if !intact { throw UnreadableEntry(reason: "unreadable: broken frame") }
        return messages
    }

    /// Walks a frame's bytes; every step checks that they are there.
    private struct FrameReader {
        let bytes: UnsafeRawBufferPointer
        var at = 0

        mutating func read(into messages: inout [Message], family wanted: String?) -> Bool {
            guard let version = number(UInt8.self), version == FrameCodec.version, let count = number(UInt16.self),
                  let named = text(), wanted == nil || wanted == named
            else { return false }
            messages.reserveCapacity(Int(count))
            var source = ""
            for _ in 0..<count {
                guard let message = message(family: wanted ?? named, source: &source) else { return false }
                messages.append(message)
            }
            return at == bytes.count
        }

        private mutating func message(family: String, source: inout String) -> Message? {
            guard let marks = number(UInt8.self), let id = number(UInt128.self), let time = number(Int64.self),
                  let sequence = number(UInt64.self)
            else { return nil }
            var received = time
            var cause: MessageID?, trace: String?, replyTo: String?
            if marks & Mark.received != 0 {
                guard let value = number(Int64.self) else { return nil }
                received = value
            }
            if marks & Mark.source != 0 {
                guard let value = text() else { return nil }
                source = value
            }
            if marks & Mark.cause != 0 {
                guard let value = number(UInt128.self) else { return nil }
                cause = MessageID(UInt128(bigEndian: value))
            }
            if marks & Mark.trace != 0 {
                guard let value = text() else { return nil }
                trace = value
            }
            if marks & Mark.replyTo != 0 {
                guard let value = text() else { return nil }
                replyTo = value
            }
            guard let key = text(), let size = number(UInt32.self), let data = slice(Int(size)) else { return nil }
            return Message(
                id: MessageID(UInt128(bigEndian: id)), topic: Topic(family, key), time: Timestamp(nanoseconds: time),
                received: Timestamp(nanoseconds: received), source: source, sequence: sequence, cause: cause,
                trace: trace, replyTo: replyTo, data: [UInt8](data))
        }

        @inline(__always) private mutating func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T? {
            let size = MemoryLayout<T>.size
            guard at + size <= bytes.count else { return nil }
            defer { at += size }
            return T(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: T.self))
        }

        @inline(__always) private mutating func slice(_ count: Int) -> UnsafeRawBufferPointer? {
            guard count <= bytes.count - at else { return nil }
            defer { at += count }
            return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
        }

        @inline(__always) private mutating func text() -> String? {
            guard let count = number(UInt16.self), let slice = slice(Int(count)) else { return nil }
            return String(decoding: slice, as: UTF8.self)
        }
    }
}
