import CShims
import Glibc
import HTTP
import Runtime

/// One kept-alive connection: one request at a time.
@LoopActor final class ClientConnection {
    /// How a request ended.
    typealias Answer = Result<Response, PeerError>

    private let fd: Int32
    private let parser = ResponseParser()
    private var poller: Poller?
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var isConnected = false
    /// Whether a byte of the present request is with the kernel, so that the peer may have seen it.
    private var isSeen = false
    private var completion: (@LoopActor (Answer) -> Void)?
    /// Told when the connection is of no more use.
    var onClose: (@LoopActor (ClientConnection) -> Void)?
    private(set) var isOpen = true
    /// When it was last given back, monotonic; its pool's business.
    var idleSince: Int64 = 0
    private var deadline: Int64 = .max
    private static let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// Starts connecting to an address; nil where not even that is possible.
    init?(address: SocketAddress) {
        fd = address.openSocket()
        if fd < 0 { return nil }
        poller = Poller(fd: fd) { [self] ready in self.ready(ready) }
        poller?.watch([.readable, .writable])
    }

    var isIdle: Bool { isOpen && completion == nil }

    /// Whether a request under way should have been answered by now.
    func isLate(_ now: Int64) -> Bool { completion != nil && now >= deadline }

    /// Sends one request; `completion` is called once.
    func send(_ request: Request, host: String, deadline: Int64, _ completion: @escaping @LoopActor (Answer) -> Void) {
        guard isOpen else {
            completion(.failure(.unreachable("the connection is closed")))
            return
        }
        self.completion = completion
        self.deadline = deadline
        isSeen = false
        outgoing.removeAll(keepingCapacity: outgoing.count < 1 << 16)
        RequestHead.encode(request, host: host, into: &outgoing)
        sent = 0
        parser.reset(isHead: request.method == .head)
        if isConnected { write() }
    }

    private func ready(_ ready: Readiness) {
        if !isConnected {
            var code: Int32 = 0, length = socklen_t(4)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length)
            if code != 0 {
                close(.unreachable(String(cString: strerror(code))))
                return
            }
            if !ready.contains(.writable) { return }
            isConnected = true
        }
        if ready.contains(.writable) { write() }
        if ready.contains(.readable) && isOpen { read() }
    }

    private func write() {
        while sent < outgoing.count {
            let count = outgoing.withUnsafeBytes { bytes in
                Glibc.send(fd, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EAGAIN || errno == EINTR {
                    poller?.watch([.readable, .writable])
                    return
                }
                let reason = String(cString: strerror(errno))
                close(isSeen ? .broken(reason) : .unreachable(reason))
                return
            }
            isSeen = true
            sent += count
        }
        poller?.watch(.readable)
    }

    private func read() {
        while isOpen {
            let count = Glibc.read(fd, Self.buffer.baseAddress, Self.buffer.count)
            if count < 0 {
                if errno != EAGAIN && errno != EINTR { close(.broken(String(cString: strerror(errno)))) }
                return
            }
            if count == 0 {
                ended()
                return
            }
            guard completion != nil else {
                close(.broken("the peer sent what nobody asked for"))
                return
            }
            guard parser.feed(UnsafeRawBufferPointer(rebasing: Self.buffer[0..<count])) else {
                close(.broken("the peer's answer is not HTTP"))
                return
            }
            if parser.isComplete {
                finish()
                return
            }
            if count < Self.buffer.count { return }
        }
    }

    /// The peer closed. A kept-alive connection that it gave up while the request was on its way was not answered.
    private func ended() {
        if completion != nil, parser.status != 0, parser.finish() {
            finish()
            return
        }
        close(.broken("the peer closed the connection"))
    }

    private func finish() {
        let done = completion
        completion = nil
        let response = Response(
            status: parser.status, contentType: parser.contentType, headers: parser.headers, body: parser.body)
        if !parser.keepsAlive { close(.broken("closed")) }
        done?(.success(response))
    }

    /// Closes; a request under way fails with `error`.
    func close(_ error: PeerError) {
        if !isOpen { return }
        isOpen = false
        poller?.close()
        poller = nil
        Glibc.close(fd)
        let done = completion
        completion = nil
        onClose?(self)
        onClose = nil
        done?(.failure(error))
    }
}
