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

    let context: EngineContext
    let idempotency: Idempotency
    let audit: AuditTrail
    var state = RiskState()
    var limits: [Limit] = [] {
        didSet {
            applying = [:]
            isTimed = limits.contains { $0.schedule != nil }
            isGrouped = limits.contains { $0.scope.isGroup && $0.isActive }
        }
    }
    /// What was last logged of the prices and bars of each portfolio.
    var warned: [String: [String]] = [:]
    /// Whether some limit has a schedule, and whether some looks at several portfolios.
    private var isTimed = false
    private(set) var isGrouped = false
    /// The minute that `applying` is for.
    private var applyingMinute: Int64 = 0
    /// The client of each portfolio that has one.
    var clients: [String: String] = [:]
    /// Limits that hold for a portfolio, until limits change.
    private var applying: [String: LimitPlan] = [:]
    /// Open and closed rules that make alerts.
    var rules: [RiskAlert] = []
    var killSwitch = KillSwitch()
    /// The one that a restart finds.
    var storedSwitch = KillSwitch()
    /// One change of limits, or of what they hold for, at a time: each reads what the one before has left.
    let limitLock = KeyedLock()
    /// By portfolio: versions of a capital book are kept one after the other.
    let bookLock = KeyedLock()
    /// Decisions that are being written; the kill switch waits for them.
    let decisions = PendingDecisions()
    private(set) lazy var monitor = RiskMonitor(context, self)
    private(set) lazy var desk = BreachDesk(context, self)
    private(set) lazy var responder = Responder(context, self)
    private(set) lazy var adjuster = LimitAdjuster(context, self)
    private(set) lazy var scheduler = ReportScheduler(context, self)
    private(set) lazy var expiry = ReservationExpiry(context, self)
    private var decided = DecidedOrders()
    let dailyBars: DailyBars
    let reportBars: ReportBars
    private let pruners: [RecordsPruner]
    private let approved: Counter, denied: Counter
    let checkSeconds: Histogram
    private var found: RiskMetrics
    /// Rows that a second look at a message would not make again. They go with the next commit where the batch that they
    /// are of has failed.
    private var owed: [Statement] = []

    public init(_ context: EngineContext) {
        self.context = context
        idempotency = Idempotency(context)
        audit = AuditTrail(context, chained: true)
        dailyBars = DailyBars(context)
        reportBars = ReportBars(context)
        pruners = ["risk_events", "executions", "trader_fills", "ended_orders"].map { table in
            RecordsPruner(context, table: table, column: "recorded", setting: "RISK_EVENTS_DAYS")
        }
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
        clients = try await ClientRecords.clients(context.records)
        try await adjuster.start()
        for limit in limits where limit.adjust != nil { adjust(limit) }
        decided = DecidedOrders(
            try await RiskRecords.recentDecisions(context.records, limit: DecidedOrders.memory),
            ended: try await EndedOrders.newest(context.records, limit: DecidedOrders.endedMemory))
        state = RiskState()
        owed = []
        state.scenarios = HistoricScenarios.all.map(\.shocks)
        state.restore(try await MarkRecords.marks(context.records))
        for known in try await SplitRecords.splits(context.records) {
            state.apply(known.split, of: known.symbol, in: known.portfolio)
        }
        for value in try await RiskRecords.books(context.records) { value.apply(to: &state) }
        for fill in try await ReservationRecords.landed(context.records) { state.land(fill) }
        let now = context.clock.now
        for open in try await ReservationRecords.reservations(context.records, at: now) { state.reserve(open) }
        state.restore(try await TraderRecords.books(context.records))
        storedSwitch = try await RiskControls.killSwitch(context.records)
        // One that was turned on while the records were away stays on.
        if !killSwitch.isOn { killSwitch = storedSwitch }
        rules = try await RiskControls.rules(context.records)
        try await responder.start()
        try await monitor.start()
        try await scheduler.start()
        try await desk.start()
        expiry.start()
        for pruner in pruners { pruner.start() }
        audit.start()
    }

    public func stop() async {
        monitor.stop()
        responder.stop()
        adjuster.stop()
        scheduler.stop()
        desk.stop()
        expiry.stop()
        for pruner in pruners { pruner.stop() }
        audit.stop()
        await writeMarks()
    }

    public var subscriptions: [Subscription] {
        [
            Subscription(group: Self.name.rawValue, families: [Topics.intent], batchLimit: 64) { [weak self] batch in
                for message in batch { try await self?.takeIntent(message) }
            },
            Subscription(group: Self.name.rawValue, families: [
                Topics.fill, Topics.order, Topics.position, Topics.value, Topics.bar,
            ], batchLimit: 256) {
                [weak self] batch in try await self?.takeState(batch)
            },
            Subscription(group: Self.name.rawValue, families: [Topics.quote], batchLimit: 256) { [weak self] batch in
                try self?.takeQuotes(batch)
            },
        ]
    }

    // MARK: State

    /// Nothing is committed for a quote: its price is written with what is committed next.
    private func takeQuotes(_ batch: [Message]) throws {
        let touched = try state.apply(quotes: batch)
        state.refresh(touched)
    }

    private func takeState(_ batch: [Message]) async throws {
        let parser = JSONParser()
        var statements: [Statement] = [], touched: Set<String> = []
        // A booking that is dated back tells many values anew: those that stand together are taken together.
        var values: [(value: PortfolioValue, cause: MessageID?)] = []
        func takeValues() {
            if values.isEmpty { return }
            owed += state.apply(values).map { ReservationRecords.delete(landed: $0) }
            values = []
        }
        for message in batch {
            let family = message.topic.family
            if family != Topics.value.name { takeValues() }
            let isRead = try parser.withDocument(message.data) { json in
                switch family {
                case Topics.position.name:
                    guard let update = PositionUpdate(json: json) else { return false }
                    let settled = state.apply(update, cause: message.cause)
                    statements.append(RiskRecords.upsert(update))
                    if let split = update.split {
                        statements.append(SplitRecords.insert(split, of: update.symbol, in: update.portfolioID))
                    }
                    owed += settled.map { ReservationRecords.settle($0) }
                    touched.insert(update.portfolioID)
                case Topics.value.name:
                    guard let value = PortfolioValue(json: json) else { return false }
                    values.append((value, message.cause))
                    statements.append(RiskRecords.upsert(value))
                case Topics.fill.name:
                    guard let fill = Fill(json: json) else { return false }
                    let now = context.clock.now
                    state.take(fill, message: message.id, at: now)
                    statements += reserved(fill.orderID)
                    if let line = state.attribute(fill, at: now) {
                        owed += TraderRecords.upsert(line, of: fill.trader ?? "", fill: fill.id, at: now)
                    }
                    if let landed = state.landed[message.id] { statements.append(ReservationRecords.upsert(landed)) }
                    touched.insert(fill.portfolioID)
                case Topics.order.name:
                    guard let ended = OrderProgress(json: json) else { return false }
                    if ended.state.isFinal, let row = ExecutionRecords.upsert(message.data, json, at: context.clock.now) {
                        statements.append(row)
                    }
                    guard ended.state.isFinal, ended.state != .denied else { return true }
                    if decided.end(ended.orderID, ended.state) {
                        statements.append(EndedOrders.insert(ended.orderID, ended.state, at: context.clock.now))
                    }
                    state.end(ended.orderID, ended.fills.map { ($0.id, $0.quantity) })
                    statements += reserved(ended.orderID)
                default:
                    guard let bar = Bar(json: json) else { return false }
                    state.apply(bar)
                }
                return true
            }
            if !isRead { throw Unreadable(message) }
        }
        takeValues()
        state.refresh(touched)
        let due = owed
        owed = []
        if statements.isEmpty && due.isEmpty { return }
        do {
            try await commitWithMarks(statements + due, urgent: true)
        } catch {
            owed = due + owed
            throw error
        }
    }

    /// The row of an order's reservation as it is now; without one it goes.
    private func reserved(_ order: String) -> [Statement] {
        [state.reservations[order].map { ReservationRecords.upsert($0) } ?? ReservationRecords.delete(order: order)]
    }

    // MARK: Pre-trade

    private func takeIntent(_ message: Message) async throws {
        guard let intent = try JSONParser().withDocument(message.data, { OrderIntent(json: $0) }) else {
            throw Unreadable(message)
        }
        if decided.contains(intent.orderID) { return try await tellAgain(intent, message) }
        await prepare(intent.portfolioID, intent.symbol)
        let traders = intent.trader.map { [$0] } ?? []
        let groups = isGrouped ? groupLimits(of: intent.portfolioID, traders: traders) : []
        let history = groups.isEmpty ? nil : await groupHistory(groups, intent.symbol)
        // Nothing is awaited from here until the order's reservation counts: what two orders may not do together, the
        // second of them is denied.
        if decided.contains(intent.orderID) { return try await tellAgain(intent, message) }
        if let end = decided.end(of: intent.orderID) { return try await deny(intent, ended: end, message) }
        var checks = judge(intent)
        let rate = traders.first.map { state.countCheck(trader: $0, at: context.clock.monotonic) } ?? 0
        if !groups.isEmpty {
            checks += judgeGroups(
                groups, order: order(intent), of: intent.portfolioID, history: history, rate: rate)
        }
        if let reduction = responder.reduction(intent) {
            // It makes a holding smaller: limits that it does not bring all the way back must not keep it from that.
            checks = switch reduction {
            case .smaller: checks.map(\.excused)
            case .turned: [.refusal("response", ResponseOrder.isUnderWay)]
            case .over: [.refusal("response", ResponseOrder.isOver)]
            }
        } else if let why = responder.blocked(
            intent.portfolioID, symbol: intent.symbol, strategy: intent.strategyID, traders: traders) {
            checks.append(.refusal("block", why))
        }
        if killSwitch.isOn { checks.append(.stopped(by: killSwitch)) }
        decisions.began()
        defer { decisions.ended() }
        let broken = checks.filter { $0.verdict == .breach }
        let decision = RiskDecision(
            orderID: intent.orderID, isApproved: broken.isEmpty,
            reasons: checks.filter { $0.verdict != .pass }.map(\.reason), time: intent.time)
        var messages = [context.message(Topics.decision, intent.portfolioID, time: intent.time, cause: message,
            decision)]
        for check in broken {
            messages.append(breach(check, intent.portfolioID, order: intent.orderID, time: intent.time, cause: message))
        }
        let now = context.clock.now
        var events: [Statement] = []
        for check in checks where check.verdict != .pass {
            events.append(RiskEvents.insert(check, intent, at: now))
            let (rows, told) = alerts(for: check, intent.portfolioID, at: now)
            events += rows
            messages += told
        }
        if decision.isApproved {
            let reservation = Reservation(intent, heard: now)
            state.reserve(reservation)
            if !reservation.quantity.isZero { events.append(ReservationRecords.upsert(reservation)) }
        }
        do {
            try await context.commit([RiskRecords.insert(decision, on: intent, at: now)] + events, messages, urgent: true)
        } catch {
            state.release(intent.orderID)
            throw error
        }
        remember(intent.orderID)
        (decision.isApproved ? approved : denied).increment()
        found.record(checks)
    }

    /// An intent that comes again is not judged again. Whoever sent it may not have heard the decision, where its records
    /// are an older copy than ours: it is told once more, and who knows it passes it over. Another order of that id was
    /// never judged, and is denied.
    private func tellAgain(_ intent: OrderIntent, _ message: Message) async throws {
        guard let known = try await RiskRecords.decision(intent.orderID, context.records) else { return }
        var told = known.told
        if try !isAbout(intent, known) {
            told = RiskDecision(
                orderID: intent.orderID, isApproved: false,
                reasons: ["another order of the id \(intent.orderID) was decided before"], time: intent.time).jsonBytes
            context.logger.error("an order bears the id of another", ["order": .string(intent.orderID)])
            denied.increment()
        }
        try await context.commit([], [context.message(
            Topics.decision, intent.portfolioID, time: intent.time, cause: message, data: told)])
    }

    /// Whether a decision is on this very intent; of those of builds before only the time is known.
    private func isAbout(_ intent: OrderIntent, _ known: (told: [UInt8], intent: Int64?)) throws -> Bool {
        if let fingerprint = known.intent { return fingerprint == intent.fingerprint }
        return try JSONParser().withDocument(known.told) { RiskDecision(json: $0) }?.time == intent.time
    }

    /// An order that was cancelled before it was decided: nothing of it will trade, so nothing is reserved.
    private func deny(_ intent: OrderIntent, ended state: OrderState, _ message: Message) async throws {
        let decision = RiskDecision(
            orderID: intent.orderID, isApproved: false, reasons: ["the order was \(state.rawValue) before it was decided"],
            time: intent.time)
        try await context.commit(
            [RiskRecords.insert(decision, on: intent, at: context.clock.now)],
            [context.message(Topics.decision, intent.portfolioID, time: intent.time, cause: message, decision)],
            urgent: true)
        remember(intent.orderID)
        denied.increment()
    }

    private func remember(_ orderID: String) {
        if decided.insert(orderID) { owed.append(EndedOrders.delete(orderID)) }
    }

    /// Whether an order was decided, or is as soon as that is written.
    func isDecided(_ orderID: String) -> Bool {
        decided.contains(orderID) || state.reservations[orderID] != nil
    }

    /// Whether nothing is left to decide of an order: it was, and that is written, or it ended before.
    func isOver(_ orderID: String) -> Bool { decided.contains(orderID) || decided.end(of: orderID) != nil }

    /// The message of a broken limit.
    func breach(
        _ check: LimitCheck, _ portfolio: String, order: String, time: Timestamp, cause: Message? = nil
    ) -> Message {
        var json = JSONWriter()
        json.beginObject()
        json.key("portfolio_id")
        json.string(portfolio)
        json.key("order_id")
        json.string(order)
        json.key("check")
        check.write(to: &json)
        json.endObject()
        return context.message(Topics.breach, portfolio, time: time, cause: cause, data: json.bytes)
    }

    /// Limits that hold for a portfolio.
    func applying(to portfolio: String) -> LimitPlan {
        if isTimed {
            let minute = context.clock.now.seconds / 60
            if minute != applyingMinute { applying = [:] }
            applyingMinute = minute
        }
        if let known = applying[portfolio] { return known }
        let now = context.clock.now
        let made = LimitPlan(limits.filter { $0.applies(to: portfolio) }.compactMap { $0.effective(at: now) })
        applying[portfolio] = made
        return made
    }
}
