public import HTTP
public import Runtime

/// Peers in other processes: a pool of kept-alive connections to each.
@LoopActor public final class HTTPPeers: PeerClient {
    private let configuration: Configuration
    private let clock: any Clock
    private let key: String?
    private let idleSeconds: Int
    private var pools: [EngineName: ConnectionPool] = [:]
    private var calculators: [EngineName: [ConnectionPool]] = [:]

    /// - Parameter key: shown in `X-API-Key` where the platform asks for one.
    public init(_ configuration: Configuration, clock: any Clock, key: String? = nil) {
        self.configuration = configuration
        self.clock = clock
        self.key = key
        // Shorter than the servers' own patience, so that no request goes out on a connection about to be closed.
        idleSeconds = max(1, min(10, configuration.int("REQUEST_SECONDS") / 2))
    }

    public func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64
    ) async throws(PeerError) -> Response {
        try await send(request, over: pool(of: engine), deadline: clock.monotonic + deadlineNanoseconds)
    }

    private func send(
        _ request: Request, over pool: ConnectionPool, deadline: Int64
    ) async throws(PeerError) -> Response {
        let request = keyed(request), isSafe = Self.isSafe(request)
        while true {
            let (connection, isReused) = try await pool.take(deadline: deadline)
            let result = await exchange(request, connection, pool, deadline)
            switch result {
            case .success(let response): return response
            // A kept-alive connection that the peer had given up: a safe request goes again over a new one, and so
            // does one of which no byte went out.
            case .failure(.broken) where isReused && isSafe && clock.monotonic < deadline: continue
            case .failure(.unreachable) where isReused && clock.monotonic < deadline: continue
            case .failure(let error): throw error
            }
        }
    }

    public func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        send(request, over: pool(of: engine), deadline: clock.monotonic + deadlineNanoseconds, done)
    }

    public func send(
        _ request: Request, toCalculator number: Int, of engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        let pools = calculators[engine] ?? configuration.calculators(of: engine).map { pool($0.host, $0.port) }
        calculators[engine] = pools
        guard pools.indices.contains(number) else { return done(.failure(.unreachable("no calculator \(number)"))) }
        send(request, over: pools[number], deadline: clock.monotonic + deadlineNanoseconds, done)
    }

    private func send(
        _ request: Request, over pool: ConnectionPool, deadline: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        guard let connection = pool.popIdle() else {
            return sendByTask(request, over: pool, deadline: deadline, done)
        }
        pool.watch()
        let isSafe = Self.isSafe(request)
        connection.send(keyed(request), host: pool.authority, deadline: deadline) { [self] result in
            pool.giveBack(connection)
            switch result {
            case .failure(.broken) where isSafe && clock.monotonic < deadline,
                 .failure(.unreachable) where clock.monotonic < deadline:
                sendByTask(request, over: pool, deadline: deadline, done)
            default: done(result)
            }
        }
    }

    /// Where a connection has to be made or waited for.
    private func sendByTask(
        _ request: Request, over pool: ConnectionPool, deadline: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        spawnInline { [self] in
            do throws(PeerError) {
                done(.success(try await send(request, over: pool, deadline: deadline)))
            } catch {
                done(.failure(error))
            }
        }
    }

    private static func isSafe(_ request: Request) -> Bool {
        request.method == .get || request.method == .head || request.method == .options
    }

    /// Shows the platform's key for what the platform itself asks; never for a caller who showed none.
    private func keyed(_ request: Request) -> Request {
        guard let key, !request.isHandedOn, request.headers["X-API-Key"] == nil else { return request }
        var request = request
        request.headers.add("X-API-Key", key)
        return request
    }

    private func exchange(
        _ request: Request, _ connection: ClientConnection, _ pool: ConnectionPool, _ deadline: Int64
    ) async -> ClientConnection.Answer {
        let result: ClientConnection.Answer = await withCheckedContinuation { continuation in
            pool.watch()
            connection.send(request, host: pool.authority, deadline: deadline) { continuation.resume(returning: $0) }
        }
        pool.giveBack(connection)
        return result
    }

    private func pool(of engine: EngineName) -> ConnectionPool {
        if let pool = pools[engine] { return pool }
        let pool = pool(configuration.host(of: engine), configuration.port(of: engine))
        pools[engine] = pool
        return pool
    }

    private func pool(_ host: String, _ port: Int) -> ConnectionPool {
        ConnectionPool(host: host, port: port, clock: clock, idleSeconds: idleSeconds)
    }

    /// Closes all connections that are not in use.
    public func close() {
        for pool in pools.values { pool.close() }
        for pool in calculators.values.joined() { pool.close() }
    }
}
