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

/// What a deployment did: its orders on its capital, valued at the closes of the bars it saw.
struct StrategyRun: Sendable {
    /// One way in and out of a position.
    struct RoundTrip: Sendable {
        let opened: Timestamp, closed: Timestamp, pnl: Money, paid: Money
    }

    let deployment: StoredDeployment
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

    /// Replays the fills, oldest first, over closes.
    init(_ deployment: StoredDeployment, fills all: [ToldOrder.Fill], sides: [Side], bars: BarColumns) {
        self.deployment = deployment
        var cash = deployment.capital, quantity = FixedPoint.zero, cost = Money.zero
        var opened = Timestamp(nanoseconds: 0), tripPnl = Money.zero, tripPaid = Money.zero
        var next = 0, price: Price?
        func take(_ fill: ToldOrder.Fill, _ side: Side) {
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
        for row in 0..<bars.count {
            while next < all.count && all[next].time.nanoseconds <= bars.times[row] {
                take(all[next], sides[next])
                next += 1
            }
            if let close = FixedPoint(bars.close[row]), close > .zero { price = close }
            guard let price else { continue }
            times.append(bars.times[row])
            equity.append(cash + quantity * price)
            if !quantity.isZero { barsHeld += 1 }
        }
        while next < all.count {
            take(all[next], sides[next])
            next += 1
        }
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
            var value = run.deployment.capital, next = 0
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
