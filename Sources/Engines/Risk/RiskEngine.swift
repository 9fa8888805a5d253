// Risk: limits over portfolios, pre-trade decisions on the critical lane, value at risk. Every intent gets an answer.
public import Bus
public import EngineKit
import HTTP
import Market
public import Runtime
public import Store
import Telemetry
import Wire

/// Owns limits and decisions.
@LoopActor public final class RiskEngine: Engine {
    public nonisolated static var name: EngineName { .risk }
    public nonisolated static var migrations: [Migration] { RiskRecords.migrations }
    /// Decided orders remembered in memory, so that a second delivery of an intent is not decided again.
    static let memory = 100_000

    let context: EngineContext
    let idempotency: Idempotency
    let audit: AuditTrail
    var state = RiskState()
    var limits: [Limit] = []
    private var decided: Set<String> = []
    private var decidedOrder: [String] = []
    private let returns: ReturnsCache
    private let pruner: RecordsPruner
    private let approved: Counter, denied: Counter
    let checkSeconds: Histogram
    private var found: RiskMetrics

    public init(_ context: EngineContext) {
        self.context = context
        idempotency = Idempotency(context)
        audit = AuditTrail(context)
        returns = ReturnsCache(context)
        pruner = RecordsPruner(context, table: "risk_events", column: "recorded", setting: "RISK_EVENTS_DAYS")
        approved = context.registry.counter("nautilus_risk_approved_orders_total", "Intents approved before trade.")
        denied = context.registry.counter("nautilus_risk_denied_orders_total", "Intents denied before trade.")
        checkSeconds = context.registry.histogram(
            "nautilus_risk_check_duration_seconds", "Time to judge all limits of one check.",
            bounds: [0.000001, 0.000005, 0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1])
        found = RiskMetrics(context.registry)
        context.registry.computed("nautilus_risk_active_limits", "Limits that are judged.") { [weak self] in
            LoopActor.assumeIsolated { Double(self?.limits.count { $0.isActive } ?? 0) }
        }
    }

    public func start() async throws {
        limits = try await RiskRecords.limits(context.records)
        decidedOrder = try await RiskRecords.recentDecisions(context.records, limit: Self.memory)
        decided = Set(decidedOrder)
        for value in try await RiskRecords.books(context.records) { value.apply(to: &state) }
        pruner.start()
        audit.start()
    }

    public func stop() async {
        pruner.stop()
        audit.stop()
    }

    public var subscriptions: [Subscription] {
        [
            Subscription(group: Self.name.rawValue, families: [Topics.intent], batchLimit: 64) { [weak self] batch in
                for message in batch { try await self?.takeIntent(message) }
            },
            Subscription(group: Self.name.rawValue, families: [Topics.position, Topics.value, Topics.bar],
                batchLimit: 256) {
                [weak self] batch in try await self?.takeState(batch)
            },
        ]
    }

    // MARK: State

    private func takeState(_ batch: [Message]) async throws {
        let parser = JSONParser()
        var statements: [Statement] = []
        for message in batch {
            try parser.withDocument(message.data) { json in
                switch message.topic.family {
                case Topics.position.name:
                    guard let update = PositionUpdate(json: json) else { throw RiskError.unreadable(message.topic.description) }
                    state.apply(update)
                    statements.append(RiskRecords.upsert(update))
                case Topics.value.name:
                    guard let value = PortfolioValue(json: json) else { throw RiskError.unreadable(message.topic.description) }
                    state.apply(value)
                    statements.append(RiskRecords.upsert(value))
                default:
                    guard let bar = Bar(json: json) else { throw RiskError.unreadable(message.topic.description) }
                    state.apply(bar)
                }
            }
        }
        if !statements.isEmpty { try await context.commit(statements) }
    }

    // MARK: Pre-trade

    private func takeIntent(_ message: Message) async throws {
        guard let intent = try JSONParser().withDocument(message.data, { OrderIntent(json: $0) }) else {
            throw RiskError.unreadable(message.topic.description)
        }
        if decided.contains(intent.orderID) { return }
        let checks = try await judge(intent)
        let broken = checks.filter { $0.verdict == .breach }
        let decision = RiskDecision(
            orderID: intent.orderID, isApproved: broken.isEmpty,
            reasons: checks.filter { $0.verdict != .pass }.map(\.reason), time: intent.time)
        var messages = [context.message(Topics.decision, intent.portfolioID, time: intent.time, cause: message,
            decision)]
        for check in broken { messages.append(breach(check, intent, message)) }
        let now = context.clock.now
        let events = checks.filter { $0.verdict != .pass }.map { RiskEvents.insert($0, intent, at: now) }
        try await context.commit([RiskRecords.insert(decision, at: now)] + events, messages, urgent: true)
        remember(intent.orderID)
        (decision.isApproved ? approved : denied).increment()
        found.record(checks)
    }

    private func remember(_ orderID: String) {
        guard decided.insert(orderID).inserted else { return }
        decidedOrder.append(orderID)
        if decidedOrder.count > 2 * Self.memory {
            for old in decidedOrder.prefix(Self.memory) { decided.remove(old) }
            decidedOrder.removeFirst(Self.memory)
        }
    }

    private func breach(_ check: LimitCheck, _ intent: OrderIntent, _ cause: Message) -> Message {
        var json = JSONWriter()
        json.beginObject()
        json.key("portfolio_id")
        json.string(intent.portfolioID)
        json.key("order_id")
        json.string(intent.orderID)
        json.key("check")
        check.write(to: &json)
        json.endObject()
        return context.message(Topics.breach, intent.portfolioID, time: intent.time, cause: cause, data: json.bytes)
    }

    private func judge(_ intent: OrderIntent) async throws -> [LimitCheck] {
        let rate = state.countCheck(intent.portfolioID, at: context.clock.monotonic)
        let applying = limits.filter { $0.applies(to: intent.portfolioID) }
        if applying.isEmpty { return [] }
        let signed = (intent.side == .buy ? 1 : -1) * intent.expectedQuantity.double
        let order = RiskOrder(symbol: intent.symbol.text, quantity: signed, price: intent.referencePrice.double)
        guard let picture = state.picture(of: intent.portfolioID, order: order, rate: rate) else {
            return applying.map { LimitCheck($0, missing: "nothing is known of portfolio \(intent.portfolioID) yet") }
        }
        return await check(applying, try await complete(picture, for: applying))
    }

    /// Adds what limits need and the store has: returns of the last year of stored daily bars.
    func complete(_ picture: RiskPicture, for limits: [Limit]) async throws -> RiskPicture {
        let needing: Set<LimitType> = [.valueAtRisk, .expectedShortfall, .volatility, .beta]
        guard picture.returns == nil, limits.contains(where: { needing.contains($0.type) }) else { return picture }
        var picture = picture
        var symbols = Set(picture.positions.map(\.symbol))
        if let order = picture.order { symbols.insert(order.symbol) }
        picture.returns = await returns.returns(of: symbols.sorted())
        return picture
    }

    /// Judges limits on the picture after its order. What cannot be judged counts as breached.
    func check(_ limits: [Limit], _ picture: RiskPicture) async -> [LimitCheck] {
        let start = context.clock.monotonic
        let checks = LimitCheck.judge(limits, picture.afterOrder())
        checkSeconds.observe(Double(context.clock.monotonic - start) / 1e9)
        return checks
    }
}

/// Why a message cannot be folded.
enum RiskError: Error, CustomStringConvertible {
    case unreadable(String)
    var description: String { switch self { case .unreadable(let topic): "a message of \(topic) cannot be read" } }
}
