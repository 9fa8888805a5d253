import Bus
import EngineKit
public import HTTP
public import Runtime
import Telemetry

/// Every route of every service, whether it runs in this process or not.
@LoopActor enum RouteCatalog {
    /// The gateway's section first, then the engines'. What is not hosted is made with ports that are not there: an
    /// engine touches nothing until it is started.
    static func sections(
        _ configuration: Configuration, hosted: [EngineName: Application] = [:]
    ) -> [(engine: EngineName, routes: [RouteDeclaration])] {
        ([.gateway] + EngineName.engines).map { name in
            (name, hosted[name]?.declarations ?? described(name, configuration).declarations)
        }
    }

    private static func described(_ name: EngineName, _ configuration: Configuration) -> Application {
        let clock = SystemClock(), identifiers = ProcessIdentifiers(), registry = MetricsRegistry()
        let logger = Logger(engine: name.rawValue, level: .error, sink: StandardErrorSink()) { clock.now }
        let bus = MemoryBus(families: [], clock: clock, identifiers: identifiers, metrics: registry, logger: logger)
        let context = EngineContext(
            name: name, configuration: configuration, clock: clock, identifiers: identifiers, logger: logger,
            registry: registry, bus: bus, records: AbsentRecords(), peers: LocalPeers(), digest: { $0 })
        return EngineHost(EngineCatalog.type(of: name), context, access: AccessPolicy()).application
    }
}

/// The declarations of all services' routes, the gateway's first.
@LoopActor public func allRoutes(_ configuration: Configuration) -> [(engine: EngineName, routes: [RouteDeclaration])] {
    RouteCatalog.sections(configuration)
}
