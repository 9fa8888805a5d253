import Store
import Synchronization

typealias Answer<T: Sendable> = CheckedContinuation<Result<T, StoreError>, Never>

/// What the writer's thread is asked for.
enum SQLiteWrite: Sendable {
    case transaction([Statement], Answer<[ResultSet]>)
    case migrate([Migration], Answer<Void>)
    case query(Statement, Answer<ResultSet>)
}

/// Whether the last commit or read reached the file, and whether commits are short now; shared by the threads and the
/// store.
final class SQLiteHealth: Sendable {
    private let available = Atomic<Bool>(true), quick = Atomic<Bool>(true)

    /// Whether a short transaction may run on its caller's thread; see `SQLitePace`.
    var isQuick: Bool { quick.load(ordering: .relaxed) }

    func note(_ pace: SQLitePace) { quick.store(pace.isQuick, ordering: .relaxed) }

    var isAvailable: Bool { available.load(ordering: .relaxed) }

    func note(_ error: StoreError?) {
        guard let error else { return available.store(true, ordering: .relaxed) }
        if error.isOutage { available.store(false, ordering: .relaxed) }
    }
}

/// The one writer. Transactions that wait together share a commit: each runs in a savepoint, so that one which fails
/// undoes only itself, and all are answered after the commit.
struct SQLiteWriter: BatchWorker {
    private typealias Transaction = (statements: [Statement], answer: Answer<[ResultSet]>)
    private let connection: SQLiteConnection
    private let health: SQLiteHealth

    private let checkpointer: (thread: BatchThread<Void>, checkpoints: SQLiteCheckpoints)?
    /// The log's pages when it was last folded, in part at least.
    private var checkpointedPages = 0
    private let configuration: SQLiteConfiguration
    /// Nil in memory.
    private let file: OpenedFile?
    private var pace = SQLitePace()

    init(
        _ configuration: SQLiteConfiguration,
        _ checkpointer: (thread: BatchThread<Void>, checkpoints: SQLiteCheckpoints)?, health: SQLiteHealth
    ) throws(StoreError) {
        self.checkpointer = checkpointer
        self.configuration = configuration
        connection = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: false)
        file = configuration.isMemory ? nil : OpenedFile(configuration.path)
        self.health = health
    }

    mutating func run(_ batch: [SQLiteWrite]) {
        var group: [Transaction] = []
        for request in batch {
            if case .transaction(let statements, let answer) = request {
                group.append((statements, answer))
                continue
            }
            commit(group)
            group = []
            switch request {
            case .transaction: break
            case .migrate(let migrations, let answer):
                answer.resume(returning: outcome { () throws(StoreError) in try migrate(migrations) })
            case .query(let statement, let answer):
                answer.resume(returning: outcome { () throws(StoreError) in
                    try connection.run(statement, readOnly: true)
                })
            }
        }
        commit(group)
        fold(mayFlush: true)
    }

    func finish() { connection.close() }

    /// Whether a transaction is short: few statements, of few values, as one may write several rows.
    static func isShort(_ statements: [Statement]) -> Bool {
        statements.count <= 64 && statements.reduce(0) { $0 + $1.parameters.count } <= 640
    }

    /// A short transaction on the caller's thread: where no commit is flushed to the disk, the log needs no folding by
    /// the writer, no other process writes, and the last ones did not take long.
    mutating func attempt(_ request: SQLiteWrite) -> Bool {
        guard case .transaction(let statements, let answer) = request, configuration.synchronous == .normal,
            Self.isShort(statements), connection.logPages < SQLiteCheckpoints.pagesAtMost, pace.isQuick
        else { return false }
        let began = monotonicNanoseconds()
        connection.setBusyTimeout(milliseconds: 0)
        let result = outcome { () throws(StoreError) in
            try exclusively { () throws(StoreError) in try run(statements) }
        }
        connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
        pace.tookHere(monotonicNanoseconds() - began)
        health.note(pace)
        if case .failure(let error) = result, error.code == .busy { return false }
        answer.resume(returning: result)
        fold(mayFlush: false)
        return true
    }

    /// Runs a group under one commit. Where the commit itself fails, or SQLite has undone more than one member (a full
    /// disk, a deferred constraint), nothing was kept: then each runs alone and gets its own answer.
    private mutating func commit(_ group: [Transaction]) {
        if group.isEmpty { return }
        let began = monotonicNanoseconds()
        defer {
            pace.tookOnItsThread(monotonicNanoseconds() - began)
            health.note(pace)
        }
        if group.count > 1, let results = runTogether(group) {
            health.note(nil)
            for (member, result) in zip(group, results) { member.answer.resume(returning: result) }
            return
        }
        for member in group {
            member.answer.resume(returning: outcome { () throws(StoreError) in
                try exclusively { () throws(StoreError) in try run(member.statements) }
            })
        }
    }

    private func runTogether(_ group: [Transaction]) -> [Result<[ResultSet], StoreError>]? {
        do throws(StoreError) {
            return try exclusively { () throws(StoreError) in
                var results: [Result<[ResultSet], StoreError>] = []
                for member in group {
                    try connection.perform("SAVEPOINT member")
                    do throws(StoreError) {
                        let sets = try run(member.statements)
                        try connection.perform("RELEASE member")
                        results.append(.success(sets))
                    } catch {
                        if connection.isOutsideTransaction || error.isOutage { throw error }
                        try connection.perform("ROLLBACK TO member")
                        try connection.perform("RELEASE member")
                        results.append(.failure(error))
                    }
                }
                return results
            }
        } catch {
            return nil
        }
    }

    private func run(_ statements: [Statement]) throws(StoreError) -> [ResultSet] {
        var results: [ResultSet] = []
        for statement in statements {
            let result = try connection.run(statement)
            try statement.check(changes: result.changes)
            results.append(result)
        }
        return results
    }

    /// Runs `body` between BEGIN IMMEDIATE, which keeps other processes out, and COMMIT; rolls back where it throws.
    private func exclusively<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
        try file?.check()
        try connection.perform("BEGIN IMMEDIATE")
        do throws(StoreError) {
            let value = try body()
            try connection.perform("COMMIT")
            return value
        } catch {
            if !connection.isOutsideTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    /// Has the log folded back into the file when it is long; see `SQLiteCheckpoints`. `mayFlush` is for the writer's own
    /// thread: elsewhere nothing waits for the disk.
    private mutating func fold(mayFlush: Bool) {
        guard let (thread, checkpoints) = checkpointer else { return }
        let pages = connection.logPages
        if pages < checkpointedPages { checkpointedPages = 0 }
        if mayFlush && pages >= SQLiteCheckpoints.pagesToRestart && checkpoints.takeFinished() {
            return connection.checkpoint()
        }
        let isFull = pages >= SQLiteCheckpoints.pagesAtMost
        if isFull && !mayFlush { return }
        // A reader that holds the log back must not make every commit flush: once, and then after so many more pages.
        guard pages - checkpointedPages >= SQLiteCheckpoints.pagesPerCheckpoint
            || isFull && checkpointedPages < SQLiteCheckpoints.pagesAtMost, checkpoints.begin(waiting: isFull) else { return }
        checkpointedPages = pages
        if isFull {
            connection.checkpoint()
        } else {
            do throws(StoreError) { return try thread.submit(()) } catch {}
        }
        checkpoints.end(isDone: false)
    }

    private func migrate(_ migrations: [Migration]) throws(StoreError) {
        try exclusively { () throws(StoreError) in
            try connection.execute(MigrationPlan.table)
            let applied = try MigrationPlan.applied(from: connection.run(Statement(MigrationPlan.select)))
            for migration in try MigrationPlan(migrations, applied: applied, dialect: .sqlite).pending {
                for sql in migration.statements(for: .sqlite) { _ = try connection.run(Statement(sql)) }
                _ = try connection.run(MigrationPlan.record(migration, dialect: .sqlite))
            }
        }
    }

    private func outcome<T>(_ body: () throws(StoreError) -> T) -> Result<T, StoreError> {
        do throws(StoreError) {
            let value = try body()
            health.note(nil)
            return .success(value)
        } catch {
            health.note(error)
            return .failure(error)
        }
    }
}
