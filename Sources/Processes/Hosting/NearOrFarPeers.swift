import HTTP
import HTTPClient
import Runtime

/// Asks engines of this process by a call, and the others over HTTP.
@LoopActor final class NearOrFarPeers: PeerClient {
    private let local: LocalPeers
    private let far: HTTPPeers
    private let near: Set<EngineName>

    init(_ local: LocalPeers, _ far: HTTPPeers, near: Set<EngineName>) {
        self.local = local
        self.far = far
        self.near = near
    }

    func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64
    ) async throws(PeerError) -> Response {
        if near.contains(engine) {
            return try await local.send(request, to: engine, deadlineNanoseconds: deadlineNanoseconds)
        }
        return try await far.send(request, to: engine, deadlineNanoseconds: deadlineNanoseconds)
    }

    func send(
        _ request: Request, to engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        let peers: any PeerClient = near.contains(engine) ? local : far
        peers.send(request, to: engine, deadlineNanoseconds: deadlineNanoseconds, done)
    }

    func send(
        _ request: Request, toCalculator number: Int, of engine: EngineName, deadlineNanoseconds: Int64,
        _ done: @escaping @LoopActor (Result<Response, PeerError>) -> Void
    ) {
        far.send(request, toCalculator: number, of: engine, deadlineNanoseconds: deadlineNanoseconds, done)
    }
}
