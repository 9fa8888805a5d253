/// A blocking WebSocket client that can also send what no library would.
public final class SocketClient {
    /// One frame of the server.
    public struct Frame: Sendable, Equatable {
        public var opcode: UInt8
        public var payload: [UInt8]

        public init(opcode: UInt8, payload: [UInt8]) {
            self.opcode = opcode
            self.payload = payload
        }

        /// The payload as text.
        public var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        public var closeCode: Int? {
            opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
        }
    }

    private let raw: RawClient
    /// The status of the handshake's answer.
    public let status: Int

    /// Connects and shakes hands.
    public init(port: Int, _ path: String, headers: [String] = [], receiveBuffer: Int32 = 0) {
        raw = RawClient(port: port, receiveBuffer: receiveBuffer)
        let fields = ["Host: 127.0.0.1:\(port)", "Upgrade: websocket", "Connection: Upgrade",
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"] + headers
        raw.send("GET \(path) HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
        let answer = raw.answer()
        status = answer?["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || answer?.status != 101
            ? answer?.status ?? 0 : -1
    }

    /// Sends one frame.
    public func send(opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true) {
        var bytes = [(isFinal ? 0x80 : 0) | opcode], mask: UInt8 = isMasked ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(mask | UInt8(payload.count))
        } else if payload.count < 65_536 {
            bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        } else {
            bytes.append(mask | 127)
            for shift in stride(from: 56, through: 0,
                by: -8) { bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift)) }
        }
        mask = 0
        if isMasked {
            let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
            bytes += key
            for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        } else {
            bytes += payload
        }
        raw.send(bytes)
    }

    /// Sends a text message.
    public func send(_ text: String) { send(opcode: 1, Array(text.utf8)) }

    /// Sends bytes as they are.
    public func sendRaw(_ bytes: [UInt8]) { raw.send(bytes) }

    /// The next frame; nil at the end of the stream, or when none comes in time.
    public func receive() -> Frame? {
        guard let head = raw.take(2) else { return nil }
        var count = Int(head[1] & 127)
        if count == 126 {
            guard let more = raw.take(2) else { return nil }
            count = Int(more[0]) << 8 | Int(more[1])
        } else if count == 127 {
            guard let more = raw.take(8) else { return nil }
            count = more.reduce(0) { $0 << 8 | Int($1) }
        }
        return raw.take(count).map { Frame(opcode: head[0] & 15, payload: $0) }
    }

    /// The next text message.
    public func receiveText() -> String? { receive().flatMap { $0.opcode == 1 ? $0.text : nil } }
}
