public import Bus
public import HTTP
public import Runtime
public import Store

/// One part of an engine's health.
public struct HealthCheck: Sendable {
    /// How a part is.
    public enum Status: String, Sendable { case healthy, degraded, unhealthy }

    public var name: String
    public var status: Status
    public var detail: String
    /// Whether the engine is not ready without it; a part that is only told of has no say in that.
    public var isRequired: Bool

    public init(_ name: String, _ status: Status, _ detail: String, isRequired: Bool = true) {
        self.name = name
        self.status = status
        self.detail = detail
        self.isRequired = isRequired
    }
}

/// An engine: decisions behind routes and topics. It is made without touching anything, so that its routes can be
/// described; `start` is called once its records are migrated.
@LoopActor public protocol Engine: AnyObject {
    static var name: EngineName { get }
    init(_ context: EngineContext)

    /// Every route it owns, those that answer 501 included. Health, metrics and documents come from the host.
    var routes: [Route] { get }
    /// The tables it owns.
    static var migrations: [Migration] { get }
    /// Its readers on the bus; families must be those of `Topics.readBy`.
    var subscriptions: [Subscription] { get }

    /// Whether its routes wait for `start`: without its state it would deny what is there. They then answer 503.
    static var answersAfterStart: Bool { get }
    /// Loads state. Called once, before the first message, after the migrations; called again after a failure.
    func start() async throws
    /// Finishes what runs. Called before the bus and the stores close.
    func stop() async
    /// Its own health checks beside bus, records and series.
    var checks: [HealthCheck] { get }
    /// Takes WebSocket handshakes, if it does.
    var sockets: (any WebSocketAcceptor)? { get }
}

extension Engine {
    public static var migrations: [Migration] { [Outbox.byPosition(version: 2), Outbox.lives(version: 3)] }
    public static var answersAfterStart: Bool { false }
    public var subscriptions: [Subscription] { [] }
    public func start() async throws {}
    public func stop() async {}
    public var checks: [HealthCheck] { [] }
    public var sockets: (any WebSocketAcceptor)? { nil }
}
