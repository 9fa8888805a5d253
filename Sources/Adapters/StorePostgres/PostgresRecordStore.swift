public import Runtime
public import Store
import Synchronization

/// The records of one engine in one schema of a PostgreSQL database. Everything runs on the event loop, without
/// blocking it; calls come from any task.
///
/// While the server is away calls throw `.unavailable` at once, and the store comes back by itself. Parameters have the
/// types of their columns, decided by the server.
@LoopActor public final class PostgresRecordStore: RecordStore {
    private let pool: PostgresPool
    private let schema: String

    private init(_ configuration: PostgresConfiguration, clock: any Clock) {
        pool = PostgresPool(configuration, clock: clock)
        schema = configuration.schema
    }

    /// Tries to connect once and returns either way: `isAvailable` tells. Throws `.invalidInput` for a configuration
    /// that cannot work.
    public static func open(
        _ configuration: PostgresConfiguration, clock: any Clock = SystemClock()
    ) async throws(StoreError) -> PostgresRecordStore {
        try configuration.check()
        let store = PostgresRecordStore(configuration, clock: clock)
        await store.pool.start()
        return store
    }

    @LoopActor public func query(_ statement: Statement) async throws(StoreError) -> ResultSet {
        try statement.check()
        let statements = [Self.beginReading, statement, Self.commit]
        // A connection may have died while it lay idle; reading again on another one is harmless.
        for isLast in [false, true] {
            let connection = try await pool.take()
            let ending = await connection.run(statements)
            if let failure = ending.round.failure {
                await rollBack(connection)
                if failure.cause.isStalePlan { connection.forgetPrepared() }
                if !isLast && (failure.cause.isStalePlan || failure.cause.isShutdown) { continue }
                let error = failure.cause.error(statement.sql)
                if error.code != .readOnly { throw error }
                throw StoreError(.invalidStatement, statement.sql, underlying: "a query must not write")
            }
            pool.give(connection)
            guard let lost = ending.lost else { return ending.round.results[1] }
            if isLast { throw lost }
        }
        throw StoreError(.unavailable, statement.sql)
    }

    @discardableResult @LoopActor
    public func transaction(_ statements: [Statement]) async throws(StoreError) -> [ResultSet] {
        for statement in statements { try statement.check() }
        if statements.isEmpty { return [] }
        if let results = try await attempt(statements, isLast: false) { return results }
        if let results = try await attempt(statements, isLast: true) { return results }
        throw StoreError(.unavailable, statements[0].sql)
    }

    @LoopActor public func migrate(_ migrations: [Migration]) async throws(StoreError) {
        let connection = try await pool.take()
        connection.isUnhurried = true
        defer { connection.isUnhurried = false }
        let begin = [
            Self.begin,
            // A migration may take longer than any other statement.
            Statement("SET LOCAL statement_timeout TO 0"),
            // One lock per schema name, held to the end of the transaction.
            Statement("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", ["nautilus.\(schema)".sqlValue]),
            Statement("CREATE SCHEMA IF NOT EXISTS \"\(schema)\""),
            Statement(MigrationPlan.table),
            Statement(MigrationPlan.select),
        ]
        let sets = try await run(begin, on: connection)
        var steps: [Statement] = []
        do throws(StoreError) {
            let applied = try MigrationPlan.applied(from: sets[5])
            for migration in try MigrationPlan(migrations, applied: applied, dialect: .postgres).pending {
                steps += migration.statements(for: .postgres).map { Statement($0) }
                steps.append(MigrationPlan.record(migration, dialect: .postgres))
            }
        } catch {
            await rollBack(connection)
            throw error
        }
        _ = try await run(steps, on: connection)
        let ending = await connection.run([Self.commit])
        try await conclude(ending, on: connection, "migrating \(schema)")
    }

    public nonisolated var mayLoseOutcomes: Bool { true }

    public nonisolated var isAvailable: Bool { pool.isAvailable.load(ordering: .relaxed) }

    @LoopActor public func close() async { await pool.close() }

    // MARK: Transactions

    private static let begin = Statement("BEGIN")
    private static let beginReading = Statement("BEGIN READ ONLY")
    private static let commit = Statement("COMMIT")
    private static let rollback = Statement("ROLLBACK")

    /// Runs a transaction. Nil, unless `isLast`, where a prepared statement no longer fitted its tables: nothing was
    /// done and it can run again.
    private func attempt(_ statements: [Statement], isLast: Bool) async throws(StoreError) -> [ResultSet]? {
        let connection = try await pool.take()
        // A transaction that counts changes must see the counts before it commits.
        let mustCount = statements.contains { $0.expectedChanges != nil }
        let sent = [Self.begin] + statements + (mustCount ? [] : [Self.commit])
        let ending = await connection.run(sent)
        if let failure = ending.round.failure {
            await rollBack(connection)
            if failure.cause.isStalePlan && !isLast {
                connection.forgetPrepared()
                return nil
            }
            let isCommit = failure.statement == statements.count + 1
            if isCommit && failure.cause.isShutdown { throw Self.unknown(failure.cause.message) }
            throw failure.cause.error(isCommit ? "COMMIT" : sent[failure.statement].sql)
        }
        if let lost = ending.lost {
            pool.give(connection)
            throw mustCount ? lost : Self.unknown(lost.underlying)
        }
        let results = Array(ending.round.results[1...statements.count])
        guard mustCount else {
            pool.give(connection)
            return results
        }
        do throws(StoreError) {
            for (statement, result) in zip(statements, results) { try statement.check(changes: result.changes) }
        } catch {
            await rollBack(connection)
            throw error
        }
        try await conclude(await connection.run([Self.commit]), on: connection, "COMMIT")
        return results
    }

    /// Runs statements inside an open transaction; rolls back, gives the connection back and throws where one fails.
    private func run(
        _ statements: [Statement], on connection: PostgresConnection
    ) async throws(StoreError) -> [ResultSet] {
        if statements.isEmpty { return [] }
        let ending = await connection.run(statements)
        if let failure = ending.round.failure {
            await rollBack(connection)
            throw failure.cause.error(statements[failure.statement].sql)
        }
        if let lost = ending.lost {
            pool.give(connection)
            throw lost
        }
        return ending.round.results
    }

    /// Judges the answer to COMMIT and gives the connection back.
    private func conclude(
        _ ending: PostgresConnection.Ending, on connection: PostgresConnection, _ context: String
    ) async throws(StoreError) {
        if let failure = ending.round.failure {
            await rollBack(connection)
            throw failure.cause.isShutdown ? Self.unknown(failure.cause.message) : failure.cause.error(context)
        }
        pool.give(connection)
        if let lost = ending.lost { throw Self.unknown(lost.underlying) }
    }

    private static func unknown(_ text: String) -> StoreError {
        StoreError(.outcomeUnknown, "the link broke after COMMIT was sent", underlying: text)
    }

    /// Ends a failed transaction and gives the connection back; one that fails at this is broken and is dropped.
    private func rollBack(_ connection: PostgresConnection) async {
        let ending = await connection.run([Self.rollback])
        if !ending.round.isComplete { connection.close() }
        pool.give(connection)
    }
}
