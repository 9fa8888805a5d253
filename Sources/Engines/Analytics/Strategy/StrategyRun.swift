import EngineKit
import Market
import Quant

/// A deployment as the strategy engine tells of it.
struct StoredDeployment: Sendable {
    let id: String, version: String
    /// Of the bars its version looks at.
    let timeframe: Timeframe
    let portfolioID: String, state: String
    let symbol: Symbol, capital: Money, lastBar: Timestamp?
}

/// One fill of a deployment's orders, in the order in which they were taken: replays of the past follow each other, and
/// their fills are not one history by time.
struct StrategyFill: Comparable {
    let fill: ToldOrder.Fill, side: Side
    private let recorded: Timestamp?

    init(_ fill: ToldOrder.Fill, of order: ToldOrder) {
        self.fill = fill
        side = order.side
        recorded = order.recorded
    }

    private var place: (Int64, Int64, String) {
        (recorded?.nanoseconds ?? .min, fill.time.nanoseconds, fill.id)
    }

    static func < (a: StrategyFill, b: StrategyFill) -> Bool { a.place < b.place }
    static func == (a: StrategyFill, b: StrategyFill) -> Bool { a.place == b.place }
}

extension [StrategyFill] {
    /// Where the newest stream of bars begins: the last fill that is of an earlier time than the one before.
    var lastStream: Int { indices.last { $0 > 0 && self[$0].fill.time < self[$0 - 1].fill.time } ?? 0 }
}

/// What a deployment did: its orders on its capital, valued at the closes of the bars it saw. Where it has followed one
/// replay after another over the same time, all its fills count, and the curve is of the newest, from what the others
/// have left.
struct StrategyRun: Sendable {
    /// One way in and out of a position.
    struct RoundTrip: Sendable {
        let opened: Timestamp, closed: Timestamp, pnl: Money, paid: Money
    }

    let deployment: StoredDeployment
    /// What it is worth before the curve begins.
    private(set) var opening: Money
    /// At the bar before the first fill, then at every close.
    private(set) var times: [Int64] = []
    private(set) var equity: [Money] = []
    private(set) var trips: [RoundTrip] = []
    private(set) var fees = Money.zero
    private(set) var realized = Money.zero
    /// Of what is still held, at the last close.
    private(set) var unrealized = Money.zero
    /// Bars at whose close something was held.
    private(set) var barsHeld = 0
    private(set) var fills = 0
    /// Whether a position is held for which no close is stored.
    private(set) var isUnpriced = false

    /// What was gained: equity less capital. Realised and unrealised less fees, to the last digit but rounding.
    var pnl: Money { realized + unrealized - fees }

    /// Replays the fills in their order, those from `start` on over closes.
    init(_ deployment: StoredDeployment, fills all: [StrategyFill], from start: Int, bars: BarColumns) {
        self.deployment = deployment
        opening = deployment.capital
        var cash = deployment.capital, quantity = FixedPoint.zero, cost = Money.zero
        var opened = Timestamp(nanoseconds: 0), tripPnl = Money.zero, tripPaid = Money.zero
        var next = 0, price: Price?
        func take(_ part: StrategyFill) {
            let fill = part.fill, side = part.side
            let notional = fill.quantity * fill.price
            if side == .buy {
                if quantity.isZero {
                    (opened, tripPnl, tripPaid) = (fill.time, .zero, .zero)
                }
                cash -= notional + fill.commission
                quantity += fill.quantity
                cost += notional
                tripPaid += notional
            } else {
                let released = fill.quantity >= quantity ? cost : cost.scaled(by: fill.quantity, over: quantity)
                cash += notional - fill.commission
                quantity -= min(fill.quantity, quantity)
                cost -= released
                realized += notional - released
                tripPnl += notional - released
            }
            tripPnl -= fill.commission
            fees += fill.commission
            self.fills += 1
            if quantity.isZero && side == .sell {
                trips.append(RoundTrip(opened: opened, closed: fill.time, pnl: tripPnl, paid: tripPaid))
            }
        }
        while next < start {
            take(all[next])
            next += 1
        }
        let carried = cash + cost
        for row in 0..<bars.count {
            while next < all.count && all[next].fill.time.nanoseconds <= bars.times[row] {
                take(all[next])
                next += 1
            }
            if let close = FixedPoint(bars.close[row]), close > .zero { price = close }
            guard let price else { continue }
            times.append(bars.times[row])
            equity.append(cash + quantity * price)
            if !quantity.isZero { barsHeld += 1 }
        }
        while next < all.count {
            take(all[next])
            next += 1
        }
        if start > 0 { opening = equity.first ?? carried }
        if quantity.isZero { return }
        if let price { unrealized = quantity * price - cost } else { isUnpriced = true }
    }
}

/// All runs of a strategy as one: their capital together, each at its capital before it begins and at its last value
/// after it ends.
struct StrategyCurve: Sendable {
    let times: [Int64], equity: [Double]

    init(_ runs: [StrategyRun]) {
        let all = Set(runs.flatMap(\.times)).sorted()
        var total = [Money](repeating: .zero, count: all.count)
        for run in runs {
            var value = run.opening, next = 0
            for (index, time) in all.enumerated() {
                while next < run.times.count && run.times[next] <= time {
                    value = run.equity[next]
                    next += 1
                }
                total[index] += value
            }
        }
        times = all
        equity = total.map(\.double)
    }

    /// The first value, then the last of each day (UTC), as `EquityCurve.days` has them: what counts periods by days
    /// looks at these.
    var days: (times: [Int64], equity: [Double]) {
        let kept = times.indices.filter { index in
            index == 0 || index + 1 == times.count
                || EquityCurve.startOfDay(times[index]) != EquityCurve.startOfDay(times[index + 1])
        }
        return (kept.map { times[$0] }, kept.map { equity[$0] })
    }
}
