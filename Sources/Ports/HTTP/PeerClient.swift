public import Runtime

/// Why a peer gave no answer.
public enum PeerError: Error, Sendable, Equatable {
    /// Nothing listens, or the connection was refused: the request was not seen.
    case unreachable(String)
    /// The connection broke after the request went out: it may have been carried out.
    case broken(String)
    case timedOut

    /// Whether the peer cannot have acted on the request.
    public var isUnseen: Bool { if case .unreachable = self { true } else { false } }
}

extension PeerError: CustomStringConvertible {
    /// For people.
    public var description: String {
        switch self {
        case .unreachable(let reason): "unreachable: \(reason)"
        case .broken(let reason): "the connection broke: \(reason)"
        case .timedOut: "no answer in time"
        }
    }
}

/// How one engine asks another over HTTP: a call in one process, a socket between processes.
@LoopActor public protocol PeerClient: AnyObject {
    func send(_ request: Request, to engine: EngineName, deadlineNanoseconds: Int64) async throws(PeerError) -> Response
    /// The same for callers that need no task: `done` is called once, at once or later.
    func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void)
    /// The same of one of the engine's instances that only calculate, from 0 in the order of the configuration.
    func send(
        _ request: Request, toCalculator number: Int, of engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void)
}

extension PeerClient {
    /// Where there is one instance alone.
    public func send(
        _ request: Request, toCalculator number: Int, of engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        send(request, to: engine, deadlineNanoseconds: deadlineNanoseconds, done)
    }

    /// By way of a task.
    public func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        spawnInline {
            do throws(PeerError) {
                done(.success(try await self.send(request, to: engine, deadlineNanoseconds: deadlineNanoseconds)))
            } catch {
                done(.failure(error))
            }
        }
    }
}

/// Peers in the same process: a request goes straight to the other engine's application.
@LoopActor public final class LocalPeers: PeerClient {
    private var applications: [EngineName: Application] = [:]

    public init() {}

    /// Makes an engine reachable.
    public func add(_ engine: EngineName, _ application: Application) { applications[engine] = application }

    public func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64
    ) async throws(PeerError) -> Response {
        guard let application = applications[engine] else { throw .unreachable("\(engine.rawValue) does not run here") }
        switch application.answer(request, isTrusted: true) {
        case .now(let response): return response
        case let answer:
            guard let response = await Patience.wait(deadlineNanoseconds, for: { await answer.response }) else {
                throw .timedOut
            }
            return response
        }
    }
}

/// Work with a deadline: when it passes the waiting ends, the work does not.
@LoopActor private final class Patience {
    private var response: Response?
    private var timer: LoopTimer?
    private var continuation: CheckedContinuation<Response?, Never>?

    static func wait(
        _ nanoseconds: Int64, for work: @escaping @Sendable @LoopActor () async -> Response
    ) async -> Response? {
        let patience = Patience()
        Task.immediate { patience.finish(await work()) }
        if let response = patience.response { return response }
        return await withCheckedContinuation { continuation in
            // Looked at again: the loop may have turned before this runs.
            if let response = patience.response {
                continuation.resume(returning: response)
                return
            }
            patience.continuation = continuation
            patience.timer = LoopTimer.once(milliseconds: max(1, Int(nanoseconds / 1_000_000))) { patience.end(nil) }
        }
    }

    private func finish(_ response: Response) {
        self.response = response
        end(response)
    }

    private func end(_ response: Response?) {
        timer?.cancel()
        timer = nil
        continuation?.resume(returning: response)
        continuation = nil
    }
}
