import Glibc

/// A blocking socket that says exactly what a test wants said.
public final class RawClient {
    private let fd: Int32
    private var buffer: [UInt8] = []

    /// One answer as it came.
    public struct Answer: Sendable {
        public var status: Int
        public var head: String
        public var body: [UInt8]

        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }

        /// The first field of a name, without regard to case.
        public subscript(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name.lowercased() { return String(parts[1].drop { $0 == " " }) }
            }
            return nil
        }
    }

    /// Connects to a port of this machine; a small receive buffer makes a slow reader.
    public init(port: Int, receiveBuffer: Int32 = 0) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.fd = fd
        var size = receiveBuffer
        if size > 0 { setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var timeout = timeval(tv_sec: 15, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self,
                capacity: 1) { connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        isConnected = result == 0
    }

    deinit { close(fd) }

    /// Whether somebody listened.
    public let isConnected: Bool

    /// Sends everything; false when the other side does not take it.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// Sends text.
    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Says that nothing more is sent.
    public func finishSending() { shutdown(fd, Int32(SHUT_WR)) }

    /// Up to `count` bytes more; false at the end of the stream.
    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = read(fd, &chunk, chunk.count)
        if count <= 0 { return false }
        buffer.append(contentsOf: chunk[0..<count])
        return true
    }

    /// Exactly so many bytes, or nil at the end of the stream.
    public func take(_ count: Int) -> [UInt8]? {
        while buffer.count < count { if !fill() { return nil } }
        defer { buffer.removeFirst(count) }
        return Array(buffer[0..<count])
    }

    /// Whether the other side closed without saying more.
    public func isAtEnd() -> Bool { buffer.isEmpty && !fill() }

    /// The next answer, or nil when there is none.
    public func answer(isHead: Bool = false) -> Answer? {
        let mark = Array("\r\n\r\n".utf8)
        var end: Int?
        while end == nil {
            end = buffer.indices.dropLast(3).first { buffer[$0] == 13 && Array(buffer[$0..<($0 + 4)]) == mark }
            if end == nil && !fill() { return nil }
        }
        let head = String(decoding: buffer[0..<end!], as: UTF8.self)
        buffer.removeFirst(end! + 4)
        var answer = Answer(status: Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0, head: head, body: [])
        if isHead || answer.status == 100 || answer.status == 204 || answer.status == 101 { return answer }
        guard let length = answer["Content-Length"].flatMap({ Int($0) }) else { return answer }
        guard let body = take(length) else { return nil }
        answer.body = body
        return answer
    }

    /// One request on a connection of its own.
    public static func ask(_ port: Int, _ request: String, body: [UInt8] = []) -> Answer? {
        let client = RawClient(port: port)
        client.send(Array(request.utf8) + body)
        return client.answer()
    }
}
