import Glibc
import Hosting
import Runtime

/// One socket of a benchmark's client: shakes hands, asks for a topic where there is one, and counts text frames. It
/// reads no more of a frame than its length and the time at its end.
@LoopActor final class LightReader {
    /// What all readers of a benchmark saw.
    @LoopActor final class Tally {
        /// Sockets whose handshake, and subscription where there is one, is answered.
        var ready = 0
        /// Frames that bear the time they were sent at.
        var deliveries = 0
        /// Sockets that ended by themselves.
        var lost = 0
        /// Microseconds from that time to the frame's arrival; kept while `isTiming`.
        var microseconds: [Double] = []
        var isTiming = false
        fileprivate var buffer = [UInt8](repeating: 0, count: 1 << 18)
    }

    private let fd: Int32
    private let poller: Poller
    private let topic: String?
    private let tally: Tally
    private var rest: [UInt8] = []
    private var isOpen = false, isReady = false

    init(_ address: SocketAddress, port: UInt16, topic: String?, _ tally: Tally) throws(StartError) {
        let fd = address.openSocket()
        guard fd >= 0 else {
            throw StartError(.unavailable, "no socket: \(String(cString: strerror(errno)))")
        }
        self.fd = fd
        self.topic = topic
        self.tally = tally
        var start: (@LoopActor (Readiness) -> Void)?
        poller = Poller(fd: fd) { start?($0) }
        start = { [weak self] ready in self?.turn(ready, port) }
        poller.watch([.writable])
    }

    /// Closes without a goodbye, so that the port is free at once.
    func close() {
        poller.close()
        var hard = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        Glibc.close(fd)
    }

    private func turn(_ ready: Readiness, _ port: UInt16) {
        if ready.contains(.readable) {
            read()
        } else if ready.contains(.writable) {
            write(Array("""
                GET /ws HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
                """.utf8))
            poller.watch([.readable])
        }
    }

    /// Short messages on an idle socket: the kernel takes them whole.
    private func write(_ bytes: [UInt8]) { _ = Glibc.write(fd, bytes, bytes.count) }

    private func read() {
        let count = Glibc.read(fd, &tally.buffer, tally.buffer.count)
        if count <= 0 {
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
            poller.watch([])
            tally.lost += 1
            return
        }
        if rest.isEmpty {
            let used = tally.buffer.withUnsafeBytes { take($0[..<count]) }
            if used < count { rest = Array(tally.buffer[used..<count]) }
        } else {
            rest += tally.buffer[..<count]
            let used = rest.withUnsafeBytes { take($0[...]) }
            rest.removeFirst(used)
        }
    }

    /// Takes whole answers and frames; returns how many bytes they were.
    private func take(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        var at = bytes.startIndex
        if !isOpen {
            guard let end = (at..<max(at, bytes.endIndex - 3)).first(where: {
                bytes[$0] == 13 && bytes[$0 + 1] == 10 && bytes[$0 + 2] == 13 && bytes[$0 + 3] == 10
            }) else { return 0 }
            at = end + 4
            opened()
        }
        while bytes.endIndex - at >= 2 {
            var head = 2, length = Int(bytes[at + 1] & 127)
            if length == 126 {
                guard bytes.endIndex - at >= 4 else { break }
                head = 4
                length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            }
            guard bytes.endIndex - at >= head + length else { break }
            if bytes[at] & 15 == 1 { text(bytes[(at + head)..<(at + head + length)]) }
            at += head + length
        }
        return at
    }

    private func opened() {
        isOpen = true
        guard let topic else {
            ready()
            return
        }
        let message = Array(#"{"op":"subscribe","topics":["\#(topic)"]}"#.utf8)
        // A client's frame is masked; a mask of zeros leaves the text as it is.
        write([0x81, 0x80 | UInt8(message.count), 0, 0, 0, 0] + message)
    }

    private func ready() {
        isReady = true
        tally.ready += 1
    }

    /// A frame whose data ends with a number is a delivery; the first other one answers the subscription.
    private func text(_ payload: Slice<UnsafeRawBufferPointer>) {
        var value: Int64 = 0, unit: Int64 = 1, at = payload.endIndex - 3
        while at > payload.startIndex, payload[at] >= 48, payload[at] <= 57 {
            value += Int64(payload[at] - 48) * unit
            unit &*= 10
            at -= 1
        }
        // The number of nanoseconds since the machine started has ten digits within seconds.
        if unit >= 1_000_000_000 {
            tally.deliveries += 1
            if tally.isTiming { tally.microseconds.append(Double(SystemClock().monotonic - value) / 1000) }
        } else if !isReady {
            ready()
        }
    }
}
