public import Bus
public import Documents
public import HTTP
public import Market
public import Models
public import Runtime
public import Store
public import Telemetry
public import Wire

/// What an engine has of the world: ports, never adapters. Time and identifiers come from here and nowhere else.
@LoopActor public final class EngineContext {
    public let name: EngineName
    public let configuration: Configuration
    public let clock: any Clock
    public let identifiers: any IdentifierSource
    public let logger: Logger
    public let registry: MetricsRegistry
    public let bus: any MessageBus
    public let records: any RecordStore
    /// Columns over time, of this engine alone: bars of the market data engine, values of jobs of the factor engine. What
    /// another engine has is asked of it through `peers`.
    public let series: (any SeriesStore)?
    public let peers: any PeerClient
    /// 256-bit digests, for content hashes.
    public let digest: @Sendable ([UInt8]) -> [UInt8]
    /// A file that the set-up fetched (documentation pages), by its path; nil where it is not there.
    public let assets: @Sendable (String) -> [UInt8]?
    /// Prints what is not text: PDF and Excel.
    public let press: any DocumentPress
    /// Fits trees.
    public let booster: any TreeBooster
    /// Carries notices out of the platform.
    public let courier: any NoticeCourier
    public let outbox: Outbox
    private var sequences: [String: UInt64] = [:]

    public init(
        name: EngineName, configuration: Configuration, clock: any Clock, identifiers: any IdentifierSource,
        logger: Logger, registry: MetricsRegistry, bus: any MessageBus, records: any RecordStore,
        series: (any SeriesStore)? = nil, peers: any PeerClient, digest: @escaping @Sendable ([UInt8]) -> [UInt8],
        assets: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }, press: any DocumentPress = NoPress(),
        booster: any TreeBooster = NoTreeBooster(),
        courier: any NoticeCourier = NoCourier()
    ) {
        self.name = name
        self.configuration = configuration
        self.clock = clock
        self.identifiers = identifiers
        self.logger = logger
        self.registry = registry
        self.bus = bus
        self.records = records
        self.series = series
        self.peers = peers
        self.digest = digest
        self.assets = assets
        self.press = press
        self.booster = booster
        self.courier = courier
        outbox = Outbox(source: name.rawValue, bus: bus, records: records, clock: clock, logger: logger, registry: registry)
    }

    /// A message of this engine. What `cause` carried on (receive time, trace) goes on.
    public func message(
        _ family: TopicFamily, _ key: String, time: Timestamp, cause: Message? = nil, trace: String? = nil,
        _ value: some WireValue
    ) -> Message {
        message(family, key, time: time, cause: cause, trace: trace, data: value.jsonBytes)
    }

    /// A message of this engine from JSON bytes.
    public func message(
        _ family: TopicFamily, _ key: String, time: Timestamp, cause: Message? = nil, trace: String? = nil,
        data: [UInt8]
    ) -> Message {
        sequences[family.name, default: 0] += 1
        return Message(
            id: MessageID(identifiers.next()), topic: Topic(family.name, key), time: time,
            received: cause?.received ?? clock.now, source: name.rawValue, sequence: sequences[family.name] ?? 0,
            cause: cause?.id, trace: trace ?? cause?.trace, data: data)
    }

    /// Publishes messages that may be lost: a refusal is counted, never thrown.
    public func publish(_ messages: [Message]) {
        do throws(BusError) { try bus.publish(messages) } catch { refused.add(messages.count) }
    }

    private lazy var refused = registry.counter(
        "nautilus_bus_unpublished_messages_total", "Messages of conflated topics that the bus did not take.")

    /// Gives audit rows their places, where the engine's trail is a chain.
    var chain: AuditChain?

    /// Writes state and lossless messages in one transaction, then publishes: neither is ever there without the other.
    /// So is the audit row of the request that the task answers, and those of steps that the engine takes itself. An
    /// order waits for an `urgent` one: the store may commit it on the loop; keep it short.
    ///
    /// A request whose first commit has messages is refused with 503 while the bus takes no new work, as is each commit
    /// with messages while too many wait to be acknowledged. One that is `unrefusable` is taken: what stops or takes back orders, or tells of what is stored already.
    @discardableResult
    public func commit(
        _ statements: [Statement], _ messages: [Message] = [], urgent: Bool = false, unrefusable: Bool = false,
        audit entries: [AuditEntry] = []
    ) async throws -> [ResultSet] {
        guard let scope = AuditScope.current, scope.engine == name else {
            return try await commit(statements, messages, urgent, unrefusable, entries)
        }
        if !messages.isEmpty, !unrefusable, scope.isNew { try checkTakesNewWork() }
        return try await scope.committing(self) { own in
            try await commit(statements, messages, urgent, unrefusable, own + entries)
        }
    }

    /// Throws 503 while the bus takes no new work: for requests that store something before they commit a message of
    /// it.
    public func checkTakesNewWork() throws(Problem) {
        if bus.takesNewWork { return }
        throw .unavailable("bus", (bus.health.detail ?? "it is full") + "; nothing was changed, try again later")
    }

    private func commit(
        _ statements: [Statement], _ messages: [Message], _ urgent: Bool, _ unrefusable: Bool, _ entries: [AuditEntry]
    ) async throws -> [ResultSet] {
        try await audited(entries) { rows in
            try await claimed { claim in
                let all = statements + rows + claim
                let results = try await outbox.commit(all, messages, urgent: urgent, unrefusable: unrefusable)
                return Array(results.dropLast(rows.count + claim.count))
            }
        }
    }

    /// Runs a commit with what remembers the request that the task answers, where that bears a key.
    private func claimed<T>(_ commit: ([Statement]) async throws -> T) async throws -> T {
        guard let scope = IdempotencyScope.current else { return try await commit([]) }
        return try await scope.claiming(self, commit)
    }

    /// Runs a commit with the rows of these steps in it.
    func audited<T>(_ entries: [AuditEntry], _ commit: ([Statement]) async throws -> T) async throws -> T {
        if entries.isEmpty { return try await commit([]) }
        let rows = entries.map { entry in
            AuditRow(id: identifiers.nextText(), recorded: clock.now.nanoseconds, entry: entry)
        }
        guard let chain else { return try await commit(rows.map(\.insert)) }
        return try await chain.append(rows, commit)
    }

    /// Arithmetic over no more numbers than this takes less time than a change of threads and back.
    public static let inlineNumbers = 4096

    /// Runs arithmetic off the loop and comes back; over few numbers it is done at once.
    public func compute<R: Sendable>(over numbers: Int = .max, _ work: @Sendable () throws -> R) async rethrows -> R {
        if numbers <= Self.inlineNumbers { return try work() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await offLoop(work) }
    }

    /// The same for `Route.calculated`: over few numbers the result is there without waiting.
    public func calculate<R: Sendable>(
        over numbers: Int, _ work: @escaping @Sendable () throws -> R
    ) throws -> Work<R> {
        if numbers <= Self.inlineNumbers { return .done(try work()) }
        return .later { try await self.compute(work) }
    }
}

/// Not isolated, so that it runs where the task's executor preference says.
@concurrent private func offLoop<R: Sendable>(_ work: @Sendable () throws -> R) async rethrows -> R { try work() }
