public import HTTP
public import Runtime

/// Peers in other processes: a pool of kept-alive connections to each.
@LoopActor public final class HTTPPeers: PeerClient {
    /// Connections to one service.
    public static let connectionLimit = 128
    /// Requests that wait for a connection; more are refused at once.
    public static let queueLimit = 10_000
    /// How long a resolved address is used.
    static let addressNanoseconds: Int64 = 30_000_000_000

    private let configuration: Configuration
    private let clock: any Clock
    private let key: String?
    private var pools: [EngineName: Pool] = [:]

    /// - Parameter key: shown in `X-API-Key` where the platform asks for one.
    public init(_ configuration: Configuration, clock: any Clock, key: String? = nil) {
        self.configuration = configuration
        self.clock = clock
        self.key = key
    }

    @LoopActor private final class Pool {
        let host: String, port: Int, authority: String
        var address: SocketAddress?
        var resolvedAt: Int64 = 0
        var idle: [ClientConnection] = []
        var open = 0
        var waiting: [CheckedContinuation<Void, Never>] = []

        init(host: String, port: Int) {
            self.host = host
            self.port = port
            authority = "\(host):\(port)"
        }
    }

    public func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64
    ) async throws(PeerError) -> Response {
        let pool = pool(of: engine)
        let deadline = clock.monotonic + deadlineNanoseconds
        var request = request
        if let key, request.headers["X-API-Key"] == nil { request.headers.add("X-API-Key", key) }
        let isSafe = request.method == .get || request.method == .head || request.method == .options
        while true {
            let reused = pool.idle.popLast()
            let connection = if let reused { reused } else { try await connect(pool) }
            let result = await exchange(request, connection, pool, deadline)
            switch result {
            case .success(let response): return response
            // A kept-alive connection that the peer had given up: a safe request goes again over a new one.
            case .failure(.broken) where reused != nil && isSafe && clock.monotonic < deadline: continue
            case .failure(.unreachable) where reused != nil && clock.monotonic < deadline: continue
            case .failure(let error): throw error
            }
        }
    }

    private func pool(of engine: EngineName) -> Pool {
        if let pool = pools[engine] { return pool }
        let pool = Pool(host: configuration.host(of: engine), port: configuration.port(of: engine))
        pools[engine] = pool
        return pool
    }

    private func connect(_ pool: Pool) async throws(PeerError) -> ClientConnection {
        while pool.open >= Self.connectionLimit {
            if pool.waiting.count >= Self.queueLimit { throw .unreachable("\(pool.waiting.count) requests wait already") }
            await withCheckedContinuation { continuation in
                if pool.open < Self.connectionLimit { continuation.resume() } else { pool.waiting.append(continuation) }
            }
            if let idle = pool.idle.popLast() { return idle }
        }
        pool.open += 1
        if pool.address == nil || clock.monotonic - pool.resolvedAt > Self.addressNanoseconds {
            pool.address = await SocketAddress.resolve(host: pool.host, port: UInt16(pool.port))
            pool.resolvedAt = clock.monotonic
        }
        guard let address = pool.address, let connection = ClientConnection(address: address) else {
            pool.open -= 1
            wake(pool)
            throw .unreachable("no connection to \(pool.authority)")
        }
        connection.onClose = { [weak self, weak pool] closed in
            guard let self, let pool else { return }
            pool.open -= 1
            pool.idle.removeAll { $0 === closed }
            wake(pool)
        }
        return connection
    }

    private func exchange(
        _ request: Request, _ connection: ClientConnection, _ pool: Pool, _ deadline: Int64
    ) async -> ClientConnection.Answer {
        let left = max(1, (deadline - clock.monotonic) / 1_000_000)
        let result: ClientConnection.Answer = await withCheckedContinuation { continuation in
            let timer = LoopTimer.once(milliseconds: Int(left)) { connection.close(.timedOut) }
            connection.send(request, host: pool.authority) { answer in
                timer.cancel()
                continuation.resume(returning: answer)
            }
        }
        if connection.isIdle {
            pool.idle.append(connection)
            wake(pool)
        }
        return result
    }

    private func wake(_ pool: Pool) {
        if !pool.waiting.isEmpty { pool.waiting.removeFirst().resume() }
    }

    /// Closes all connections.
    public func close() {
        for pool in pools.values {
            for connection in pool.idle { connection.close(.broken("closed")) }
        }
    }
}
