import HTTP
import HTTPClient
import Runtime

/// Asks the service on this machine whether it is ready, as container platforms do over and over.
@LoopActor struct HealthProbe {
    private static let deadlineNanoseconds: Int64 = 4_000_000_000
    private let service: EngineName
    private let peers: HTTPPeers

    init(_ service: EngineName, _ configuration: Configuration) throws {
        self.service = service
        // The one beside us, by the address it binds to, not by the name that others know it by.
        let bound = configuration.bindAddress
        let host = bound == "0.0.0.0" ? "127.0.0.1" : bound == "::" ? "::1" : bound
        let own = try configuration.replacing(["\(service.rawValue.uppercased())_HOST": host])
        peers = HTTPPeers(own, clock: SystemClock(), key: nil)
    }

    /// 0 where it is ready; otherwise 1, and why on standard error.
    func ask() async -> Int32 {
        defer { peers.close() }
        let request = Request(method: .get, path: "/health/ready", headers: ["Host": "localhost"])
        do throws(PeerError) {
            let response = try await peers.send(request, to: service, deadlineNanoseconds: Self.deadlineNanoseconds)
            if response.status == 200 { return 0 }
            ProcessRunner.writeError(String(decoding: response.body.prefix(1000), as: UTF8.self))
        } catch {
            ProcessRunner.writeError("\(service.processName): \(error)")
        }
        return 1
    }
}
