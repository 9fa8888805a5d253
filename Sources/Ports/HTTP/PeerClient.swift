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

/// How one engine asks another over HTTP: a call in one process, a socket between processes.
@LoopActor public protocol PeerClient: AnyObject {
    func send(_ request: Request, to engine: EngineName, deadlineNanoseconds: Int64) async throws(PeerError) -> Response
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
        return await application.respond(request)
    }
}
