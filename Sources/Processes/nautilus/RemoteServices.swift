import HTTP
import HTTPClient
import Hosting
import Runtime
import Security

/// The running platform, as the command line asks it.
@LoopActor struct RemoteServices {
    let configuration: Configuration
    private let peers: HTTPPeers

    init(_ configuration: Configuration) throws {
        self.configuration = configuration
        let file = configuration.text("API_KEY_FILE")
        peers = HTTPPeers(configuration, clock: SystemClock(),
                          key: file.isEmpty ? nil : try APIKeys.first(in: file))
    }

    func send(_ request: Request, to engine: EngineName, seconds: Int64 = 5) async throws(PeerError) -> Response {
        try await peers.send(request, to: engine, deadlineNanoseconds: seconds * 1_000_000_000)
    }

    func get(_ path: String, query: String = "", from engine: EngineName) async throws(PeerError) -> Response {
        try await send(Request(method: .get, path: path, query: query, headers: ["Host": "localhost"]), to: engine)
    }
}
