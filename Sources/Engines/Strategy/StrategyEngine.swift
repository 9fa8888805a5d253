// Strategy: declarative strategies, their versions and deployments; orders, pre-trade first, then the paper venue.
public import Bus
public import EngineKit
import HTTP
import Market
import Quant
public import Runtime
public import Store
import Telemetry
import Wire

/// Owns strategies, deployments and orders.
@LoopActor public final class StrategyEngine: Engine {
    public nonisolated static var name: EngineName { .strategy }
    public nonisolated static var migrations: [Migration] { StrategyRecords.migrations }
    public nonisolated static var answersAfterStart: Bool { true }
    /// How long a bar's handler waits for risk: bars of one key stay in order behind it. An order that is still
    /// undecided then stays pending until the decision comes.
    static let decisionNanoseconds: Int64 = 5_000_000_000

    let context: EngineContext
    let idempotency: Idempotency
    let audit: AuditTrail
    var versions: [String: [StrategyVersion]] = [:]
    var heads: [String: String] = [:]
    var deployments: [String: Deployment] = [:]
    var deploymentOrder: [String] = []
    /// Orders that may still change, by id.
    var openOrders: [String: OrderRecord] = [:]
    /// One change at a time of a deployment and its orders: each reads, waits for the store, and then applies.
    let locks = KeyedLock()
    private var waiting: [String: CheckedContinuation<Void, Never>] = [:]
    /// Last price of each instrument that came by.
    var prices: [Symbol: KnownPrice] = [:]
    private let decided: Counter, filled: Counter, denied: Counter
    let tickToOrder: Histogram
    /// Orders by hand whose placing still waits; and those that are working and have not met a price.
    var placing: Set<String> = [], unmet: Set<String> = []
    let rounds: Rounds
    private(set) var isStarted = false
    private(set) var latencies = LatencyLog()
    let timings: OrderTimings

    public init(_ context: EngineContext) {
        self.context = context
        idempotency = Idempotency(context)
        audit = AuditTrail(context)
        decided = context.registry.counter("nautilus_strategy_intents_total", "Orders that strategies wanted.")
        filled = context.registry.counter("nautilus_strategy_fills_total", "Fills at the paper venue.")
        denied = context.registry.counter("nautilus_strategy_denied_orders_total", "Orders that risk denied.")
        tickToOrder = context.registry.histogram(
            "nautilus_tick_to_order_seconds", "From a market message's receive time to the approved order.")
        timings = OrderTimings(context.clock, context.registry)
        rounds = Rounds(every: Self.priceWaitNanoseconds, context.clock)
        for state in [OrderState.pending, .working] {
            context.registry.computed("nautilus_strategy_open_orders", "Orders that may still change.",
                                      ["state": state.rawValue]) { [weak self] in
                LoopActor.assumeIsolated { Double(self?.openOrders.values.count { $0.state == state } ?? 0) }
            }
        }
    }

    public func start() async throws {
        (versions, heads) = try await StrategyRecords.versions(context.records)
        let loaded = try await StrategyRecords.deployments(context.records, versions)
        deployments = Dictionary(uniqueKeysWithValues: loaded.map { ($0.id, $0) })
        deploymentOrder = loaded.map(\.id)
        let rows = try await context.records.query(Statement(
            "SELECT \(OrderRecord.columns) FROM orders WHERE state IN ('pending', 'working') ORDER BY created, id"))
        openOrders = [:]
        for row in rows.records {
            let order = try OrderRecord(row)
            openOrders[order.intent.orderID] = order
        }
        unmet = Set(openOrders.values.filter(\.isWorkingByHand).map(\.intent.orderID))
        isStarted = true
        followUnmet()
        audit.start()
    }

    public func stop() async {
        isStarted = false
        rounds.stop()
        audit.stop()
    }

    /// The stored bars of a deployment's stream that are before the next one, where it is behind: those its rules saw
    /// before they were started again, and those that came meanwhile.
    private func missed(by id: String, before bar: Bar) async throws -> BarColumns? {
        guard let deployment = deployments[id], deployment.isBehind else { return nil }
        let client = BarsClient(context)
        if bar.replay != nil && bar.replay != deployment.runner.replay { return try await client.replayed(before: bar) }
        // Before its first bar, or that one come again, there is nothing to be read.
        guard let first = deployment.runner.first, first < bar.time else { return BarColumns() }
        return try await client.bars(
            bar.symbol, bar.timeframe, from: first, to: Timestamp(nanoseconds: bar.time.nanoseconds - 1))
    }

    nonisolated static func bar(_ bars: BarColumns, _ row: Int, _ runner: Runner) -> Bar {
        Bar(symbol: runner.definition.symbol, timeframe: runner.definition.timeframe,
            time: Timestamp(nanoseconds: bars.times[row]), open: bars.open[row], high: bars.high[row],
            low: bars.low[row], close: bars.close[row], volume: bars.volume[row],
            vwap: bars.vwap?[row] ?? .nan, replay: runner.replay)
    }

    public var subscriptions: [Subscription] {
        let workers = 1...context.configuration.workers(of: .strategy)
        return [
            // Decisions are read apart from bars: a bar's handler waits for them.
            Subscription(group: Self.name.rawValue, families: [Topics.decision], batchLimit: 64) { [weak self] batch in
                for message in batch { try await self?.takeDecision(message) }
            },
            Subscription(group: Self.name.rawValue, families: [Topics.bar, Topics.quote], workers: workers,
                         batchLimit: 1) { [weak self] batch in
                for message in batch { try await self?.takeMarket(message) }
            },
            Subscription(group: Self.name.rawValue, families: [Topics.position], batchLimit: 64) { [weak self] batch in
                for message in batch { try await self?.takePosition(message) }
            },
        ]
    }

    // MARK: Market data

    private func takeMarket(_ message: Message) async throws {
        if message.topic.family == Topics.bar.name {
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw Unreadable(message)
            }
            if let close = FixedPoint(bar.close), close > .zero {
                let price = VenuePrice(close)
                know(KnownPrice(price: price, time: bar.closeTime, isQuote: false), of: bar.symbol)
                try await executeResting(bar.symbol, at: VenueMoment(
                    price: price, time: bar.time, closed: bar.closeTime, received: message.received))
            }
            for id in deploymentOrder {
                guard let deployment = deployments[id], deployment.isRunning,
                    deployment.runner.wants(bar) else { continue }
                await decision(of: try await take(bar, id, message))
            }
            return
        }
        guard let quote = try JSONParser().withDocument(message.data, { Quote(json: $0) }) else { return }
        try await take(quote, message)
    }

    /// A quote is a bar of one price, its middle, for deployments that look at quotes.
    private func take(_ quote: Quote, _ message: Message) async throws {
        guard let price = VenuePrice(bid: quote.bid, ask: quote.ask) else { return }
        know(KnownPrice(price: price, time: quote.time, isQuote: true), of: quote.symbol)
        let moment = VenueMoment(price: price, time: quote.time, received: message.received)
        try await executeResting(quote.symbol, at: moment)
        let middle = quote.bid.isNaN ? quote.ask : quote.ask.isNaN ? quote.bid : (quote.bid + quote.ask) / 2
        for id in deploymentOrder {
            guard let deployment = deployments[id], deployment.isRunning else { continue }
            let definition = deployment.runner.definition
            guard definition.trigger == .quote, definition.symbol == quote.symbol else { continue }
            let bar = Bar(symbol: quote.symbol, timeframe: definition.timeframe, time: quote.time, open: middle,
                          high: middle, low: middle, close: middle, volume: 0)
            await decision(of: try await take(bar, id, message, at: moment))
        }
    }

    /// A deployment looks at a bar, and trades at its open unless a moment is given. Returns the order that waits for a
    /// decision, if there is one.
    private func take(
        _ bar: Bar, _ id: String, _ message: Message, at moment: VenueMoment? = nil
    ) async throws -> String? {
        // Read before the lock is taken: decisions wait for that.
        let missed = moment == nil ? try await missed(by: id, before: bar) : nil
        return try await locks.with(id) { try await takeAlone(bar, id, message, moment, missed) }
    }

    private func takeAlone(
        _ bar: Bar, _ id: String, _ message: Message, _ moment: VenueMoment?, _ missed: BarColumns?
    ) async throws -> String? {
        guard var deployment = deployments[id], deployment.isRunning else { return nil }
        if deployment.runner.hasSeen(bar) { return deployment.runner.order?.intent.orderID }
        var actions: [RunnerAction] = []
        let earlier = deployment.runner.earlier
        if deployment.isBehind && moment == nil {
            guard let missed else { throw Problem.unavailable("strategy", "the deployment was started meanwhile") }
            if let ended = try deployment.catchUp(missed, before: bar) { actions.append(ended) }
        }
        actions += try deployment.runner.take(bar, at: moment?.price)
        var statements = [deployment.upsert], messages: [Message] = [], intended: String?, changed: [OrderRecord] = []
        if deployment.runner.earlier != earlier { statements.append(deployment.runner.earlier.upsert(of: id)) }
        for action in actions {
            let order = perform(action, deployment, bar, message, &messages)
            if case .intend(let intent) = action { intended = intent.orderID }
            if let order {
                statements.append(order.state == .pending ? order.insert : order.upsert)
                changed.append(order)
            }
        }
        try await context.commit(statements, messages, urgent: true)
        deployments[deployment.id] = deployment
        for order in changed {
            openOrders[order.intent.orderID] = order.state.isFinal ? nil : order
            timings.follow(order, received: message.received)
        }
        publishStatus(deployment, bar.time, message)
        return intended
    }

    /// Turns an action into the order as it is then and the messages that tell of it.
    private func perform(
        _ action: RunnerAction, _ deployment: Deployment, _ bar: Bar, _ message: Message, _ messages: inout [Message]
    ) -> OrderRecord? {
        switch action {
        case .intend(let intent):
            let order = OrderRecord(
                intent: intent, deploymentID: deployment.id, state: .pending, updated: bar.time,
                recorded: context.clock.now)
            decided.increment()
            messages.append(context.message(Topics.intent, intent.portfolioID, time: bar.time, cause: message, intent))
            messages.append(update(order, message))
            return order
        case .rejected(let id, let reason): return end(id, .rejected, reason, bar.time, message, &messages)
        // Its bars may be years from those that come.
        case .cancelled(let id, let reason): return end(id, .cancelled, reason, context.clock.now, message, &messages)
        case .filled(let id, let trade):
            guard var order = openOrders[id] else { return nil }
            let fill = Fill(id: "\(id).1", orderID: id, portfolioID: order.intent.portfolioID,
                            strategyID: order.intent.strategyID, symbol: order.intent.symbol, side: trade.side,
                            quantity: trade.quantity, price: trade.price, commission: trade.commission,
                            trader: order.intent.trader, time: bar.time)
            order.fills.append(fill)
            order.state = .filled
            order.updated = bar.time
            filled.increment()
            messages.append(context.message(Topics.fill, fill.portfolioID, time: bar.time, cause: message, fill))
            messages.append(update(order, message))
            return order
        }
    }

    /// The order as it is when it ends unfilled.
    private func end(
        _ id: String, _ state: OrderState, _ reason: String, _ time: Timestamp, _ cause: Message,
        _ messages: inout [Message]
    ) -> OrderRecord? {
        guard var order = openOrders[id] else { return nil }
        order.state = state
        order.reasons.append(reason)
        order.updated = time
        messages.append(update(order, cause))
        return order
    }

    func update(_ order: OrderRecord, _ cause: Message?) -> Message {
        var json = JSONWriter()
        order.write(to: &json)
        return context.message(Topics.order, order.intent.portfolioID, time: order.updated, cause: cause,
            data: json.bytes)
    }

    // MARK: Decisions

    private func takeDecision(_ message: Message) async throws {
        guard let decision = try JSONParser().withDocument(message.data, { RiskDecision(json: $0) }) else {
            throw Unreadable(message)
        }
        try await locks.with(Self.lockKey(decision.orderID)) { try await apply(decision, message) }
        waiting.removeValue(forKey: decision.orderID)?.resume()
    }

    /// The deployment of an order, which its id begins with; an order by hand is on its own.
    static func lockKey(_ orderID: String) -> String { orderID.split(separator: ".").first.map(String.init) ?? orderID }

    private func apply(_ decision: RiskDecision, _ message: Message) async throws {
        guard var order = openOrders[decision.orderID], order.state == .pending else { return }
        order.state = decision.isApproved ? .working : .denied
        order.reasons = decision.reasons
        order.updated = decision.time
        var statements = [order.upsert], decided: Deployment?
        if var deployment = deployments[order.deploymentID], deployment.runner.decide(decision) {
            statements.append(deployment.upsert)
            decided = deployment
        }
        // Memory follows the store: what could not be written is decided again when the message comes again.
        try await context.commit(statements, [update(order, message)], urgent: true)
        if let decided { deployments[decided.id] = decided }
        openOrders[decision.orderID] = order.state.isFinal ? nil : order
        if order.isWorkingByHand { becameWorking(decision.orderID) }
        timings.follow(order, received: nil)
        if !decision.isApproved { denied.increment() }
        latencies.record(context.clock.now.nanoseconds(since: message.received), tickToOrder)
    }

    /// Returns when risk has decided on the order, or after `decisionNanoseconds`.
    func decision(of orderID: String?) async {
        guard let orderID, openOrders[orderID]?.state == .pending else { return }
        let timer = LoopTimer.once(milliseconds: Int(Self.decisionNanoseconds / 1_000_000)) { [weak self] in
            self?.waiting.removeValue(forKey: orderID)?.resume()
        }
        await withCheckedContinuation { continuation in
            waiting.removeValue(forKey: orderID)?.resume()
            // Looked at again: the loop may have turned before this runs.
            if openOrders[orderID]?.state == .pending { waiting[orderID] = continuation } else { continuation.resume() }
        }
        timer.cancel()
    }

    // MARK: Status

    func publishStatus(_ deployment: Deployment, _ time: Timestamp, _ cause: Message?) {
        var json = JSONWriter()
        write(deployment, &json)
        context.publish([context.message(Topics.strategy, deployment.id, time: time, cause: cause, data: json.bytes)])
    }

    func write(_ deployment: Deployment, _ json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [
            ("id", deployment.id), ("deployment_id", deployment.id), ("strategy_id", deployment.strategyID),
            ("version", deployment.version), ("portfolio_id", deployment.portfolioID), ("mode", "direct"),
            ("trading_mode", "paper"), ("state", deployment.isRunning ? "running" : "stopped"),
            ("symbol", deployment.runner.definition.symbol.text),
        ] {
            json.key(name)
            json.string(text)
        }
        json.key("capital")
        json.fixed(deployment.capital)
        json.key("cash")
        json.fixed(deployment.runner.account.cash)
        json.key("quantity")
        json.fixed(deployment.runner.account.quantity)
        json.key("open_order")
        if let order = deployment.runner.order { json.string(order.intent.orderID) } else { json.null() }
        json.key("last_bar")
        if let last = deployment.runner.last { json.time(last) } else { json.null() }
        // Rules on quotes begin anew with the service: no quotes are stored.
        json.field("warming_up", deployment.runner.isWarmingUp)
        json.key("created")
        json.time(deployment.created)
        json.endObject()
    }
}
