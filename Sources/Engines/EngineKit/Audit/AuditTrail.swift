public import HTTP
import Market
public import Runtime
public import Store
import Wire

/// A route whose requests are kept, and what the trail calls them.
public struct AuditedAction: Sendable {
    let name: String, method: Method, path: String

    public init(_ name: String, _ method: Method, _ path: String) {
        self.name = name
        self.method = method
        self.path = path
    }
}

/// Who changed what, and when: a row for each request to an audited route that was carried out.
///
/// The row is written in the transaction of the change itself. Requests that were refused, and data that streams in
/// (quotes), have none; the log has the former.
@LoopActor public final class AuditTrail {
    private let context: EngineContext
    private let pruner: RecordsPruner
    private let isChained: Bool
    /// A longer body is told by its digest: the first so many bytes would be half a thing.
    private nonisolated static let bodyLimit = 4096

    /// - Parameter chained: each row's hash covers the row before, and none is ever deleted; the engine's migrations
    ///   have `chainMigration` too.
    public init(_ context: EngineContext, chained: Bool = false) {
        self.context = context
        isChained = chained
        if chained { context.chain = AuditChain(context.records, context.digest) }
        pruner = RecordsPruner(context, table: "audit_events", column: "recorded", setting: "AUDIT_DAYS")
    }

    /// The table, in every engine's database that needs it.
    public nonisolated static func migration(version: Int) -> Migration {
        Migration(version: version, name: "audit events", statements: [
            """
            CREATE TABLE audit_events (
                id TEXT PRIMARY KEY, recorded BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
                object TEXT NOT NULL, request TEXT NOT NULL, request_id TEXT NOT NULL, trace_id TEXT, origin TEXT)
            """,
            "CREATE INDEX audit_events_by_time ON audit_events (recorded, id)",
        ])
    }

    /// The columns of a chained trail, after `migration`.
    public nonisolated static func chainMigration(version: Int) -> Migration { AuditChain.migration(version: version) }

    /// Begins to delete what is older than `NAUTILUS_AUDIT_DAYS`; nothing of a chain.
    public func start() { if !isChained { pruner.start() } }

    public func stop() { pruner.stop() }

    // MARK: Writing

    /// The same routes, and the one that reads the trail. Each request that one of `actions` carries out gets a row
    /// under the action's name, such as `order.place`.
    public func audited(_ routes: [Route], _ actions: [AuditedAction]) -> [Route] {
        var left = actions
        let result = routes.map { route in
            let method = route.declaration.method, path = route.declaration.path
            guard let index = left.firstIndex(where: { $0.method == method && $0.path == path }) else { return route }
            return audited(left.remove(at: index).name, route)
        }
        precondition(left.isEmpty, "no route for the audited \(left.map(\.path))")
        return result + [route]
    }

    private func audited(_ action: String, _ route: Route) -> Route {
        let context = context
        return route.wrapped { request, work in
            let scope = AuditScope(context.name, action, request)
            return try await AuditScope.$current.withValue(scope) {
                let response = try await work()
                if response.status < 400 { try await scope.close(context) }
                return response
            }
        }
    }

    static func body(_ bytes: [UInt8], _ context: EngineContext) -> String {
        if bytes.count <= bodyLimit, let text = String(validating: bytes, as: UTF8.self), !text.contains("\0") { return text }
        return "\(bytes.count) bytes, digest \(hexadecimal(context.digest(bytes)))"
    }

    // MARK: Reading

    /// `GET /audit`: this engine's rows. The gateway merges those of all.
    private var route: Route {
        .json(.get, "/audit", "Who changed what in this engine, newest first.", answer: AuditEvent.exampleList, errors: [503]) {
            [context] (query: AuditQuery, _: NoBody, _) in
            let page = try await AuditEvent.page(query, context)
            return JSONBody { json in AuditEvent.write(page.items, next: page.next, missing: [], to: &json) }
        }
    }
}
