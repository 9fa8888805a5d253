import Bus
import Glibc
import Runtime
import Telemetry

/// One connection to Redis on the loop. Commands are gathered in a turn and written at its end; replies come in order.
/// A lost connection answers everything with nil, tells `onDown`, and is made again with back-off.
@LoopActor final class RedisLink: TurnWork, RankedLink {
    typealias ReplyHandler = @LoopActor (Reply?) -> Void

    private struct Expectation {
        var count: Int
        let handler: ReplyHandler
    }

    private enum State { case closed, waiting, connecting, greeting, ready }

    /// Back-off between attempts, in milliseconds.
    private static let firstWait = 20, longestWait = 2000
    /// The most bytes read in one turn: other links have their turn too.
    private static let readLimit = 64 << 10

    let name: String
    private let url: RedisURL
    private let clock: any Clock
    private let order: LaneOrder
    private let rank: Int
    private let onUp: @LoopActor () -> Void
    private let onDown: @LoopActor (String) -> Void
    private var state = State.closed
    private var fd: Int32 = -1
    private var poller: Poller?
    private var parser = ReplyReader()
    private var out = CommandBuffer()
    private var sent = 0
    private var queued = false, blocked = false
    private var expectations: [Expectation] = [], firstExpected = 0
    private var wait = RedisLink.firstWait
    private var retry: LoopTimer?
    private var lastProgress: Int64 = 0

    /// What is gathered is written in `order`, by `rank`.
    init(
        name: String, url: RedisURL, clock: any Clock, order: LaneOrder, rank: Int,
        onUp: @escaping @LoopActor () -> Void, onDown: @escaping @LoopActor (String) -> Void
    ) {
        self.order = order
        self.rank = rank
        self.name = name
        self.url = url
        self.clock = clock
        self.onUp = onUp
        self.onDown = onDown
    }

    var isReady: Bool { state == .ready }
    /// Bytes that the socket has not taken yet.
    var unsentBytes: Int { out.count - sent }

    // MARK: Life

    func open() {
        guard state == .closed else { return }
        state = .waiting
        connect()
    }

    func close() {
        let wasOpen = state != .closed
        state = .closed
        retry?.cancel()
        retry = nil
        if wasOpen { dropSocket() }
    }

    private func connect() {
        guard state == .waiting else { return }
        state = .connecting
        let url = self.url
        spawn {
            let address = await SocketAddress.resolve(host: url.host, port: url.port)
            self.connect(to: address)
        }
    }

    private func connect(to address: SocketAddress?) {
        guard state == .connecting else { return }
        guard let address else { return lose("\(url.host) is no known host") }
        fd = address.openSocket()
        if fd < 0 { return lose("cannot reach \(url.host):\(url.port): \(String(cString: strerror(errno)))") }
        lastProgress = clock.monotonic
        let poller = Poller(fd: fd) { [self] in ready($0) }
        self.poller = poller
        poller.watch([.readable, .writable])
    }

    /// Ends this connection and makes another.
    func lose(_ reason: String) {
        if state == .closed || state == .waiting { return }
        let wasReady = state == .ready
        state = .waiting
        dropSocket()
        if wasReady { wait = Self.firstWait }
        onDown(reason)
        if state != .waiting { return }
        retry = LoopTimer.once(milliseconds: wait) { [self] in connect() }
        wait = min(Self.longestWait, wait * 2)
    }

    private func dropSocket() {
        poller?.close()
        poller = nil
        if fd >= 0 { Glibc.close(fd) }
        fd = -1
        parser = ReplyReader()
        out.removeAll()
        sent = 0
        blocked = false
        let lost = expectations[firstExpected...]
        expectations = []
        firstExpected = 0
        for expectation in lost {
            for _ in 0..<expectation.count { expectation.handler(nil) }
        }
        order.answered()
    }

    /// Gives the connection up where Redis owes an answer for longer than this.
    func dropIfStalled(nanoseconds: Int64) {
        let owes = state == .connecting || state == .greeting || isOwed
        if owes && fd >= 0 && clock.monotonic - lastProgress > nanoseconds {
            lose("no answer within \(nanoseconds / 1_000_000_000) s")
        }
    }

    private func greet() {
        state = .greeting
        if let password = url.password {
            post({ [self] reply in if reply?.isError == true { lose("login refused: \(reply?.text ?? "")") } }) {
                $0.command(["AUTH"] + (url.user.map { [$0] } ?? []) + [password])
            }
        }
        if url.database != 0 {
            post({ [self] reply in
                if reply?.isError == true { lose("database \(url.database) refused: \(reply?.text ?? "")") }
            }) { $0.command(["SELECT", "\(url.database)"]) }
        }
        post({ _ in }) { $0.command(["CLIENT", "SETNAME", "nautilus-\(name)"]) }
        post({ [self] reply in
            guard let reply, state == .greeting else { return }
            if reply.isError { return lose(reply.text ?? "refused") }
            state = .ready
            onUp()
        }) { $0.command(["PING"]) }
    }

    // MARK: Commands

    /// Sends one command. `handler` gets its reply, or nil when the connection is lost before it comes.
    func send(_ handler: @escaping ReplyHandler, _ build: (inout CommandBuffer) -> Void) {
        send(replies: 1, handler, build)
    }

    /// Sends several commands at once; `handler` is called for each of their replies.
    func send(replies: Int, _ handler: @escaping ReplyHandler, _ build: (inout CommandBuffer) -> Void) {
        guard state == .ready else {
            for _ in 0..<replies { handler(nil) }
            return
        }
        post(replies: replies, handler, build)
    }

    private func post(replies: Int = 1, _ handler: @escaping ReplyHandler, _ build: (inout CommandBuffer) -> Void) {
        if firstExpected == expectations.count { lastProgress = clock.monotonic }
        expectations.append(Expectation(count: replies, handler: handler))
        build(&out)
        if !queued {
            queued = true
            order.add(self, rank: rank)
        }
    }

    func endOfTurn() {
        queued = false
        if fd >= 0 && !blocked { flush() }
    }

    private func flush() {
        let total = out.count
        while sent < total {
            let count = Glibc.send(fd, out.raw.baseAddress! + sent, total - sent, Int32(MSG_NOSIGNAL))
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                blocked = true
                poller?.watch([.readable, .writable])
                return
            } else if errno != EINTR {
                return lose("write failed: \(String(cString: strerror(errno)))")
            }
        }
        out.removeAll()
        sent = 0
        blocked = false
        poller?.watch(.readable)
    }

    // MARK: Replies

    var isOwed: Bool { firstExpected < expectations.count }

    func readArrived() { if fd >= 0 { read() } }

    private func ready(_ readiness: Readiness) {
        if state == .connecting {
            var problem: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size)
            if problem != 0 {
                return lose("cannot reach \(url.host):\(url.port): \(String(cString: strerror(problem)))")
            }
            greet()
        }
        if readiness.contains(.writable) && fd >= 0 { flush() }
        if readiness.contains(.readable) && fd >= 0 { order.noteArrival(self, rank: rank) }
    }

    private func read() {
        var total = 0
        while fd >= 0 && total < Self.readLimit {
            let count = ReadScratch.shared.read(fd)
            if count > 0 {
                total += count
                lastProgress = clock.monotonic
                let bytes = UnsafeRawBufferPointer(start: ReadScratch.shared.bytes, count: count)
                if !parser.feed(bytes) { return lose("bad reply") }
                answer()
                if count < ReadScratch.size { return }
            } else if count == 0 {
                return lose("Redis closed the connection")
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                return lose("read failed: \(String(cString: strerror(errno)))")
            }
        }
    }

    private func answer() {
        let mine = parser
        while fd >= 0 && mine === parser {
            let (reply, failed) = mine.next()
            if failed { return lose("bad reply") }
            guard let reply else { return }
            guard firstExpected < expectations.count else { return lose("a reply to nothing") }
            let handler = expectations[firstExpected].handler
            expectations[firstExpected].count -= 1
            if expectations[firstExpected].count == 0 { dropExpectation() }
            handler(reply)
            mine.done()
        }
    }

    private func dropExpectation() {
        firstExpected += 1
        if firstExpected == expectations.count {
            expectations.removeAll(keepingCapacity: true)
            firstExpected = 0
            order.answered()
        } else if firstExpected >= 512 && firstExpected * 2 > expectations.count {
            expectations.removeFirst(firstExpected)
            firstExpected = 0
        }
    }
}

/// The buffer that sockets are read into: one for the loop, since what it holds is used up at once.
@LoopActor private final class ReadScratch {
    static let shared = ReadScratch()
    nonisolated static let size = 64 << 10
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: ReadScratch.size, alignment: 16)

    func read(_ fd: Int32) -> Int { Glibc.read(fd, bytes, Self.size) }
}
