import HTTP
import Runtime
import Store
import Telemetry

/// One keyed POST while it runs. Its claim goes into the first transaction that it commits, so that a change which was
/// carried out is known to have been, whatever became of the answer.
@LoopActor final class IdempotencyScope {
    /// The request that the present task answers; nil for those without a key.
    @TaskLocal static var current: IdempotencyScope?

    let name: Idempotency.Name
    private let context: EngineContext
    private var claim = Claim.missing

    /// `late`: nothing is claimed any more, by what the handler has left running or because the route does it itself.
    private enum Claim { case missing, written, late }

    init(_ name: Idempotency.Name, _ context: EngineContext) {
        self.name = name
        self.context = context
    }

    /// The route writes its own row.
    func leave() { claim = .late }

    /// Runs a commit of this engine with the claim in it, unless that is written. One that fails leaves it to the next.
    func claiming<T>(_ engine: EngineContext, _ commit: ([Statement]) async throws -> T) async throws -> T {
        guard claim == .missing, engine === context else { return try await commit([]) }
        claim = .written
        do {
            return try await commit([name.insert(status: 0, [], context)])
        } catch {
            if claim == .written { claim = .missing }
            throw error
        }
    }

    /// The request was carried out: its answer is remembered. A store that is away takes nothing from the answer.
    func close(_ response: Response) async {
        if response.status >= 400 { return await release() }
        let before = claim
        claim = .late
        switch before {
        case .late: break
        case .missing: await write(name.insert(status: response.status, response.body, context))
        case .written:
            await write(Statement("UPDATE idempotency SET status = $1, answer = $2 WHERE key = $3", [
                .integer(Int64(response.status)), .blob(response.body), .text(name.key)]))
        }
    }

    /// The request failed: the next one with the key is carried out.
    func release() async {
        let before = claim
        claim = .late
        if before == .written { await write(Statement("DELETE FROM idempotency WHERE key = $1", [.text(name.key)])) }
    }

    private func write(_ statement: Statement) async {
        do {
            _ = try await context.records.transaction([statement])
        } catch {
            context.logger.warning("an answer is not remembered", ["key": .string(name.key), "error": .string("\(error)")])
        }
    }
}

extension Idempotency {
    /// The same route; a POST that may change something is carried out once for an `Idempotency-Key`. Before there is a
    /// place for keys one that bears one waits, as it may have been carried out in an earlier life. A route that works
    /// without records looks to its keys itself.
    func keeping(_ route: Route, whenever isReady: @escaping @Sendable @LoopActor () -> Bool) -> Route {
        let declaration = route.declaration
        guard declaration.method == .post, declaration.missing == nil, !declaration.isCalculation,
              !declaration.worksWithoutRecords else { return route }
        return route.wrapped(where: { $0.headers["Idempotency-Key"] != nil }) { [self] request, work in
            guard isReady() else {
                throw Problem.unavailable("engine", "it is not ready, and cannot know whether this key was used")
            }
            guard let name = try Name(request, context) else { return try await work() }
            return try await running.with(name.key) {
                try await keep(name, work)
            }
        }
    }

    private func keep(_ name: Name, _ work: () async throws -> Response) async throws -> Response {
        if let known = try await find(name) { return Self.response(known) }
        let scope = IdempotencyScope(name, context)
        do {
            let response = try await IdempotencyScope.$current.withValue(scope) { try await work() }
            await scope.close(response)
            return response
        } catch {
            await scope.release()
            // Another process was faster.
            if let error = error as? StoreError, error.code == .constraint(.unique), let known = try await find(name) {
                return Self.response(known)
            }
            throw error
        }
    }

    private static func response(_ body: JSONBody) -> Response {
        Response(status: body.status, body: body.written ?? [])
    }
}
