// Streaming: pushes what the bus tells to WebSockets. It encodes once, numbers every update, and lets no slow reader
// slow another one.
public import Bus
public import EngineKit
public import HTTP
public import Runtime
public import Store

/// Owns connections and subscriptions.
@LoopActor public final class StreamingEngine: Engine {
    public nonisolated static var name: EngineName { .websocket }
    public nonisolated static var migrations: [Migration] {
        [Outbox.byPosition(version: 2), Idempotency.migration(version: 3), Idempotency.byAge(version: 4),
         Outbox.lives(version: 5)]
    }
    static let tickMilliseconds = 1000

    let context: EngineContext
    let hub: StreamHub
    let registrations: Registrations
    private let door: SocketDoor
    private var ticker: LoopTimer?

    public init(_ context: EngineContext) {
        self.context = context
        hub = StreamHub(context)
        registrations = Registrations(context)
        registrations.onExpired = { [weak hub] id in hub?.forget(id) }
        door = SocketDoor(hub, registrations, hasEcho: Self.hasEcho(context.configuration))
    }

    private static func hasEcho(_ configuration: Configuration) -> Bool {
        switch configuration.text("WEBSOCKET_ECHO") {
        case "on": true
        case "off": false
        default: configuration.isLoopback
        }
    }

    public var sockets: (any WebSocketAcceptor)? { door }

    public var subscriptions: [Subscription] {
        [Subscription(group: Self.name.rawValue, families: Topics.readBy(.websocket),
            batchLimit: 512) { [weak self] batch in
            try self?.hub.publish(batch)
        }]
    }

    public func start() async throws {
        ticker?.cancel()
        ticker = LoopTimer.every(milliseconds: Self.tickMilliseconds) { [weak self] in
            self?.hub.tick()
            self?.registrations.sweep()
        }
    }

    public func stop() async {
        ticker?.cancel()
        ticker = nil
        hub.closeAll()
        door.closeAll()
    }
}
