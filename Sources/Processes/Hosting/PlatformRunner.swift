public import HTTP
public import Runtime

/// A platform that runs: its services in this process, or each in its own.
@LoopActor public protocol PlatformRunner: AnyObject {
    func start() async throws
    /// Returns once every service is ready. Throws where one never will be.
    func ready() async throws
    func stop() async
    /// How its services are asked.
    var peers: any PeerClient { get }
    /// Where each of its services listens.
    var addresses: [(name: EngineName, url: String)] { get }
}
