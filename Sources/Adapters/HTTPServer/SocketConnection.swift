import CShims
import Glibc
import HTTP
import Runtime

/// What all sockets of a server share: buffers, one parser, and the flush at the end of a turn.
@LoopActor final class SocketHub: TurnWork {
    static let vectorLimit = 128
    let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: vectorLimit)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var spare: FrameParser?
    private var dirty: [SocketConnection] = []
    private var queued = false

    init() {}

    func takeParser() -> FrameParser {
        defer { spare = nil }
        return spare ?? FrameParser()
    }

    func giveBack(_ parser: FrameParser) { spare = parser }

    func markDirty(_ connection: SocketConnection) {
        dirty.append(connection)
        if queued { return }
        queued = true
        EventLoop.main.atEndOfTurn(self)
    }

    func endOfTurn() {
        queued = false
        var list: [SocketConnection] = []
        swap(&list, &dirty)
        for connection in list { connection.flush() }
    }

    isolated deinit {
        vectors.deallocate()
        buffer.deallocate()
    }
}

/// One open WebSocket on a descriptor of its own.
@LoopActor final class SocketConnection: WebSocket {
    private enum State { case open, closing, closed }

    /// The most bytes of one message from the client.
    static let messageLimit = 16 << 20
    /// A closing handshake that takes longer is cut off.
    static let closeMilliseconds = 2000
    /// The same where the peer has yet to read what was sent before.
    static let slowCloseMilliseconds = 20_000

    let request: Request
    private let fd: Int32
    private let hub: SocketHub
    private var poller: Poller?
    private weak var delegate: (any WebSocketDelegate)?
    private var queue = SendQueue()
    private var assembler = MessageAssembler(limit: messageLimit)
    private var parser: FrameParser?
    private var state = State.open
    private var isBlocked = false, isDirty = false
    private var closeTimer: LoopTimer?

    init(fd: Int32, request: Request, hub: SocketHub) {
        self.fd = fd
        self.request = request
        self.hub = hub
        var one: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        // The kernel would otherwise pile up megabytes of stale data before a slow reader shows.
        var sendBuffer: Int32 = 64 << 10
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sendBuffer, 4)
    }

    /// Starts reading; `first` are bytes that came with the handshake.
    func start(delegate: any WebSocketDelegate, first: [UInt8]) {
        self.delegate = delegate
        poller = Poller(fd: fd) { [self] ready in
            if ready.contains(.writable) {
                isBlocked = false
                flush()
                if !isBlocked && state != .closed { poller?.watch(.readable) }
            }
            if ready.contains(.readable) && state != .closed { read() }
        }
        poller?.watch(.readable)
        if !first.isEmpty { first.withUnsafeBytes { received($0) } }
    }

    // MARK: Sending

    private(set) var sentBytes = 0
    private(set) var receivedBytes = 0
    private(set) var closeCode: Int?
    var queuedBytes: Int { queue.bytes }
    func takeConflated() -> Int { queue.takeConflated() }

    func send(_ frame: SocketFrame) {
        guard state == .open else { return }
        if !queue.append(frame) {
            close(code: 1008, reason: "the reader is too slow")
            return
        }
        markDirty()
    }

    private func markDirty() {
        if isDirty || isBlocked { return }
        isDirty = true
        hub.markDirty(self)
    }

    func flush() {
        isDirty = false
        while !queue.isEmpty && !isBlocked && state != .closed {
            let count = min(queue.count, SocketHub.vectorLimit)
            for index in 0..<count {
                let bytes = queue.frames[queue.head + index].bytes
                let skip = index == 0 ? queue.sentOfFirst : 0
                hub.vectors[index] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress! + skip),
                                           iov_len: bytes.count - skip)
            }
            var message = msghdr()
            message.msg_iov = hub.vectors
            message.msg_iovlen = count
            let written = sendmsg(fd, &message, Int32(MSG_NOSIGNAL))
            if written < 0 {
                if errno == EAGAIN || errno == EWOULDBLOCK { block() } else { finish() }
                return
            }
            sentBytes += written
            queue.sent(written)
        }
        if queue.isEmpty && state == .closing { _ = shim_shutdown_write(fd) }
    }

    private func block() {
        isBlocked = true
        poller?.watch([.readable, .writable])
    }

    // MARK: Receiving

    private func read() {
        let count = Glibc.read(fd, hub.buffer.baseAddress, hub.buffer.count)
        if count < 0 {
            if errno != EAGAIN && errno != EINTR { finish() }
            return
        }
        if count == 0 {
            finish()
            return
        }
        receivedBytes += count
        received(UnsafeRawBufferPointer(rebasing: hub.buffer[0..<count]))
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        let parser = parser ?? hub.takeParser()
        self.parser = nil
        do throws(FrameParser.Failure) {
            try parser.feed(bytes, limit: Self.messageLimit) { frame in
                act(assembler.take(opcode: frame.opcode, isFinal: frame.isFinal, payload: frame.payload))
                return state == .open
            }
        } catch {
            close(code: error == .tooLarge ? 1009 : 1002, reason: error == .tooLarge ? "too large" : "broken frame")
            return
        }
        if state != .open { return }
        if parser.isMidFrame { self.parser = parser } else { hub.giveBack(parser) }
    }

    private func act(_ action: MessageAssembler.Action) {
        guard state == .open else { return }
        switch action {
        case .none: break
        case .message(let payload, let isText): delegate?.received(payload, isText: isText, from: self)
        case .pong(let payload): send(SocketFrame(opcode: 10, payload))
        case .closed(let code): close(code: code, reason: "")
        case .fail(let code, let reason): close(code: code, reason: reason)
        }
    }

    // MARK: Closing

    func close(code: Int, reason: String) {
        guard state == .open else { return }
        var payload = [UInt8(code >> 8), UInt8(code & 255)]
        payload.append(contentsOf: reason.utf8.prefix(120))
        closeCode = code
        // A slow reader gets the frame that it is in the middle of, then why; what waits behind is given up.
        if code == 1008 { queue.dropUnsent() }
        queue.appendLast(SocketFrame(opcode: 8, payload))
        state = .closing
        let patience = queue.count > 1 ? Self.slowCloseMilliseconds : Self.closeMilliseconds
        closeTimer = LoopTimer.once(milliseconds: patience) { [self] in finish() }
        if !isBlocked { flush() }
    }

    private func finish() {
        if state == .closed { return }
        state = .closed
        closeTimer?.cancel()
        closeTimer = nil
        queue.clear()
        poller?.close()
        poller = nil
        Glibc.close(fd)
        delegate?.closed(self)
    }
}
