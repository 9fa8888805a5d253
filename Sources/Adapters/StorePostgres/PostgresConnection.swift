import CPostgres
import Glibc
import Runtime
import Store

/// One connection: connects, then runs one round at a time. `close` must be called.
@LoopActor final class PostgresConnection {
    /// How a round ended.
    struct Ending {
        var round: PostgresRound
        /// Set where the link broke before the round was answered whole.
        var lost: StoreError?
    }

    private var handle: OpaquePointer?
    private var poller: Poller?
    private var connecting: CheckedContinuation<StoreError?, Never>?
    private var waiting: CheckedContinuation<Ending, Never>?
    private var round: PostgresRound?
    private var names: [String: String] = [:]
    private var made = 0
    /// Ends a round that the server never answers: a call must not wait for ever.
    private var deadline: LoopTimer?
    private var roundMilliseconds = 60_000
    /// Set while a migration runs, which may take as long as it takes.
    var isUnhurried = false
    /// Called once when the link breaks while no round is running.
    var onLost: (@LoopActor () -> Void)?
    /// Prepared statements kept; more are prepared for one use.
    private static let cacheLimit = 256

    /// Whether rounds can be run.
    var isAlive: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

    // MARK: Connecting

    /// What every link of this adapter asks for, unless the URL says otherwise. A link that lies idle is looked at every
    /// ten minutes; one with bytes under way is given up after 15 s by `tcp_user_timeout`.
    nonisolated static let defaults = [
        ("keepalives", "1"), ("keepalives_idle", "600"), ("keepalives_interval", "30"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "15000"), ("target_session_attrs", "read-write"),
    ]

    /// Connects within the time; throws `.unavailable`. (Resolving a host name is libpq's and may block: use addresses
    /// or a local resolver.)
    func connect(_ configuration: PostgresConfiguration, clock: any Clock) async throws(StoreError) {
        // Before `dbname`, which the URL is given as: what the URL says wins.
        let defaults = Self.defaults + [
            ("application_name", "nautilus-\(configuration.schema)"),
            ("dbname", configuration.url), ("client_encoding", "UTF8"),
        ]
        let keys = CStrings(defaults.map(\.0)), values = CStrings(defaults.map(\.1))
        defer {
            keys.free()
            values.free()
        }
        guard let handle = PQconnectStartParams(keys.pointers, values.pointers, 1) else {
            throw StoreError(.io, "no memory for a PostgreSQL connection")
        }
        self.handle = handle
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        guard PQstatus(handle) != CONNECTION_BAD else { throw abandon() }
        let limit = Int64(configuration.connectTimeoutMilliseconds) * 1_000_000
        let timeout = spawn {
            await clock.sleep(nanoseconds: limit)
            if !Task.isCancelled { self.endConnecting(Self.unconnected("time-out")) }
        }
        let failure = await withCheckedContinuation { continuation in
            connecting = continuation
            watchConnecting(.writable)
        }
        timeout.cancel()
        if let failure {
            close()
            throw failure
        }
        // The server's own time-out comes first.
        roundMilliseconds = max(roundMilliseconds, configuration.statementTimeoutMilliseconds + 10_000)
        PQsetnonblocking(handle, 1)
        PQenterPipelineMode(handle)
        watch()
        let setup = await run([
            Statement("SET search_path TO \"\(configuration.schema)\""),
            Statement("SET statement_timeout TO \(configuration.statementTimeoutMilliseconds)"),
        ])
        guard setup.lost == nil, setup.round.isComplete else {
            close()
            throw setup.lost ?? StoreError(.unavailable, "setting up a PostgreSQL session")
        }
    }

    /// A new watcher at every step: while connecting, libpq may close a socket and open another of the same number.
    private func watchConnecting(_ readiness: Readiness) {
        poller?.close()
        let poller = Poller(fd: PQsocket(handle)) { _ in self.pollConnecting() }
        self.poller = poller
        poller.watch(readiness)
    }

    private func pollConnecting() {
        guard connecting != nil else { return }
        poller?.close()
        poller = nil
        switch PQconnectPoll(handle) {
        case PGRES_POLLING_OK: endConnecting(nil)
        case PGRES_POLLING_READING: watchConnecting(.readable)
        case PGRES_POLLING_WRITING: watchConnecting(.writable)
        default:
            let error = Self.unconnected(text)
            endConnecting(error)
            close()
        }
    }

    private func endConnecting(_ failure: StoreError?) {
        connecting?.resume(returning: failure)
        connecting = nil
    }

    private func abandon() -> StoreError {
        let error = Self.unconnected(text)
        close()
        return error
    }

    private static func unconnected(_ text: String) -> StoreError {
        StoreError(.unavailable, "connecting to PostgreSQL", underlying: text)
    }

    private var text: String {
        let message = handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? "closed"
        return String(message.prefix { $0 != "\n" })
    }

    /// Ends the connection at once; a running round ends as lost.
    func close() {
        deadline?.cancel()
        deadline = nil
        poller?.close()
        poller = nil
        if let handle { PQfinish(handle) }
        handle = nil
        names = [:]
        onLost = nil
        endConnecting(Self.unconnected("closed"))
        if let round, let waiting {
            self.round = nil
            self.waiting = nil
            let lost = StoreError(.unavailable, "PostgreSQL", underlying: "closed")
            waiting.resume(returning: Ending(round: round, lost: lost))
        }
    }

    /// Prepares every statement anew from now on: tables have changed under the old plans.
    func forgetPrepared() { names = [:] }

    // MARK: Rounds

    /// Sends the statements as one pipeline and waits for all answers. One round at a time.
    func run(_ statements: [Statement]) async -> Ending {
        // Everything happens inside the body: the loop may turn before it is entered, and an answer that came before
        // the round is known would be lost.
        await withCheckedContinuation { continuation in
            precondition(round == nil, "one round at a time")
            let round = send(statements)
            guard let round, let handle, PQpipelineSync(handle) == 1 else {
                // What was queued must not be answered into a later round.
                let ending = lost(round ?? PostgresRound(slots: [], count: statements.count))
                close()
                continuation.resume(returning: ending)
                return
            }
            self.round = round
            waiting = continuation
            deadline?.cancel()
            deadline = isUnhurried ? nil
                : LoopTimer.once(milliseconds: roundMilliseconds) { [weak self] in self?.breakLink() }
            watch()
        }
    }

    /// Queues the statements; nil where the link is broken.
    private func send(_ statements: [Statement]) -> PostgresRound? {
        guard let handle, isAlive else { return nil }
        var slots: [PostgresRound.Slot] = []
        var fresh: [String: String] = [:]
        for (index, statement) in statements.enumerated() {
            let parameters = PostgresParameters(statement.parameters)
            defer { parameters.free() }
            let count = Int32(statement.parameters.count)
            var name = names[statement.sql] ?? fresh[statement.sql]
            if name == nil && names.count + fresh.count < Self.cacheLimit && isWorthPreparing(statement) {
                made += 1
                let new = "s\(made)"
                guard PQsendPrepare(handle, new, statement.sql, 0, nil) == 1 else { return nil }
                slots.append(.prepare(sql: statement.sql, name: new))
                fresh[statement.sql] = new
                name = new
            }
            let (values, lengths, formats) = (parameters.values, parameters.lengths, parameters.formats)
            let sent = if let name {
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 0)
            } else {
                PQsendQueryParams(handle, statement.sql, count, nil, values, lengths, formats, 0)
            }
            guard sent == 1 else { return nil }
            slots.append(.execute(index))
        }
        return PostgresRound(slots: slots, count: statements.count)
    }

    /// Schema changes and session commands run once; preparing them would only fill the cache.
    private func isWorthPreparing(_ statement: Statement) -> Bool {
        let word = statement.sql.drop { $0.isWhitespace }.prefix { $0.isLetter }.uppercased()
        return ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "VALUES"].contains(word)
    }

    /// Writes what is left to write, and watches for what comes next.
    private func watch() {
        guard let handle else { return }
        let poller = self.poller ?? Poller(fd: PQsocket(handle)) { self.onReady($0) }
        self.poller = poller
        let flushed = PQflush(handle)
        if flushed < 0 { return breakLink() }
        poller.watch(flushed == 1 ? [.readable, .writable] : .readable)
    }

    private func onReady(_ readiness: Readiness) {
        guard let handle else { return }
        if readiness.contains(.readable) {
            let isRead = PQconsumeInput(handle) == 1
            if !drain() || !isRead || PQstatus(handle) == CONNECTION_BAD { return breakLink() }
        }
        if self.handle != nil { watch() }
    }

    /// Takes every answer that has arrived whole; false where the link is broken.
    private func drain() -> Bool {
        guard let handle else { return false }
        var endings = 0
        while round != nil, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                round?.advance()
                endings += 1
                // More endings than answers: the link is gone and nothing more will come.
                if endings > 2 + (round?.slots.count ?? 0) { return false }
                continue
            }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC: finish()
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: round?.succeed(ResultSet(postgres: result))
            case PGRES_PIPELINE_ABORTED: break
            default:
                let failure = PostgresFailure(result: result)
                // Without a SQLSTATE the server has not said it: libpq tells that the link broke.
                if failure.state.isEmpty { return false }
                round?.fail(failure)
            }
        }
        return true
    }

    private func finish() {
        guard let round, let waiting else { return }
        for (sql, name) in round.prepared { names[sql] = name }
        self.round = nil
        self.waiting = nil
        deadline?.cancel()
        deadline = nil
        waiting.resume(returning: Ending(round: round))
    }

    private func lost(_ round: PostgresRound) -> Ending {
        Ending(round: round, lost: StoreError(.unavailable, "PostgreSQL", underlying: text))
    }

    private func breakLink() {
        let lost = onLost
        let ending = round.map { self.lost($0) }, waiting = waiting
        round = nil
        self.waiting = nil
        close()
        if let ending, let waiting { waiting.resume(returning: ending) } else { lost?() }
    }
}

/// Texts as a null-ended array for C.
struct CStrings {
    let pointers: [UnsafePointer<CChar>?]

    init(_ texts: [String]) { pointers = texts.map { UnsafePointer(strdup($0)) } + [nil] }

    func free() { for pointer in pointers { Glibc.free(UnsafeMutableRawPointer(mutating: pointer)) } }
}
