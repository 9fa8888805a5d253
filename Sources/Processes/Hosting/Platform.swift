import Boosting
import Bus
import BusRedis
import Couriers
public import EngineKit
import HTTPClient
public import HTTP
import HTTPServer
import Reports
public import Runtime
import Security
import Store
import StoreSQLite
public import Telemetry

/// Some engines in this process, all or one: their stores, their bus, their ports.
@LoopActor public final class Platform: PlatformRunner {
    /// Memory given back that is kept for the next request: the columns of one over a million rows.
    public nonisolated static let freedMemoryBytes = 64 << 20

    /// HTTP requests get this long to end, then the rest of the stop goes on: all of it within 10 s.
    static let drainNanoseconds: Int64 = 4_000_000_000

    public let configuration: Configuration
    public private(set) var hosts: [EngineName: EngineHost] = [:]
    let clock: any Clock
    let identifiers: any IdentifierSource
    let logger: Logger
    private let names: [EngineName]
    private let folder: DataFolder
    private var servers: [EngineName: HTTPServer] = [:]
    private var locks: [DataFolderLock] = []
    private var records: [any RecordStore] = []
    private var series: [any SeriesStore] = []
    private var bus: (any MessageBus)?
    private let local = LocalPeers()
    private let far: HTTPPeers
    private let assets: Assets
    /// The bus's metrics: one bus a process, told by the first engine of it.
    private let busRegistry: MetricsRegistry

    /// - Parameter names: the services of this process.
    public init(
        _ configuration: Configuration, _ names: [EngineName], folder: DataFolder, clock: any Clock = SystemClock(),
        identifiers: any IdentifierSource = ProcessIdentifiers(), sink: any LogSink = StandardErrorSink()
    ) {
        self.configuration = configuration
        self.names = names
        self.folder = folder
        assets = Assets(configuration)
        self.clock = clock
        self.identifiers = identifiers
        far = HTTPPeers(configuration, clock: clock, key: (try? AccessPolicy.peerKey(configuration)) ?? nil)
        busRegistry = MetricsRegistry(labels: ["engine": names.first?.rawValue ?? ""])
        let level = LogLevel(rawValue: configuration.text("LOG_LEVEL")) ?? .info
        logger = Logger(engine: names.count == 1 ? names[0].rawValue : "nautilus", level: level,
            sink: sink) { clock.now }
    }

    // MARK: Starting

    /// Opens stores and ports; engines then come up by themselves. Throws before anything is served when a port is
    /// taken, a folder cannot be written or the configuration forbids it.
    public func start() async throws {
        Limits.raiseOpenFiles()
        try Acceleration.check(configuration)
        if names.contains(.factor) { try OwnFactorRules.install(configuration) }
        let access = try AccessPolicy(configuration)
        let bus = try makeBus()
        self.bus = bus
        for name in names { try await add(name, bus, access) }
        describe()
        do {
            for name in names { try serve(name) }
        } catch {
            await closeServers(grace: 0)
            throw error
        }
        await bus.start()
        for name in names { hosts[name]?.start() }
    }

    private func add(_ name: EngineName, _ bus: any MessageBus, _ access: AccessPolicy) async throws {
        let registry = name == names.first ? busRegistry : MetricsRegistry(labels: ["engine": name.rawValue])
        let own = try folder.folder(of: name)
        HostMetrics.registerDisk(of: own, in: registry)
        if name == .gateway { Acceleration.register(in: registry) }
        locks.append(try DataFolderLock(folder: own))
        let store = try await Stores.records(configuration, name, own, clock: clock)
        records.append(store)
        let series = try await Stores.series(configuration, name, own, clock: clock)
        if let series { self.series.append(series) }
        // Risk alone tells people; the others start no threads for it.
        let courier: any NoticeCourier = name == .risk
            ? CurlCourier(try CourierConfiguration(configuration)) : NoCourier()
        let context = EngineContext(
            name: name, configuration: configuration, clock: clock, identifiers: identifiers,
            logger: logger.named(name.rawValue), registry: registry, bus: bus, records: store,
            series: series, peers: makePeers(), digest: { Digest.sha256($0) },
            assets: { [assets] in assets.read($0) }, press: ReportPress(scratch: own),
            booster: XGBoostBooster(), courier: courier)
        let host = EngineHost(EngineCatalog.type(of: name), context, access: access)
        hosts[name] = host
        local.add(name, host.application)
    }

    private func makeBus() throws -> any MessageBus {
        let groups = Topics.groups(of: configuration.engines), url = configuration.text("REDIS_URL")
        if url.isEmpty {
            return MemoryBus(families: Topics.all, groups: groups, clock: clock, identifiers: identifiers,
                             metrics: busRegistry, logger: logger.named("bus"))
        }
        let name = names.count == 1 ? names[0].rawValue : "nautilus"
        var limits = RedisBusLimits()
        limits.spoolBytesPerLane = configuration.int("SPOOL_BYTES")
        limits.tellsLagOfAll = names.allSatisfy { Topics.readBy($0).isEmpty }
        return try RedisBus(
            url: url, families: Topics.all, groups: groups, instance: "\(name)-\(Limits.hostName)",
            spoolFolder: try folder.spool(of: name), clock: clock, identifiers: identifiers, metrics: busRegistry,
            logger: logger.named("bus"), limits: limits)
    }

    /// Engines of this process are called, others are asked over HTTP.
    private func makePeers() -> any PeerClient { NearOrFarPeers(local, far, near: Set(names)) }

    private func serve(_ name: EngineName) throws(HTTPServerError) {
        guard let host = hosts[name] else { return }
        var settings = HTTPServerConfiguration(address: configuration.bindAddress, port: configuration.port(of: name))
        settings.bodyLimit = configuration.int("BODY_LIMIT_BYTES")
        settings.requestSeconds = configuration.int("REQUEST_SECONDS")
        let server = HTTPServer(host.application, settings, clock: clock, registry: host.context.registry,
                                sockets: host.engine.sockets)
        try server.start()
        servers[name] = server
    }

    /// Tells the gateway, where it is hosted here, every route there is.
    private func describe() {
        guard let gateway = hosts[.gateway] else { return }
        gateway.describe(RouteCatalog.sections(configuration, hosted: hosts.mapValues(\.application)))
    }

    /// How its services are asked.
    public var peers: any PeerClient { makePeers() }

    /// Returns once every engine of this process is ready.
    public func ready() async {
        for name in names { await hosts[name]?.ready() }
        FreedMemory.keep(bytes: Self.freedMemoryBytes)
    }

    /// Where each service of this process listens.
    public var addresses: [(name: EngineName, url: String)] {
        names.map { ($0, "http://" + Authority.text(configuration.host(of: $0), configuration.port(of: $0))) }
    }

    // MARK: Stopping

    /// Readiness goes first, then requests in flight, then the engines, the bus and the stores.
    public func stop() async {
        logger.info("stopping")
        await closeServers(grace: Self.drainNanoseconds)
        for name in names.reversed() { await hosts[name]?.stop() }
        await bus?.stop()
        for store in records { await store.close() }
        for store in series { await store.close() }
        far.close()
        locks = []
        logger.info("stopped")
    }

    private func closeServers(grace: Int64) async {
        let stopping = servers.values.map { server in spawn { await server.stop(graceNanoseconds: grace) } }
        for task in stopping { await task.value }
        servers = [:]
    }
}
