import Bus
public import HTTP
public import Runtime
import Market
import Store
import Telemetry
import Wire

/// Runs one engine: its application at once, so that health can be asked; then records, outbox, state and topics, as
/// soon as what they need is there. What is missing is told in `/health` and tried again.
@LoopActor public final class EngineHost {
    /// Where the bring-up stands.
    public enum Phase: Sendable, Equatable {
        case starting
        /// Waits for a part, with the reason.
        case waiting(part: String, reason: String)
        case ready
        case stopping
    }

    public let engine: any Engine
    public let context: EngineContext
    public private(set) var application: Application
    public private(set) var phase = Phase.starting { didSet { told = nil } }
    /// The answer of `/health`, and the turn of the loop it was written in: many callers of one turn get the same bytes.
    private var told: (turn: UInt64, response: Response)?
    private let started: Int64
    private var bringUp: Task<Void, Never>?
    private var beat: LoopTimer?
    private var readers: [CheckedContinuation<Void, Never>] = []
    private var subscribed = false
    /// Forgets old answers; nil for an engine that remembers none.
    private let pruner: RecordsPruner?

    /// Retries of a missing part start at 100 ms and double up to this.
    static let longestWaitNanoseconds: Int64 = 2_000_000_000
    static let heartbeatMilliseconds = 5000

    public init(_ type: any Engine.Type, _ context: EngineContext, access: AccessPolicy) {
        let engine = type.init(context)
        self.engine = engine
        self.context = context
        started = context.clock.monotonic
        let routes = engine.routes + Contract.later(context.name, besides: engine.routes)
        application = Application(
            name: context.name.rawValue, routes: [], access: access, identifiers: context.identifiers,
            clock: context.clock, logger: context.logger, registry: context.registry)
        let remembers = type.migrations.contains { $0.name == Idempotency.migrationName }
        let idempotency = Idempotency(context)
        pruner = remembers ? Idempotency.pruner(context) : nil
        let all = standardRoutes(routes) + routes.map { patient(remembers ? remembering($0, idempotency) : $0) }
        application = Application(
            name: context.name.rawValue, routes: all, access: access, identifiers: context.identifiers,
            clock: context.clock, logger: context.logger, registry: context.registry)
        ProcessMetrics.register(in: context.registry, version: Version.text,
                                startSeconds: Double(context.clock.now.nanoseconds) / 1e9)
        measure()
    }

    /// What is asked at each scrape: whether the engine and its stores are there.
    private func measure() {
        let context = context
        context.registry.computed("nautilus_engine_ready_ratio", "1 when the engine is ready, else 0.") { [weak self] in
            guard let self else { return 0 }
            return LoopActor.assumeIsolated { self.phase == .ready } ? 1 : 0
        }
        let name = "nautilus_store_available_ratio", help = "1 while a store answers, else 0."
        context.registry.computed(name, help, ["store": "records"]) { [weak context] in
            LoopActor.assumeIsolated { context?.records.isAvailable ?? false } ? 1 : 0
        }
        if context.series == nil { return }
        context.registry.computed(name, help, ["store": "series"]) { [weak context] in
            LoopActor.assumeIsolated { context?.series?.isAvailable ?? false } ? 1 : 0
        }
    }

    /// The same route with its keyed answers remembered, as soon as there is a place for them.
    private func remembering(_ route: Route, _ idempotency: Idempotency) -> Route {
        idempotency.keeping(route) { [unowned self] in phase == .ready }
    }

    /// The same route, with 503 for what will pass: state that is not loaded yet, a store that is away.
    private func patient(_ route: Route) -> Route {
        let isHeldBack = type(of: engine).answersAfterStart && route.declaration.missing == nil
        let isElsewhere = context.configuration.onlyCalculates && route.declaration.missing == nil
            && !route.declaration.isCalculation
        return route.guarded { [unowned self] in
            if isElsewhere {
                throw Problem(421, "this instance of \(context.name.rawValue) only calculates; ask the full one")
            }
            switch phase {
            case .starting where isHeldBack: throw Problem.unavailable("engine", "it is starting")
            case .waiting(let part, let reason) where isHeldBack: throw Problem.unavailable(part, reason)
            default: break
            }
        } translating: { error in
            guard let error = error as? StoreError, error.isOutage else { return error }
            return Problem.unavailable("records", error.description)
        }
    }

    // MARK: Life

    /// Starts the bring-up; `ready` tells when it is through.
    public func start() {
        bringUp = spawn { [self] in await run() }
    }

    private func run() async {
        var wait: Int64 = 100_000_000
        while phase != .stopping && !Task.isCancelled {
            do {
                try await attempt()
                return
            } catch {
                let part = (error as? StoreError) != nil ? "records" : "engine"
                if phase != .waiting(part: part, reason: "\(error)") {
                    context.logger.warning("waiting", ["part": .string(part), "reason": .string("\(error)")])
                }
                phase = .waiting(part: part, reason: "\(error)")
            }
            await context.clock.sleep(nanoseconds: wait)
            wait = min(Self.longestWaitNanoseconds, wait * 2)
        }
    }

    private func attempt() async throws {
        // One that only calculates has no state to load and no messages to take.
        if context.configuration.onlyCalculates { return becomeReady() }
        let migrations = [Outbox.migration] + type(of: engine).migrations
        try await context.records.migrate(migrations)
        try await context.outbox.start()
        try await engine.start()
        if !subscribed {
            for subscription in engine.subscriptions { try context.bus.subscribe(subscription.patient) }
            try subscribeRequests()
            subscribed = true
        }
        if phase == .stopping { return }
        pruner?.start(later: true)
        becomeReady()
        announce()
        beat = LoopTimer.every(milliseconds: Self.heartbeatMilliseconds) { [self] in announce() }
    }

    private func becomeReady() {
        phase = .ready
        context.logger.info("ready", ["port": .int(context.configuration.port(of: context.name))])
        for reader in readers { reader.resume() }
        readers = []
    }

    /// Returns once the engine is ready.
    public func ready() async {
        if phase == .ready { return }
        await withCheckedContinuation { continuation in
            if phase == .ready || phase == .stopping { continuation.resume() } else { readers.append(continuation) }
        }
    }

    /// Stops taking work, finishes what runs. The host of the process closes HTTP before and the bus after.
    public func stop() async {
        phase = .stopping
        beat?.cancel()
        bringUp?.cancel()
        pruner?.stop()
        await engine.stop()
        await context.outbox.stop()
        for reader in readers { reader.resume() }
        readers = []
    }

    private func announce() {
        var json = JSONWriter()
        writeHealth(&json)
        context.publish([context.message(Topics.engine, context.name.rawValue, time: context.clock.now, data: json.bytes)])
    }

    // MARK: Health

    var uptimeSeconds: Double { Double(context.clock.monotonic - started) / 1e9 }

    /// Everything that is checked, worst news included.
    public var checks: [HealthCheck] {
        var checks: [HealthCheck] = []
        switch phase {
        case .ready: checks.append(HealthCheck("engine", .healthy, "ready"))
        case .starting: checks.append(HealthCheck("engine", .degraded, "starting"))
        case .stopping: checks.append(HealthCheck("engine", .degraded, "stopping"))
        case .waiting(let part, let reason): checks.append(HealthCheck("engine", .degraded, "waits for \(part): \(reason)"))
        }
        let records = context.records.isAvailable
        checks.append(HealthCheck("records", records ? .healthy : .degraded, records ? "available" : "not available"))
        if let series = context.series {
            checks.append(HealthCheck("series", series.isAvailable ? .healthy : .degraded,
                                      series.isAvailable ? "available" : "not available"))
        }
        let bus = context.bus.health
        checks.append(HealthCheck("bus", bus.connected && bus.detail == nil ? .healthy : .degraded,
                                  bus.detail ?? (bus.connected ? "connected" : "not connected")))
        return checks + engine.checks
    }

    public var status: HealthCheck.Status {
        let all = checks
        if all.contains(where: { $0.status == .unhealthy }) { return .unhealthy }
        return all.contains { $0.status == .degraded } ? .degraded : .healthy
    }

    func healthAnswer() -> Response {
        let turn = EventLoop.main.turn
        if let told, told.turn == turn { return told.response }
        let response = Response.json(status: status == .unhealthy ? 503 : 200) { writeHealth(&$0) }
        told = (turn, response)
        return response
    }

    func writeHealth(_ json: inout JSONWriter) {
        let bus = context.bus.health
        json.beginObject()
        json.key("status")
        json.string(status.rawValue)
        json.key("engine")
        json.string(context.name.rawValue)
        json.key("version")
        json.string(Version.text)
        json.key("uptime_seconds")
        json.double((uptimeSeconds * 1000).rounded() / 1000)
        json.key("bus")
        json.beginObject()
        json.key("connected")
        json.bool(bus.connected)
        json.key("transport")
        json.string(bus.transport)
        json.key("spooled")
        json.int(bus.spooled)
        json.endObject()
        json.key("checks")
        json.beginObject()
        for check in checks {
            json.key(check.name)
            json.beginObject()
            json.key("status")
            json.string(check.status.rawValue)
            json.key("detail")
            json.string(check.detail)
            json.endObject()
        }
        json.endObject()
        json.endObject()
    }
}
