import HTTP
import HTTPClient
import Hosting
import Runtime

/// The running platform, as the command line asks it.
@LoopActor struct RemoteServices {
    let configuration: Configuration
    private let peers: HTTPPeers

    init(_ configuration: Configuration) throws {
        self.configuration = configuration
        peers = HTTPPeers(configuration, clock: SystemClock(), key: try AccessPolicy.peerKey(configuration))
    }

    /// How the services are asked, for what takes any way of asking.
    var client: any PeerClient { peers }

    func send(_ request: Request, to engine: EngineName, seconds: Int64 = 5) async throws(PeerError) -> Response {
        try await peers.send(request, to: engine, deadlineNanoseconds: seconds * 1_000_000_000)
    }

    func get(_ path: String, query: String = "", from engine: EngineName) async throws(PeerError) -> Response {
        try await send(Request(method: .get, path: path, query: query, headers: ["Host": "localhost"]), to: engine)
    }
}
