import HTTP
import Runtime

/// The kept-alive connections to one service. Requests that find none wait in their order.
@LoopActor final class ConnectionPool {
    /// Connections to one service.
    static let connectionLimit = 128
    /// Requests that wait for a connection; more are refused at once.
    static let queueLimit = 10_000
    /// How long a resolved address is used.
    static let addressNanoseconds: Int64 = 30_000_000_000
    /// How often deadlines are looked at.
    static let sweepMilliseconds = 10

    /// What a request gets that asked for a connection.
    enum Lease {
        case connection(ClientConnection, isReused: Bool)
        case failed(PeerError)
        /// One was closed: there is room for a new one.
        case room
    }

    private struct Waiter {
        let deadline: Int64
        let continuation: CheckedContinuation<Lease, Never>
    }

    let host: String, port: Int, authority: String
    private let clock: any Clock
    /// A connection that was idle for longer is not used again: the service may be about to close it.
    private let idleNanoseconds: Int64
    private var address: SocketAddress?
    private var resolvedAt: Int64 = 0
    private var all: [ClientConnection] = []
    private var idle: [ClientConnection] = []
    /// Connections, and requests that are about to make one.
    private var open = 0
    private var waiting: [Waiter] = []
    private var sweeper: LoopTimer?

    init(host: String, port: Int, clock: any Clock, idleSeconds: Int) {
        self.host = host
        self.port = port
        self.clock = clock
        idleNanoseconds = Int64(idleSeconds) * 1_000_000_000
        authority = Authority.text(host, port)
    }

    // MARK: Taking and giving back

    /// A connection for one request, before a deadline.
    func take(deadline: Int64) async throws(PeerError) -> (connection: ClientConnection, isReused: Bool) {
        while true {
            if let connection = popIdle() { return (connection, true) }
            if open < Self.connectionLimit { return (try await connect(), false) }
            if waiting.count >= Self.queueLimit { throw .unreachable("\(waiting.count) requests wait already") }
            let lease = await withCheckedContinuation { (continuation: CheckedContinuation<Lease, Never>) in
                // Looked at again: the loop may have turned before this runs.
                if let connection = popIdle() {
                    continuation.resume(returning: .connection(connection, isReused: true))
                } else if open < Self.connectionLimit {
                    continuation.resume(returning: .room)
                } else {
                    waiting.append(Waiter(deadline: deadline, continuation: continuation))
                    watch()
                }
            }
            switch lease {
            case .connection(let connection, let isReused): return (connection, isReused)
            case .failed(let error): throw error
            case .room: continue
            }
        }
    }

    /// A connection that is there and not in use.
    func popIdle() -> ClientConnection? {
        let oldest = clock.monotonic - idleNanoseconds
        while let connection = idle.popLast() {
            if connection.idleSince >= oldest { return connection }
            connection.close(.broken("idle for too long"))
        }
        return nil
    }

    /// The request is over. The connection goes to whoever waits longest.
    func giveBack(_ connection: ClientConnection) {
        guard connection.isIdle else { return }
        connection.idleSince = clock.monotonic
        if waiting.isEmpty {
            idle.append(connection)
        } else {
            waiting.removeFirst().continuation.resume(returning: .connection(connection, isReused: true))
        }
    }

    private func connect() async throws(PeerError) -> ClientConnection {
        open += 1
        if address == nil || clock.monotonic - resolvedAt > Self.addressNanoseconds {
            address = await SocketAddress.resolve(host: host, port: UInt16(port))
            resolvedAt = clock.monotonic
        }
        guard let address, let connection = ClientConnection(address: address) else {
            closedOne()
            throw .unreachable("no connection to \(authority)")
        }
        all.append(connection)
        connection.onClose = { [weak self] closed in
            guard let self else { return }
            all.removeAll { $0 === closed }
            idle.removeAll { $0 === closed }
            closedOne()
        }
        return connection
    }

    private func closedOne() {
        open -= 1
        if !waiting.isEmpty { waiting.removeFirst().continuation.resume(returning: .room) }
    }

    // MARK: Deadlines

    /// Deadlines are looked at while anything is under way; one timer serves all requests.
    func watch() {
        if sweeper != nil { return }
        sweeper = LoopTimer.every(milliseconds: Self.sweepMilliseconds) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        let now = clock.monotonic
        for connection in all where connection.isLate(now) { connection.close(.timedOut) }
        while let late = waiting.firstIndex(where: { $0.deadline <= now }) {
            waiting.remove(at: late).continuation.resume(returning: .failed(.timedOut))
        }
        if waiting.isEmpty && all.allSatisfy(\.isIdle) {
            sweeper?.cancel()
            sweeper = nil
        }
    }

    /// Closes what is not in use.
    func close() {
        for connection in idle { connection.close(.broken("closed")) }
    }
}
