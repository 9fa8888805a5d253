public import HTTP
import Market
public import Runtime
public import Store
import Wire

/// Remembers what a POST with an `Idempotency-Key` answered: the same key and body give the same answer, the same key
/// with another body 409. The row is written in the transaction of the change itself.
@LoopActor public final class Idempotency {
    private let context: EngineContext
    /// Keys whose first request is still running.
    private var running: Set<String> = []

    public init(_ context: EngineContext) { self.context = context }

    /// The table, in every engine's database that needs it.
    public nonisolated static func migration(version: Int) -> Migration {
        Migration(version: version, name: "idempotency", statements: [
            """
            CREATE TABLE idempotency (
                key TEXT PRIMARY KEY, digest BYTEA NOT NULL, status BIGINT NOT NULL, answer BYTEA NOT NULL,
                created BIGINT NOT NULL)
            """,
        ])
    }

    /// What a change has to write along so that its answer is remembered.
    public struct Record: Sendable {
        let key: String?, digest: [UInt8]

        /// Whether the caller sent a key.
        public var isKeyed: Bool { key != nil }

        /// The statement for the change's transaction; none without a key.
        @LoopActor public func statements(_ answer: some ResponseBody, _ context: EngineContext) -> [Statement] {
            guard let key else { return [] }
            var json = JSONWriter()
            answer.write(to: &json)
            return [Statement(
                "INSERT INTO idempotency (key, digest, status, answer, created) VALUES ($1, $2, $3, $4, $5)",
                [.text(key), .blob(digest), .integer(Int64(answer.status)), .blob(json.bytes),
                 .integer(context.clock.now.nanoseconds)])]
        }

        /// What takes the place of the remembered answer, where the first one was written before all was done.
        @LoopActor public func replacement(_ answer: some ResponseBody) -> [Statement] {
            guard let key else { return [] }
            var json = JSONWriter()
            answer.write(to: &json)
            return [Statement(
                "UPDATE idempotency SET status = $2, answer = $3 WHERE key = $1",
                [.text(key), .integer(Int64(answer.status)), .blob(json.bytes)])]
        }
    }

    /// Runs `change` once for a key. `change` writes `record.statements(answer)` in its own transaction.
    public func once(
        _ request: Request, _ change: @LoopActor (Record) async throws -> JSONBody
    ) async throws -> JSONBody {
        guard let given = request.headers["Idempotency-Key"] else { return try await change(Record(key: nil, digest: [])) }
        guard (1...200).contains(given.utf8.count) else {
            throw Problem(400, "an Idempotency-Key has 1 to 200 characters")
        }
        let key = "\(request.path) \(given)", digest = context.digest(request.body)
        if let known = try await find(key, digest) { return known }
        guard running.insert(key).inserted else {
            throw Problem(409, "a request with this Idempotency-Key is still running", headers: ["Retry-After": "1"])
        }
        defer { running.remove(key) }
        do {
            return try await change(Record(key: key, digest: digest))
        } catch let error as StoreError where error.code == .constraint(.unique) {
            // Another process was faster.
            if let known = try await find(key, digest) { return known }
            throw error
        }
    }

    private func find(_ key: String, _ digest: [UInt8]) async throws -> JSONBody? {
        let found = try await context.records.query(
            Statement("SELECT digest, status, answer FROM idempotency WHERE key = $1", [.text(key)]))
        guard let row = found.first else { return nil }
        let known: [UInt8] = try row.value(0)
        if known != digest { throw Problem(409, "this Idempotency-Key was used with another body") }
        AuditScope.current?.dismiss()
        return JSONBody(status: try row.value(1), bytes: try row.value(2))
    }
}
