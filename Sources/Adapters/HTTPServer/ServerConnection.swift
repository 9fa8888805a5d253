import CShims
import Glibc
import HTTP
import Runtime

/// One connection: reads requests, has each answered before the next is begun, and writes the answers to a batch of
/// them at once. While nothing is under way it holds no buffer.
@LoopActor final class ServerConnection {
    /// Answers that wait for the caller to read them; beyond it no further request is begun.
    static let outLimit = 64 << 10
    /// Bytes taken from the kernel while an answer is on its way.
    static let restLimit = 64 << 10

    private enum State {
        case open
        /// Closed once everything is out.
        case ending
        /// The same, where the caller may still be sending.
        case refusing
        /// Handed on as a WebSocket once everything is out.
        case upgrading
        case closed
    }

    /// Its place among the server's connections.
    var place = 0
    /// When the present wait began, in the server's ticks.
    private var since: Int32
    private let fd: Int32
    private let server: HTTPServer
    private var poller: Poller?
    private var reader: RequestReader
    private var state = State.open
    /// A request is with its handler.
    private var isBusy = false
    private var isProcessing = false
    /// The caller has said that it sends nothing more.
    private var isEnded = false
    private var wish = ResponseEncoder.Wish()
    /// What came behind a request whose answer is on its way, and how much of it was read.
    private var rest: [UInt8] = [], restRead = 0
    private var out: [UInt8] = [], sent = 0
    /// The body of the last answer, where it is long: it is sent from where it was made, behind `out`.
    private var body: [UInt8] = []
    /// Answers in `out`.
    private var unsent = 0
    private var upgrade: (request: Request, sockets: any WebSocketAcceptor)?

    init(fd: Int32, server: HTTPServer) {
        self.fd = fd
        self.server = server
        since = server.ticks
        reader = RequestReader(limits: server.limits)
    }

    func start() {
        poller = Poller(fd: fd) { [self] ready in self.ready(ready) }
        poller?.watch(.readable)
    }

    /// Bytes of answers, those that are out already too.
    private var outCount: Int { out.count + body.count }
    private var isBlocked: Bool { sent < outCount }

    /// Whether it is closed because nothing comes or nothing is taken. An answer may take its time.
    func isLate(_ tick: Int32) -> Bool {
        if isBlocked { return tick - since > Int32(server.configuration.idleSeconds) }
        return !isBusy && tick - since > Int32(server.configuration.requestSeconds)
    }

    // MARK: Reading

    private func ready(_ ready: Readiness) {
        if isBlocked {
            if ready.contains(.writable) { pump() }
        } else if ready.contains(.readable) && state == .open && !isEnded {
            read()
        }
    }

    private func read() {
        let buffer = server.socketHub.buffer
        let count = recv(fd, buffer.baseAddress, buffer.count, 0)
        if count < 0 {
            if errno != EAGAIN && errno != EINTR { close() }
            return
        }
        if count == 0 {
            isEnded = true
            if isBusy { watch() } else { close() }
            return
        }
        if reader.isEmpty { since = server.ticks }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
        if isBusy {
            rest.removeFirst(restRead)
            restRead = 0
            rest.append(contentsOf: bytes)
            watch()
            return
        }
        let taken = process(bytes)
        if taken < count { rest = [UInt8](bytes.part(taken, count)) }
        pump()
    }

    /// Takes requests from the bytes until one has to be waited for or enough answers wait; returns how many were read.
    private func process(_ bytes: UnsafeRawBufferPointer) -> Int {
        var next = 0
        isProcessing = true
        while next < bytes.count && state == .open && !isBusy && outCount < Self.outLimit {
            switch reader.next(bytes, &next) {
            case .more: break
            case .continueAwaited: append { $0.append(contentsOf: ResponseEncoder.proceed) }
            case .request(let incoming): take(incoming)
            case .refused(let refusal): refuse(refusal)
            }
        }
        isProcessing = false
        return next
    }

    private func refuse(_ refusal: Refusal) {
        wish = ResponseEncoder.Wish(keepsAlive: false)
        server.took()
        unsent += 1
        let request = Request(method: .get, path: refusal.path, headers: refusal.headers)
        let response = server.application.answer(
            Problem(refusal.status, refusal.detail), to: server.application.identified(request))
        append { server.encoder.append(response, wish, to: &$0) }
        state = .refusing
    }

    // MARK: Answering

    private func take(_ incoming: RequestReader.Incoming) {
        server.took()
        let application = server.application, request = application.identified(incoming.request)
        wish = ResponseEncoder.Wish(
            isHead: request.method == .head, keepsAlive: incoming.keepsAlive, isOld: incoming.isOld, headers: request.headers)
        if server.isDraining {
            return respond(application.answer(.unavailable(application.name, "the service is stopping"), to: request))
        }
        if !incoming.isKnownMethod {
            return respond(application.answer(request, unknownMethod: incoming.methodText))
        }
        if let sockets = server.sockets,
           let handshake = Handshake(request, isOld: incoming.isOld, sockets, application) {
            return shake(handshake, request, sockets)
        }
        switch application.answer(request) {
        case .now(let response): respond(response)
        case .later(let work):
            isBusy = true
            spawnInline { [self] in answered(await work()) }
        case .promised(let promise):
            isBusy = true
            promise { [self] in answered($0) }
        }
    }

    /// The handler is done.
    private func answered(_ response: Response) {
        guard state != .closed else { return server.answered(1) }
        isBusy = false
        since = server.ticks
        respond(response)
        if !isProcessing { pump() }
    }

    private func respond(_ response: Response) {
        if server.isDraining { wish.keepsAlive = false }
        if !wish.keepsAlive { state = .ending }
        unsent += 1
        append { body = server.encoder.append(response, wish, to: &$0, apartFrom: Self.outLimit) }
        wish.headers = Headers()
    }

    private func shake(_ handshake: Handshake, _ request: Request, _ sockets: any WebSocketAcceptor) {
        switch handshake {
        case .refused(let response): respond(response)
        case .accepted(let accept):
            unsent += 1
            append { server.encoder.appendSwitch(accept: accept, requestID: request.requestID, to: &$0) }
            upgrade = (request, sockets)
            state = .upgrading
        }
    }

    /// Writes into a buffer that is the server's while there is nothing to write.
    private func append(_ write: (inout [UInt8]) -> Void) {
        if out.capacity == 0 { server.lend(&out) }
        if !body.isEmpty {
            out.append(contentsOf: body)
            body = []
        }
        write(&out)
    }

    // MARK: Writing

    /// Writes what waits and goes on with what was read already, until there is nothing to do but wait.
    private func pump() {
        while state != .closed {
            guard write() else { return }
            switch state {
            case .ending: return close(draining: restRead < rest.count)
            case .refusing: return close(draining: true)
            case .upgrading: return handOver()
            case .open, .closed: break
            }
            if isBusy || restRead == rest.count { break }
            let bytes = rest
            let taken = bytes.withUnsafeBytes { process($0.part(restRead, $0.count)) }
            restRead += taken
            if restRead == rest.count {
                rest = []
                restRead = 0
            }
        }
        if isEnded && !isBusy { close() } else { watch() }
    }

    /// Reads on, unless there is nothing to come or enough has come already.
    private func watch() {
        poller?.watch(isEnded || rest.count - restRead >= Self.restLimit ? [] : .readable)
    }

    /// False where the caller does not take more for now, or is gone.
    private func write() -> Bool {
        while isBlocked {
            let count = sent < out.count
                ? send(out, from: sent, body.isEmpty ? 0 : Int32(MSG_MORE)) : send(body, from: sent - out.count, 0)
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { poller?.watch(.writable) } else { close() }
                return false
            }
            sent += count
            since = server.ticks
        }
        if out.capacity > 0 {
            server.answered(unsent)
            unsent = 0
            sent = 0
            body = []
            server.takeBack(&out)
        }
        return true
    }

    private func send(_ bytes: [UInt8], from start: Int, _ flags: Int32) -> Int {
        bytes.withUnsafeBytes {
            Glibc.send(fd, $0.baseAddress! + start, $0.count - start, Int32(MSG_NOSIGNAL) | flags)
        }
    }

    private func handOver() {
        guard let upgrade else { return close() }
        self.upgrade = nil
        let first = [UInt8](rest[restRead...])
        leave()
        let socket = SocketConnection(fd: fd, request: upgrade.request, hub: server.socketHub)
        socket.start(delegate: upgrade.sockets.opened(socket), first: first)
    }

    // MARK: Closing

    /// Closes at once; with `draining`, what the caller still sends is read away first.
    func close(draining: Bool = false) {
        if state == .closed { return }
        leave()
        if draining { Drain.start(fd) } else { Glibc.close(fd) }
    }

    /// Is the server's no more; the descriptor stays open.
    private func leave() {
        state = .closed
        poller?.close()
        poller = nil
        rest = []
        restRead = 0
        out = []
        body = []
        sent = 0
        server.answered(unsent)
        unsent = 0
        server.closed(self)
    }
}
