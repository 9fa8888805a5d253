import EngineKit
import Market
import Numerics
import Quant

/// What a look at one bar leads to.
enum RunnerAction: Sendable, Equatable {
    /// The working order was filled at this bar.
    case filled(orderID: String, PaperAccount.Trade)
    /// The working order could not trade; it ends.
    case rejected(orderID: String, reason: String)
    /// The order under way ends unfilled.
    case cancelled(orderID: String, reason: String)
    /// The rules want to trade.
    case intend(OrderIntent)
}

/// One running deployment: rules over a stream of bars, an account at the paper venue, at most one order under way.
/// A value type: bars and decisions in, actions out.
struct Runner: Sendable {
    /// The order under way.
    struct OpenOrder: Sendable, Equatable {
        var intent: OrderIntent
        /// Whether risk has approved it.
        var isWorking: Bool
    }

    let deploymentID: String
    let portfolioID: String
    let strategyID: String
    let definition: StrategyDefinition
    private(set) var account: PaperAccount
    private(set) var order: OpenOrder?
    /// When what it holds was bought; nil where it holds nothing, or a build before did not say.
    private(set) var entered: Timestamp?
    /// Splits of the instrument that its portfolio booked, by time; and up to when those that are known were taken by
    /// what it holds.
    private(set) var splits: [ShareSplit] = [], adjusted: Timestamp?
    /// The replay whose bars it follows; nil for live ones.
    private(set) var replay: String?
    /// The first and the newest bar of this stream.
    private(set) var first: Timestamp?
    private(set) var last: Timestamp?
    /// The streams before this one.
    private(set) var earlier = EarlierStreams()
    /// How much of the stream its rules have seen since they began with it.
    private var seen = 0
    private var entry: ExpressionStream
    private var exit: ExpressionStream

    init(
        deploymentID: String, portfolioID: String, strategyID: String, definition: StrategyDefinition,
        account: PaperAccount
    ) throws(QuantError) {
        self.deploymentID = deploymentID
        self.portfolioID = portfolioID
        self.strategyID = strategyID
        self.definition = definition
        self.account = account
        entry = try ExpressionStream(Expression.parse(definition.entry))
        exit = try ExpressionStream(Expression.parse(definition.exit))
    }

    /// Whether a bar belongs to this deployment.
    func wants(_ bar: Bar) -> Bool {
        bar.symbol == definition.symbol && bar.timeframe == definition.timeframe && definition.trigger == .bar
    }

    /// Whether the bar was looked at before: a second delivery changes nothing.
    func hasSeen(_ bar: Bar) -> Bool {
        bar.replay == replay ? last.map { bar.time <= $0 } ?? false : earlier.hold(bar)
    }

    /// One bar: the working order fills at its open, or where the bar is a quote at what the venue trades at then; after
    /// that the rules look at its close.
    mutating func take(_ bar: Bar, at venue: VenuePrice? = nil) throws(QuantError) -> [RunnerAction] {
        if hasSeen(bar) { return [] }
        var actions: [RunnerAction] = []
        if bar.replay != replay, let ended = try follow(bar.replay) { actions.append(ended) }
        pass(bar.time)
        if let price = venue ?? FixedPoint(bar.open).map({ VenuePrice($0) }), let action = fillWorking(at: price, bar.time) {
            actions.append(action)
        }
        if let intent = look(at: bar) {
            order = OpenOrder(intent: intent, isWorking: false)
            actions.append(.intend(intent))
        }
        if first == nil { first = bar.time }
        last = bar.time
        return actions
    }

    /// Rules see history without acting: a live deployment warms up on stored bars, a restarted one catches up.
    mutating func warmUp(_ bar: Bar) {
        _ = advance(bar)
        if first == nil { first = bar.time }
        last = bar.time
    }

    /// Follows a stream from its beginning: its rules have seen nothing of it. The account stays; an order of another
    /// stream has no next open in this one, and ends.
    mutating func follow(_ stream: String?) throws(QuantError) -> RunnerAction? {
        var ended: RunnerAction?
        if stream != replay, let open = order {
            ended = .cancelled(orderID: open.intent.orderID, reason: "its stream of bars ended")
            order = nil
        }
        if stream != replay { earlier.leave(replay, last: last, for: stream) }
        replay = stream
        first = nil
        last = nil
        seen = 0
        entry = try ExpressionStream(Expression.parse(definition.entry))
        exit = try ExpressionStream(Expression.parse(definition.exit))
        return ended
    }

    private mutating func fillWorking(at venue: VenuePrice, _ time: Timestamp) -> RunnerAction? {
        guard let working = order, working.isWorking else { return nil }
        let reference = venue.price(for: working.intent.side)
        guard reference > .zero else { return nil }
        order = nil
        if let trade = account.fill(working.intent.side, working.intent.size, at: reference, definition) {
            entered = trade.side == .buy ? time : nil
            adjusted = entered
            return .filled(orderID: working.intent.orderID, trade)
        }
        return .rejected(orderID: working.intent.orderID, reason: "there is nothing to trade with")
    }

    /// Whether its rules have seen less than they look back, so that some may not say anything yet.
    var isWarmingUp: Bool { seen <= max(entry.lookBack, exit.lookBack) }

    private mutating func advance(_ bar: Bar) -> (entry: Bool, exit: Bool) {
        let values = BarValues(bar)
        seen += 1
        return (entry.holds(values), exit.holds(values))
    }

    /// The decision: the same rule as the backtest's, flat and entry buys, long and exit sells.
    private mutating func look(at bar: Bar) -> OrderIntent? {
        let rules = advance(bar)
        guard order == nil, let price = FixedPoint(bar.close), price > .zero else { return nil }
        let isLong = account.isLong
        guard isLong ? rules.exit : rules.entry else { return nil }
        let quantity = isLong ? account.quantity : account.affordable(definition.cashFraction, at: price, definition)
        return OrderIntent(
            // The whole replay: a part of its id may come again in another life of the process.
            orderID: "\(deploymentID).\(bar.replay.map { "\($0)." } ?? "")\(bar.time.nanoseconds)",
            portfolioID: portfolioID, strategyID: strategyID, symbol: bar.symbol, side: isLong ? .sell : .buy,
            size: isLong ? .position : .cashFraction(definition.cashFraction), expectedQuantity: quantity,
            referencePrice: price, time: bar.time)
    }

    /// Risk has decided. Returns whether the order is this deployment's and still waits.
    mutating func decide(_ decision: RiskDecision) -> Bool {
        guard var open = order, open.intent.orderID == decision.orderID, !open.isWorking else { return false }
        if decision.isApproved {
            open.isWorking = true
            order = open
        } else {
            order = nil
        }
        return true
    }

    /// Takes the order back; false where it is not under way.
    mutating func cancel(_ orderID: String) -> Bool {
        guard order?.intent.orderID == orderID else { return false }
        order = nil
        return true
    }

    // MARK: Splits

    /// The portfolio has booked a split. As in the ledger it counts at its own time: now where the stream is past it, else
    /// when a bar is. Cash stays, and an order under way is of the whole position or of cash.
    mutating func take(_ split: ShareSplit) {
        splits.insert(split, at: splits.firstPlace { $0.time > split.time })
        if split.time <= adjusted ?? last ?? split.time { apply(split) }
    }

    /// A bar comes: what is held takes the splits since the one before it.
    private mutating func pass(_ time: Timestamp) {
        guard account.isLong else { return }
        let before = adjusted ?? last ?? time
        for split in splits where split.time > before && split.time <= time { apply(split) }
        adjusted = max(before, time)
    }

    /// One share became `ratio`; what was bought later is of new shares.
    private mutating func apply(_ split: ShareSplit) {
        if !account.isLong || entered.map({ $0 > split.time }) ?? false { return }
        account.quantity = account.quantity * split.ratio
    }

    /// Brings back what was stored.
    mutating func restore(
        replay: String?, first: Timestamp?, last: Timestamp?, order: OpenOrder?, earlier: EarlierStreams
    ) {
        self.replay = replay
        self.earlier = earlier
        self.first = first
        self.last = last
        self.order = order
    }

    /// Brings back what was stored of its holding.
    mutating func restore(entered: Timestamp?, adjusted: Timestamp?, splits: [ShareSplit]) {
        self.entered = entered
        self.adjusted = adjusted
        self.splits = splits
    }
}
