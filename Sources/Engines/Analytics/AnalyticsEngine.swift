// Analytics: folds positions and values of portfolios into P&L, ratios and attribution, live and on request.
public import Bus
public import EngineKit
import HTTP
import Market
public import Runtime
public import Store
import Telemetry
import Wire

/// Owns the equity curve of every portfolio.
@LoopActor public final class AnalyticsEngine: Engine {
    public nonisolated static var name: EngineName { .analytics }
    public nonisolated static var migrations: [Migration] { AnalyticsRecords.migrations }

    let context: EngineContext
    var portfolios: [String: LivePortfolio] = [:]
    /// Who holds an instrument: whom a price of it concerns.
    var holders: [Symbol: Set<String>] = [:]
    /// Tells of changes at the pace they may be told at.
    private(set) lazy var publisher = PnlPublisher(context) { [weak self] in self?.pnl($0, $1) }
    /// When the newest message was folded.
    private(set) var lastUpdate: Timestamp?
    private let folded: Counter
    private let pruner: RecordsPruner
    /// Portfolios that changed since their figures were written.
    private var changed: Set<String> = []
    private let writing: Rounds
    private static let metricsNanoseconds: Int64 = 60_000_000_000

    public init(_ context: EngineContext) {
        self.context = context
        writing = Rounds(every: Self.metricsNanoseconds, context.clock)
        pruner = RecordsPruner(context, table: "performance_metrics", column: "recorded", setting: "METRICS_DAYS")
        folded = context.registry.counter("nautilus_analytics_folded_messages_total", "Values and positions folded.")
    }

    public func start() async throws {
        portfolios = try await AnalyticsRecords.load(context.records)
        holders = [:]
        for (id, portfolio) in portfolios {
            for symbol in portfolio.book.holdings.keys { holders[symbol, default: []].insert(id) }
        }
        pruner.start()
        writing.start(later: true) { [weak self] in await self?.writeMetrics() }
    }

    public func stop() async {
        writing.stop()
        publisher.stop()
        pruner.stop()
        await writeMetrics()
    }

    /// Writes the figures of the portfolios that changed; where that fails they are written with the next.
    private func writeMetrics() async {
        let due = changed, now = context.clock.now
        changed = []
        let statements = due.sorted().compactMap { portfolios[$0].flatMap { PerformanceMetrics.insert($0, at: now) } }
        if statements.isEmpty { return }
        do throws(StoreError) {
            try await context.records.transaction(statements)
        } catch {
            changed.formUnion(due)
            context.logger.warning("figures were not written", ["error": .string(error.description)])
        }
    }

    public var subscriptions: [Subscription] {
        [
            Subscription(group: Self.name.rawValue, families: [Topics.value, Topics.position]) { [weak self] batch in
                try await self?.take(batch)
            },
            Subscription(group: Self.name.rawValue, families: [Topics.bar, Topics.quote]) { [weak self] batch in
                try self?.takePrices(batch)
            },
        ]
    }

    /// What a message tells.
    private enum Update {
        case value(PortfolioValue)
        case position(PositionUpdate)
    }

    /// Durable first, then in memory, then told. Upserts make a message that comes twice harmless.
    private func take(_ batch: [Message]) async throws {
        var updates: [Update] = [], statements: [Statement] = [], causes: [String: Message] = [:]
        var filled: Set<String> = []
        for message in batch {
            let update = try Self.update(message)
            switch update {
            case .value(let value):
                statements.append(AnalyticsRecords.upsert(value))
                causes[value.portfolioID] = message
            case .position(let position):
                statements.append(AnalyticsRecords.upsert(position))
                causes[position.portfolioID] = message
                filled.insert(position.portfolioID)
            }
            updates.append(update)
        }
        try await context.commit(statements)
        var values: [String: [PortfolioValue]] = [:]
        for update in updates {
            switch update {
            case .value(let value): values[value.portfolioID, default: []].append(value)
            case .position(let position):
                portfolios[position.portfolioID, default: LivePortfolio(id: position.portfolioID)].take(position)
                hold(position.symbol, position.portfolioID)
            }
        }
        for (id, told) in values { portfolios[id, default: LivePortfolio(id: id)].take(told) }
        changed.formUnion(causes.keys)
        folded.add(updates.count)
        lastUpdate = context.clock.now
        publisher.changed(causes, filled: filled)
    }

    private static func update(_ message: Message) throws -> Update {
        try JSONParser().withDocument(message.data) { root in
            if message.topic.family == Topics.value.name {
                if let value = PortfolioValue(json: root) { return .value(value) }
            } else if let position = PositionUpdate(json: root) {
                return .position(position)
            }
            throw Unreadable(message)
        }
    }

    func pnl(_ id: String, _ cause: Message) -> Message? {
        guard let portfolio = portfolios[id], let time = portfolio.value?.time else { return nil }
        var json = JSONWriter()
        PnlUpdate(portfolio: portfolio).write(to: &json)
        return context.message(Topics.pnl, id, time: time, cause: cause, data: json.bytes)
    }

    public var checks: [HealthCheck] { [HealthCheck("curves", .healthy, "\(portfolios.count) portfolios followed")] }
}
