// EngineKit: what every engine shares: its context, its host, its topics, its outbox. No decision of any engine here.
public import Bus
public import Runtime

/// Every topic family of the platform: one writer, one lane, one behaviour when full; and who reads it.
public enum Topics {
    // Market data
    public static let quote = TopicFamily("market.quote", lane: .normal, delivery: .conflated, writer: "marketdata",
                                          partitions: 4, framed: true)
    public static let bar = TopicFamily("market.bar", lane: .high, delivery: .lossless, writer: "marketdata",
                                        partitions: 4)
    /// Stored bars were added or restated in bulk: whoever computed from them does so again.
    public static let history = TopicFamily("market.history", lane: .normal, delivery: .lossless, writer: "marketdata")
    /// Figures of filings were stored: whoever counts with them looks again. It has no key.
    public static let facts = TopicFamily("market.facts", lane: .normal, delivery: .lossless, writer: "marketdata")
    // Signals
    public static let feature = TopicFamily("feature.update", lane: .normal, delivery: .conflated, writer: "features")
    public static let factor = TopicFamily("factor.update", lane: .normal, delivery: .conflated, writer: "factor")
    public static let prediction = TopicFamily("ml.prediction", lane: .normal, delivery: .conflated, writer: "ml")
    // Orders: nothing here may be lost, and risk comes before everything.
    public static let intent = TopicFamily("order.intent", lane: .critical, delivery: .lossless, writer: "strategy")
    public static let decision = TopicFamily("risk.decision", lane: .critical, delivery: .lossless, writer: "risk")
    public static let breach = TopicFamily("risk.breach", lane: .critical, delivery: .lossless, writer: "risk")
    public static let riskAlert = TopicFamily("risk.alert", lane: .critical, delivery: .lossless, writer: "risk")
    /// What happens to a limit that is not kept, from its beginning to its end, and what is done about it.
    public static let riskCase = TopicFamily("risk.case", lane: .high, delivery: .lossless, writer: "risk")
    public static let order = TopicFamily("order.update", lane: .high, delivery: .lossless, writer: "strategy")
    public static let fill = TopicFamily("trade.fill", lane: .high, delivery: .lossless, writer: "strategy")
    // Books
    public static let position = TopicFamily("portfolio.position", lane: .high, delivery: .lossless, writer: "portfolio")
    public static let value = TopicFamily("portfolio.value", lane: .high, delivery: .lossless, writer: "portfolio")
    public static let pnl = TopicFamily("analytics.pnl", lane: .normal, delivery: .conflated, writer: "analytics")
    // State
    public static let strategy = TopicFamily("strategy.status", lane: .normal, delivery: .conflated, writer: "strategy")
    public static let engine = TopicFamily("engine.status", lane: .low, delivery: .conflated, writer: "*")
    public static let systemHealth = TopicFamily("system.health", lane: .low, delivery: .conflated, writer: "gateway")
    public static let systemAlert = TopicFamily("system.alert", lane: .high, delivery: .lossless, writer: "gateway")
    /// Questions to an engine, answered to their reply address; the key is the engine's name.
    public static let request = TopicFamily("engine.request", lane: .normal, delivery: .dropOldest, writer: "*")
    /// Messages that a client of the streaming engine publishes to subscribers.
    public static let broadcast = TopicFamily("broadcast", lane: .normal, delivery: .dropOldest, writer: "websocket")

    /// All of them.
    public static let all: [TopicFamily] = [
        quote, bar, history, facts, feature, factor, prediction, intent, decision, breach, riskAlert, riskCase, order,
        fill, position, value, pnl, strategy, engine, systemHealth, systemAlert, request, broadcast,
    ]

    /// What an engine reads. Its group holds these streams back while it is configured to run.
    public static func readBy(_ engine: EngineName) -> [TopicFamily] {
        switch engine {
        case .features, .ml: [bar, history]
        case .factor: [bar, history, facts]
        case .strategy: [bar, quote, decision, position]
        case .risk: [intent, fill, order, position, value, bar, quote]
        case .portfolio: [fill, bar]
        case .analytics: [value, position, bar, quote]
        case .websocket: all.filter { $0 != request && $0 != intent }
        case .marketdata, .gateway: []
        }
    }

    /// The groups of each family, by its name, for a platform made of `engines`.
    public static func groups(of engines: [EngineName]) -> [String: [String]] {
        var groups: [String: [String]] = [:]
        for engine in engines {
            for family in readBy(engine) { groups[family.name, default: []].append(engine.rawValue) }
        }
        return groups
    }
}
