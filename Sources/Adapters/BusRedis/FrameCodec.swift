import Bus
import Glibc
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

    /// How many bytes a frame with these messages takes.
    static func size(_ messages: UnsafeBufferPointer<Message>, family: String) -> Int {
        var total = 5 + family.utf8.count
        for index in messages.indices {
            total += 39 + messages[index].topic.key.utf8.count + messages[index].data.count
            if messages[index].received != messages[index].time { total += 8 }
            if index == 0 || messages[index].source != messages[index - 1].source {
                total += 2 + messages[index].source.utf8.count
            }
            if messages[index].cause != nil { total += 16 }
            if let trace = messages[index].trace { total += 2 + trace.utf8.count }
            if let replyTo = messages[index].replyTo { total += 2 + replyTo.utf8.count }
        }
        return total
    }

    /// Writes one frame with messages of one family; there must be room for `size`.
    static func write(_ messages: UnsafeBufferPointer<Message>, family: String, to out: UnsafeMutableRawPointer) {
        var writer = FrameWriter(out: out)
        writer.put(version)
        writer.put(UInt16(messages.count))
        writer.put(family)
        for index in messages.indices {
            let hasSource = index == 0 || messages[index].source != messages[index - 1].source
            writer.put(messages, index, hasSource: hasSource)
        }
    }

    /// The bytes of a frame.
    static func frame(_ messages: [Message], family: String) -> [UInt8] {
        messages.withUnsafeBufferPointer { messages in
            let count = size(messages, family: family)
            return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
                write(messages, family: family, to: UnsafeMutableRawPointer(buffer.baseAddress!))
                written = count
            }
        }
    }

    /// Writes a frame's parts, without looking whether there is room.
    private struct FrameWriter {
        var out: UnsafeMutableRawPointer

        @inline(__always) mutating func put<T: FixedWidthInteger & BitwiseCopyable>(_ number: T) {
            out.storeBytes(of: number.littleEndian, as: T.self)
            out += MemoryLayout<T>.size
        }

        @inline(__always) mutating func put(_ bytes: UnsafeRawBufferPointer) {
            if bytes.count > 0 { memcpy(out, bytes.baseAddress!, bytes.count) }
            out += bytes.count
        }

        @inline(__always) mutating func put(_ text: String) {
            var copy = text
            copy.withUTF8 {
                put(UInt16($0.count))
                put(UnsafeRawBufferPointer($0))
            }
        }

        @inline(__always) mutating func put(_ list: UnsafeBufferPointer<Message>, _ index: Int, hasSource: Bool) {
            var marks: UInt8 = list[index].cause == nil ? 0 : Mark.cause
            if list[index].trace != nil { marks |= Mark.trace }
            if list[index].replyTo != nil { marks |= Mark.replyTo }
            if hasSource { marks |= Mark.source }
            let hasReceived = list[index].received != list[index].time
            if hasReceived { marks |= Mark.received }
            put(marks)
            put(list[index].id.value.bigEndian)
            put(list[index].time.nanoseconds)
            put(list[index].sequence)
            if hasReceived { put(list[index].received.nanoseconds) }
            if hasSource { put(list[index].source) }
            if let cause = list[index].cause { put(cause.value.bigEndian) }
            if let trace = list[index].trace { put(trace) }
            if let replyTo = list[index].replyTo { put(replyTo) }
            put(list[index].topic.key)
            put(UInt32(list[index].data.count))
            list[index].data.withUnsafeBytes { put($0) }
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
                if !readMessage(family: wanted ?? named, source: &source, into: &messages) { return false }
            }
            return at == bytes.count
        }

        private mutating func readMessage(
            family: String, source: inout String, into messages: inout [Message]
        ) -> Bool {
            guard let marks = number(UInt8.self), let id = number(UInt128.self), let time = number(Int64.self),
                  let sequence = number(UInt64.self)
            else { return false }
            var received = time
            var cause: MessageID?, trace: String?, replyTo: String?
            if marks & Mark.received != 0 {
                guard let value = number(Int64.self) else { return false }
                received = value
            }
            if marks & Mark.source != 0 {
                guard let value = text() else { return false }
                source = value
            }
            if marks & Mark.cause != 0 {
                guard let value = number(UInt128.self) else { return false }
                cause = MessageID(UInt128(bigEndian: value))
            }
            if marks & Mark.trace != 0 {
                guard let value = text() else { return false }
                trace = value
            }
            if marks & Mark.replyTo != 0 {
                guard let value = text() else { return false }
                replyTo = value
            }
            guard let key = text(), let size = number(UInt32.self), let data = slice(Int(size)) else { return false }
            messages.append(Message(
                id: MessageID(UInt128(bigEndian: id)), topic: Topic(family, key), time: Timestamp(nanoseconds: time),
                received: Timestamp(nanoseconds: received), source: source, sequence: sequence, cause: cause,
                trace: trace, replyTo: replyTo, data: [UInt8](data)))
            return true
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
