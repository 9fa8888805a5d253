// HTTPServer: serves an `HTTP.Application` over libmicrohttpd in external-epoll mode, and hands WebSocket handshakes
// on. The only user of libmicrohttpd, wslay and zlib.
import CMicroHTTPD
import CShims
import Glibc
public import HTTP
public import Runtime
public import Telemetry

/// Limits and times of a server.
public struct HTTPServerConfiguration: Sendable {
    public var address: String
    /// 0 lets the system choose; see `HTTPServer.boundPort`.
    public var port: Int
    /// The most bytes of one request's body; more is 413.
    public var bodyLimit = 16 << 20
    /// The most open connections.
    public var connectionLimit = 20_000
    /// Memory of one connection: bounds its header fields; more is 431.
    public var connectionMemory = 16 << 10
    /// A connection on which nothing moves is closed after so long.
    public var idleSeconds = 60
    /// A request must be whole within so long after the connection was opened or the answer before it was sent; this is
    /// also how long a kept-alive connection may be idle.
    public var requestSeconds = 30
    /// Answers of at least so many bytes are compressed for callers that take gzip.
    public var gzipFrom = 16 << 10

    public init(address: String, port: Int) {
        self.address = address
        self.port = port
    }
}

/// Why a server did not start.
public enum HTTPServerError: Error, CustomStringConvertible {
    case portInUse(address: String, port: Int)
    case cannotBind(address: String, port: Int, reason: String)

    public var description: String {
        switch self {
        case .portInUse(let address, let port): "port \(port) on \(address) is in use"
        case .cannotBind(let address, let port, let reason): "cannot bind \(address):\(port): \(reason)"
        }
    }
}

/// An HTTP/1.1 server on the event loop.
@LoopActor public final class HTTPServer: TurnWork {
    let application: Application
    let configuration: HTTPServerConfiguration
    /// Takes handshakes; nil serves none.
    let sockets: (any WebSocketAcceptor)?
    private var daemon: OpaquePointer?
    /// The port it listens on once it is started.
    public private(set) var boundPort = 0
    private var poller: Poller?
    private var sweeper: LoopTimer?
    private var queued = false
    private(set) var inFlight = 0
    private(set) var draining = false
    /// Requests taken whole and not yet answered to the last byte.
    private var active = 0
    /// When each connection began to wait for a request, in ticks of the sweeper, by descriptor; 0 while it does not.
    private var waiting: [Int32] = []
    private var ticks: Int32 = 1
    /// Descriptors whose callers still send what is not wanted: they are drained, not cut off.
    private var lingering: Set<Int32> = []
    /// Read buffer, write vectors and parser that all sockets share.
    let socketHub = SocketHub()
    private let clock: any Clock
    private let open: Gauge

    public init(
        _ application: Application, _ configuration: HTTPServerConfiguration, clock: any Clock,
        registry: MetricsRegistry, sockets: (any WebSocketAcceptor)? = nil
    ) {
        self.application = application
        self.configuration = configuration
        self.clock = clock
        self.sockets = sockets
        open = registry.gauge("nautilus_http_open_connections", "Open HTTP connections.")
    }

    /// Binds and serves.
    public func start() throws(HTTPServerError) {
        let flags = MHD_USE_EPOLL.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue | MHD_ALLOW_UPGRADE.rawValue
            | MHD_USE_TURBO.rawValue
        let context = Unmanaged.passRetained(self)
        let made = configuration.address.withCString { address in
            shim_mhd_start(flags, shim_mhd_options(
                address: address, port: UInt16(configuration.port),
                connection_limit: UInt32(configuration.connectionLimit),
                connection_memory: configuration.connectionMemory,
                timeout_seconds: UInt32(configuration.idleSeconds)), Self.onAccess, context.toOpaque(),
                Self.onCompleted, Self.onURI, Self.onConnection)
        }
        guard let made else {
            let code = errno
            context.release()
            if code == EADDRINUSE {
                throw .portInUse(address: configuration.address, port: configuration.port)
            }
            throw .cannotBind(address: configuration.address, port: configuration.port,
                              reason: String(cString: strerror(code)))
        }
        daemon = made
        boundPort = Int(shim_mhd_port(made))
        poller = Poller(fd: shim_mhd_epoll_fd(made)) { [self] _ in run() }
        poller?.watch(.readable)
        sweeper = LoopTimer.every(milliseconds: 1000) { [self] in sweep() }
    }

    /// Asks for one more run at the end of this turn.
    func kick() {
        if queued { return }
        queued = true
        EventLoop.main.atEndOfTurn(self)
    }

    public func endOfTurn() {
        queued = false
        run()
    }

    /// libmicrohttpd's epoll is edge-triggered inside: what it could not finish does not wake the descriptor again.
    private func run() {
        guard let daemon else { return }
        MHD_run(daemon)
        var milliseconds: UInt64 = 0
        if MHD_get_timeout(daemon, &milliseconds) == .YES, milliseconds == 0 { kick() }
    }

    /// Closes connections whose request does not come, and lets libmicrohttpd see its own time-outs.
    private func sweep() {
        ticks += 1
        let limit = ticks - Int32(configuration.requestSeconds)
        for fd in waiting.indices where waiting[fd] != 0 && waiting[fd] < limit {
            shutdown(Int32(fd), Int32(SHUT_RDWR))
            waiting[fd] = 0
        }
        run()
    }

    // MARK: Exchanges

    private func setWaiting(_ fd: Int32, _ tick: Int32) {
        guard fd >= 0 else { return }
        let place = Int(fd)
        if place >= waiting.count { waiting.append(contentsOf: repeatElement(0, count: place + 64 - waiting.count)) }
        waiting[place] = tick
    }

    /// The request is whole: its answer may take its time.
    func began(_ exchange: Exchange) {
        exchange.server = self
        active += 1
        setWaiting(exchange.fd, 0)
    }

    /// The answer is out, or the connection gone.
    func completed(_ exchange: Exchange) {
        active -= 1
        setWaiting(exchange.fd, ticks)
    }

    /// The caller is told before all of its request was read: closing at once would reset the connection under the
    /// answer.
    func linger(_ exchange: Exchange) { lingering.insert(exchange.fd) }

    func suspended() { inFlight += 1 }

    /// A suspended exchange has its response: libmicrohttpd asks for it again in its next run.
    func resume(_ connection: OpaquePointer) {
        inFlight -= 1
        MHD_resume_connection(connection)
        kick()
    }

    func connectionOpened(_ fd: Int32) {
        setWaiting(fd, ticks)
        open.set(open.value + 1)
    }

    func connectionClosed(_ fd: Int32) {
        setWaiting(fd, 0)
        if lingering.remove(fd) != nil { Drain.start(fd) }
        open.set(open.value - 1)
    }

    /// The tick after which a request that begins now is late.
    func deadline() -> Int32 { ticks + Int32(configuration.requestSeconds) }
    func isPast(_ deadline: Int32) -> Bool { ticks > deadline }

    // MARK: Stopping

    /// Refuses new connections and new requests, waits for running ones up to `graceNanoseconds`, closes. Returns
    /// whether all ended.
    /// (libmicrohttpd aborts the process when stopped with suspended connections, so it is stopped only when none are.)
    @discardableResult
    public func stop(graceNanoseconds: Int64) async -> Bool {
        guard let daemon else { return true }
        draining = true
        let listener = MHD_quiesce_daemon(daemon)
        if listener >= 0 { Glibc.close(listener) }
        let deadline = clock.monotonic + graceNanoseconds
        while active > 0 && clock.monotonic < deadline { await clock.sleep(nanoseconds: 5_000_000) }
        run()
        sweeper?.cancel()
        poller?.close()
        poller = nil
        if inFlight > 0 { return false }
        self.daemon = nil
        MHD_stop_daemon(daemon)
        Unmanaged.passUnretained(self).release()
        return true
    }
}
