import HTTP
public import Runtime
import Store

/// One request that changes something, while it runs. Its row goes into the first transaction that it commits, so that
/// the change is there exactly when the row is.
@LoopActor public final class AuditScope {
    /// The request that the present task answers; nil outside an audited route.
    @TaskLocal public static var current: AuditScope?

    /// The engine whose request it is: another one that works in the same task writes no row of it.
    let engine: EngineName
    let action: String
    let request: Request
    /// What was acted on: the request's path, until the handler knows better.
    public var object: String
    private var row: Row = .missing

    private enum Row { case missing, written, late }

    init(_ engine: EngineName, _ action: String, _ request: Request) {
        self.engine = engine
        self.action = action
        self.request = request
        object = request.path
    }

    /// Who acted: the fingerprint of the key they presented, so that a key can be told from another and not be read.
    /// With it the name in `X-Actor`, where there is one: a name is told, not proved.
    func actor(_ context: EngineContext) -> String { RequestActor(request, context).text }

    private func entry(_ context: EngineContext) -> AuditEntry {
        AuditEntry(
            actor: actor(context), action: action, object: object, request: AuditTrail.body(request.body, context),
            requestID: request.requestID, traceID: request.traceID, origin: request.headers["X-Forwarded-For"])
    }

    /// Whether nothing was committed for it yet.
    var isNew: Bool { row == .missing }

    /// Runs a commit with this request's row in it, unless the row is written. A commit that fails leaves it to the next.
    func committing<T>(_ context: EngineContext, _ commit: ([AuditEntry]) async throws -> T) async throws -> T {
        guard row == .missing else { return try await commit([]) }
        row = .written
        do {
            return try await commit([entry(context)])
        } catch {
            if row == .written { row = .missing }
            throw error
        }
    }

    /// Nothing is changed by this request: it was carried out before, and is answered as it was then.
    func dismiss() { row = .late }

    /// After the handler: writes the row where it changed something that no transaction holds (a replay, a series).
    func close(_ context: EngineContext) async throws {
        let isMissing = row == .missing
        row = .late
        if isMissing { _ = try await context.audited([entry(context)]) { try await context.records.transaction($0) } }
    }
}
