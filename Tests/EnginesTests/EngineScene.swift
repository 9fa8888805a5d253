import Bus
import EngineKit
import HTTP
import Market
import Runtime
import Store
import StoreSQLite
import Telemetry
import TestKit

/// An engine with everything it needs in memory or in a temporary folder, and a clock by hand.
@LoopActor final class EngineScene {
    let clock = ManualClock()
    let identifiers = SeededIdentifiers(seed: 1)
    let registry = MetricsRegistry()
    let bus: MemoryBus
    let host: EngineHost
    let context: EngineContext
    private let folder = TemporaryFolder()
    private let records: SQLiteRecordStore

    init(
        _ type: any Engine.Type, peers: any PeerClient = LocalPeers(), environment: [String: String] = [:],
        assets: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }
    ) async throws {
        let clock = clock
        let logger = Logger(engine: "test", level: .error, sink: MemoryLogSink()) { clock.now }
        bus = MemoryBus(families: Topics.all, clock: clock, identifiers: identifiers, metrics: registry, logger: logger)
        records = try await SQLiteRecordStore.open(SQLiteConfiguration(path: folder.path + "/records.sqlite"))
        context = EngineContext(
            name: type.name, configuration: try Configuration(environment: environment), clock: clock,
            identifiers: identifiers, logger: logger, registry: registry, bus: bus, records: records, peers: peers,
            digest: { bytes in Array(bytes.reduce(into: UInt64(7)) { $0 = $0 &* 31 &+ UInt64($1) }.description.utf8) },
            assets: assets)
        host = EngineHost(type, context, access: AccessPolicy())
    }

    /// Starts the bus and the engine, and waits until it is ready.
    func start() async {
        await bus.start()
        host.start()
        await host.ready()
    }

    func stop() async {
        await host.stop()
        await bus.stop()
        await records.close()
    }

    /// Asks the engine's own routes.
    func ask(_ method: HTTP.Method, _ path: String, _ body: String = "",
        headers: Headers = Headers()) async -> (status: Int, text: String) {
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        let request = Request(method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: headers,
                              body: Array(body.utf8))
        let response = await host.application.respond(request)
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }
}
