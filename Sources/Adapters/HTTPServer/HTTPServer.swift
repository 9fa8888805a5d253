// HTTPServer: serves an `HTTP.Application` over HTTP/1.1 on the event loop, and hands WebSocket handshakes on. The only
// user of wslay and zlib.
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
    /// The most bytes of a request line and its header fields; more is 414 or 431.
    public var headLimit = 16 << 10
    /// A caller that takes nothing of its answer for so long is cut off.
    public var idleSeconds = 60
    /// A request must be whole within so long after its first byte, and a connection may be idle for so long.
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
@LoopActor public final class HTTPServer {
    /// Connections accepted in one turn.
    private static let acceptLimit = 64
    /// A buffer that grew beyond so many bytes is not kept.
    private static let spareLimit = 256 << 10

    let application: Application
    let configuration: HTTPServerConfiguration
    let limits: RequestReader.Limits
    /// Takes handshakes; nil serves none.
    let sockets: (any WebSocketAcceptor)?
    /// The port it listens on once it is started.
    public private(set) var boundPort = 0
    private var listener: Int32 = -1
    private var poller: Poller?
    private var sweeper: LoopTimer?
    private(set) var encoder: ResponseEncoder
    private(set) var isDraining = false
    /// Requests taken whole and not yet answered to the last byte.
    private(set) var active = 0
    private var connections: [ServerConnection] = []
    /// Seconds since the start, as the sweeper counts them.
    private(set) var ticks: Int32 = 0
    /// The buffer that answers are written into, while nobody has it.
    private var spare: [UInt8] = []
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
        limits = RequestReader.Limits(head: configuration.headLimit, body: configuration.bodyLimit)
        encoder = ResponseEncoder(gzipFrom: configuration.gzipFrom, now: clock.now)
        open = registry.gauge("nautilus_http_open_connections", "Open HTTP connections.")
    }

    /// Binds and serves.
    public func start() throws(HTTPServerError) {
        listener = shim_listen(configuration.address, UInt16(configuration.port))
        guard listener >= 0 else {
            let code = errno
            if code == EADDRINUSE {
                throw .portInUse(address: configuration.address, port: configuration.port)
            }
            throw .cannotBind(address: configuration.address, port: configuration.port,
                              reason: String(cString: strerror(code)))
        }
        boundPort = Int(shim_port(listener))
        poller = Poller(fd: listener) { [self] _ in accept() }
        poller?.watch(.readable)
        sweeper = LoopTimer.every(milliseconds: 1000) { [self] in sweep() }
    }

    // MARK: Connections

    private func accept() {
        for _ in 0..<Self.acceptLimit {
            if connections.count >= configuration.connectionLimit {
                poller?.watch([])
                return
            }
            let fd = shim_accept(listener)
            if fd < 0 {
                // Without descriptors to spare the listener would be ready for ever: the next sweep tries again.
                if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS { poller?.watch([]) }
                return
            }
            let connection = ServerConnection(fd: fd, server: self)
            connection.place = connections.count
            connections.append(connection)
            open.set(Double(connections.count))
            connection.start()
        }
    }

    /// A connection is gone, or a WebSocket from now on.
    func closed(_ connection: ServerConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.place] = last
            last.place = connection.place
        }
        open.set(Double(connections.count))
        if connections.count == configuration.connectionLimit - 1 { poller?.watch(.readable) }
    }

    /// Closes connections that are late.
    private func sweep() {
        ticks += 1
        encoder.set(now: clock.now)
        for place in connections.indices.reversed() where connections[place].isLate(ticks) { connections[place].close() }
        if connections.count < configuration.connectionLimit { poller?.watch(.readable) }
    }

    // MARK: Exchanges

    /// A request is whole: its answer may take its time.
    func took() { active += 1 }

    /// So many answers are out, or their callers gone.
    func answered(_ count: Int) { active -= count }

    /// Gives a connection the buffer to write into, or an empty one.
    func lend(_ buffer: inout [UInt8]) {
        swap(&buffer, &spare)
        if buffer.capacity == 0 { buffer.reserveCapacity(16 << 10) }
    }

    /// Takes the buffer back, so that a connection without work holds nothing.
    func takeBack(_ buffer: inout [UInt8]) {
        if buffer.capacity <= Self.spareLimit {
            buffer.removeAll(keepingCapacity: true)
            swap(&buffer, &spare)
        }
        buffer = []
    }

    // MARK: Stopping

    /// Refuses new connections and new requests, waits for running ones up to `graceNanoseconds`, closes. Returns
    /// whether all ended.
    @discardableResult
    public func stop(graceNanoseconds: Int64) async -> Bool {
        guard listener >= 0 else { return true }
        isDraining = true
        poller?.close()
        poller = nil
        Glibc.close(listener)
        listener = -1
        let deadline = clock.monotonic + graceNanoseconds
        while active > 0 && clock.monotonic < deadline { await clock.sleep(nanoseconds: 5_000_000) }
        let isDone = active == 0
        sweeper?.cancel()
        for connection in connections { connection.close() }
        return isDone
    }
}
