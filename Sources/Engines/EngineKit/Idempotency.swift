public import HTTP
import Market
public import Runtime
public import Store
import Wire

/// Remembers what a request with an `Idempotency-Key` answered: the same key and body give the same answer, the same
/// key with another body 409. The row is written in the transaction of the change itself. Requests with one key are carried
/// out one after the other, so that those which come while the first still runs get its answer.
///
/// `EngineHost` keeps every POST this way (`keeping`). A route that calls `once` has its answer in the row from the
/// start; of others the row is a claim until the answer is there.
@LoopActor public final class Idempotency {
    let context: EngineContext
    let running = KeyedLock()

    public init(_ context: EngineContext) { self.context = context }

    nonisolated static let migrationName = "idempotency"

    /// The table, in every engine's database that needs it.
    public nonisolated static func migration(version: Int) -> Migration {
        Migration(version: version, name: migrationName, statements: [
            """
            CREATE TABLE idempotency (
                key TEXT PRIMARY KEY, digest BYTEA NOT NULL, status BIGINT NOT NULL, answer BYTEA NOT NULL,
                created BIGINT NOT NULL)
            """,
        ])
    }

    /// Finds the rows that have grown too old; comes after `migration`.
    public nonisolated static func byAge(version: Int) -> Migration {
        Migration(version: version, name: "idempotency by age", statements: [
            "CREATE INDEX idempotency_by_age ON idempotency (created)",
        ])
    }

    /// Deletes the rows that are older than `NAUTILUS_IDEMPOTENCY_DAYS`.
    static func pruner(_ context: EngineContext) -> RecordsPruner {
        RecordsPruner(context, table: "idempotency", column: "created", setting: "IDEMPOTENCY_DAYS")
    }

    /// What tells a request from another one.
    struct Name: Sendable, Equatable {
        let key: String, digest: [UInt8]

        /// Nil for a request without a key.
        @LoopActor init?(_ request: Request, _ context: EngineContext) throws(Problem) {
            guard let given = request.headers["Idempotency-Key"] else { return nil }
            guard (1...200).contains(given.utf8.count) else {
                throw Problem(400, "an Idempotency-Key has 1 to 200 characters")
            }
            key = "\(request.path) \(given)"
            let query = Array(request.query.utf8)
            digest = context.digest(query.isEmpty ? request.body : query + [10] + request.body)
        }

        /// Notes the request; status 0 stands for an answer that is not there yet.
        @LoopActor func insert(status: Int, _ answer: [UInt8], _ context: EngineContext) -> Statement {
            Statement(
                "INSERT INTO idempotency (key, digest, status, answer, created) VALUES ($1, $2, $3, $4, $5)",
                [.text(key), .blob(digest), .integer(Int64(status)), .blob(answer),
                 .integer(context.clock.now.nanoseconds)])
        }
    }

    /// What a change has to write along so that its answer is remembered.
    public struct Record: Sendable {
        let name: Name?

        /// Whether the caller sent a key.
        public var isKeyed: Bool { name != nil }

        /// The statement for the change's transaction; none without a key.
        @LoopActor public func statements(_ answer: some ResponseBody, _ context: EngineContext) -> [Statement] {
            guard let name else { return [] }
            var json = JSONWriter()
            answer.write(to: &json)
            return [name.insert(status: answer.status, json.bytes, context)]
        }

        /// What takes the place of the remembered answer, where the first one was written before all was done.
        @LoopActor public func replacement(_ answer: some ResponseBody) -> [Statement] {
            guard let name else { return [] }
            var json = JSONWriter()
            answer.write(to: &json)
            return [Statement(
                "UPDATE idempotency SET status = $2, answer = $3 WHERE key = $1",
                [.text(name.key), .integer(Int64(answer.status)), .blob(json.bytes)])]
        }
    }

    /// Runs `change` once for a key. `change` writes `record.statements(answer)` in its own transaction.
    public func once(
        _ request: Request, _ change: @LoopActor (Record) async throws -> JSONBody
    ) async throws -> JSONBody {
        guard let name = try Name(request, context) else { return try await change(Record(name: nil)) }
        // The host has looked for it and holds the others back.
        if let scope = IdempotencyScope.current, scope.name == name {
            scope.leave()
            return try await change(Record(name: name))
        }
        return try await running.with(name.key) {
            if let known = try await find(name) { return known }
            do {
                return try await change(Record(name: name))
            } catch let error as StoreError where error.code == .constraint(.unique) {
                // Another process was faster.
                if let known = try await find(name) { return known }
                throw error
            }
        }
    }

    func find(_ name: Name) async throws -> JSONBody? {
        let found = try await context.records.query(
            Statement("SELECT digest, status, answer FROM idempotency WHERE key = $1", [.text(name.key)]))
        guard let row = found.first else { return nil }
        let known: [UInt8] = try row.value(0), status: Int = try row.value(1)
        if known != name.digest { throw Problem(409, "this Idempotency-Key was used with another body") }
        if status == 0 {
            throw Problem(409, "a request with this Idempotency-Key was carried out as the service stopped; its answer is "
                + "lost, what it changed is not")
        }
        AuditScope.current?.dismiss()
        return JSONBody(status: status, bytes: try row.value(2))
    }
}
