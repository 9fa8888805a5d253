import Runtime
import Store
import Synchronization

/// Keeps connections: lends them, makes new ones while calls wait, and comes back with a pause that doubles when the
/// server is away. While it is away calls fail at once.
@LoopActor final class PostgresPool {
    private typealias Waiter = CheckedContinuation<Result<PostgresConnection, StoreError>, Never>

    private let configuration: PostgresConfiguration
    private let clock: any Clock
    private var idle: [PostgresConnection] = []
    private var waiters: [(number: Int, waiter: Waiter)] = []
    private var lastNumber = 0
    /// The fewest that lay idle since the last look: so many were of no use. Looked at while there are more than are kept.
    private var leastIdle = 0
    private var trimmer: LoopTimer?
    private static let trimMilliseconds = 30_000
    /// Connections lent or idle, and attempts under way.
    private var alive = 0
    private var attempts = 0
    private var failures = 0
    private var pause: Task<Void, Never>?
    private var isClosed = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var lastFailure = StoreError(.unavailable, "connecting to PostgreSQL")
    nonisolated let isAvailable = Atomic<Bool>(false)

    init(_ configuration: PostgresConfiguration, clock: any Clock) {
        self.configuration = configuration
        self.clock = clock
    }

    /// Tries to connect once; afterwards the pool looks after itself.
    func start() async {
        attempts += 1
        await attempt()
    }

    /// A connection for one use, to be given back. Throws `.unavailable` at once while the server is away.
    func take() async throws(StoreError) -> PostgresConnection {
        if isClosed { throw StoreError(.closed, "the store is closed") }
        while let connection = idle.popLast() {
            connection.onLost = nil
            leastIdle = min(leastIdle, idle.count)
            if connection.isAlive { return connection }
            drop(connection)
        }
        // All of it inside the body: the loop may turn before it is entered.
        let result = await withCheckedContinuation { (waiter: Waiter) in
            if isClosed {
                waiter.resume(returning: .failure(StoreError(.closed, "the store is closed")))
            } else if pause != nil && alive == 0 {
                waiter.resume(returning: .failure(lastFailure))
            } else if let connection = idle.popLast() {
                connection.onLost = nil
                leastIdle = min(leastIdle, idle.count)
                waiter.resume(returning: .success(connection))
            } else if waiters.count >= configuration.queueCapacity {
                let text = "\(waiters.count) calls wait for a PostgreSQL connection"
                waiter.resume(returning: .failure(StoreError(.busy, text)))
            } else {
                enqueue(waiter)
                if alive + attempts < configuration.connections { beginAttempt() }
            }
        }
        return try result.get()
    }

    private func enqueue(_ waiter: Waiter) {
        lastNumber += 1
        let number = lastNumber
        waiters.append((number, waiter))
        LoopTimer.once(milliseconds: configuration.waitMilliseconds) { [weak self] in
            guard let self, let index = waiters.firstIndex(where: { $0.number == number }) else { return }
            let error = StoreError(.unavailable, "no PostgreSQL connection in \(configuration.waitMilliseconds / 1000) s")
            waiters.remove(at: index).waiter.resume(returning: .failure(error))
            if attempts == 0 && pause == nil && alive <= 0 { beginAttempt() }
        }
    }

    /// Takes a connection back; a broken one is replaced.
    func give(_ connection: PostgresConnection) {
        guard connection.isAlive, !isClosed else { return drop(connection) }
        if waiters.isEmpty {
            connection.onLost = { [weak self, weak connection] in
                guard let self, let connection else { return }
                idle.removeAll { $0 === connection }
                drop(connection)
            }
            idle.append(connection)
            watchIdle()
        } else {
            connection.onLost = nil
            waiters.removeFirst().waiter.resume(returning: .success(connection))
        }
    }

    /// Begins to look whether there are more connections than are of use.
    private func watchIdle() {
        guard trimmer == nil, alive > configuration.kept else { return }
        leastIdle = idle.count
        trimmer = LoopTimer.once(milliseconds: Self.trimMilliseconds) { [weak self] in self?.trim() }
    }

    /// Ends those that had nothing to do all the time, down to the number that is kept: the longest idle first.
    func trim() {
        trimmer?.cancel()
        trimmer = nil
        if isClosed { return }
        let spare = max(0, min(leastIdle, idle.count, alive - configuration.kept))
        let ended = idle.prefix(spare)
        idle.removeFirst(spare)
        for connection in ended { drop(connection) }
        watchIdle()
    }

    /// Connections there are.
    var count: Int { alive }

    /// Ends idle connections now and lent ones when they come back; returns when all are ended.
    func close() async {
        isClosed = true
        isAvailable.store(false, ordering: .relaxed)
        pause?.cancel()
        trimmer?.cancel()
        fail(StoreError(.closed, "the store is closed"))
        for connection in idle { connection.close() }
        alive -= idle.count
        idle = []
        await withCheckedContinuation { closer in
            if alive + attempts == 0 { closer.resume() } else { closers.append(closer) }
        }
    }

    private func drop(_ connection: PostgresConnection) {
        connection.close()
        alive -= 1
        if isClosed { return finishClosing() }
        if alive == 0 { isAvailable.store(false, ordering: .relaxed) }
        // Somebody waits, or nobody would notice that the server is back.
        if attempts == 0 && pause == nil && (alive == 0 || !waiters.isEmpty) { beginAttempt() }
    }

    private func finishClosing() {
        guard alive + attempts == 0 else { return }
        for closer in closers { closer.resume() }
        closers = []
    }

    private func fail(_ error: StoreError) {
        let failed = waiters
        waiters = []
        for waiting in failed { waiting.waiter.resume(returning: .failure(error)) }
    }

    private func beginAttempt() {
        attempts += 1
        spawn { await self.attempt() }
    }

    private func attempt() async {
        let connection = PostgresConnection()
        do throws(StoreError) {
            try await connection.connect(configuration, clock: clock)
            attempts -= 1
            alive += 1
            failures = 0
            isAvailable.store(!isClosed, ordering: .relaxed)
            give(connection)
        } catch {
            attempts -= 1
            if isClosed { return finishClosing() }
            lastFailure = error
            failures += 1
            if alive == 0 { fail(error) }
            schedule()
        }
    }

    /// Tries again after a pause, while no connection is left or somebody waits.
    private func schedule() {
        guard pause == nil, alive == 0 || !waiters.isEmpty else { return }
        let range = configuration.backOffMilliseconds
        let milliseconds = min(range.upperBound, range.lowerBound << min(failures - 1, 20))
        pause = spawn { await self.retry(afterMilliseconds: milliseconds) }
    }

    private func retry(afterMilliseconds milliseconds: Int) async {
        await clock.sleep(nanoseconds: Int64(milliseconds) * 1_000_000)
        pause = nil
        if !isClosed && attempts == 0 { beginAttempt() }
    }
}
