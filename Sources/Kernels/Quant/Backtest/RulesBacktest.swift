/// One instrument, long or flat, by an entry and an exit rule. The definition that live trading is held to.
///
/// At each bar, in this order:
/// 1. A pending order is filled at the open (`next_open`). A bar whose open is null leaves it pending.
/// 2. At the close the rules are read: flat and nothing pending, `entry` true → buy; long and nothing pending, `exit`
///    true → sell. A null is not true. With `close` the order is filled at this close; else it is pending.
/// 3. The curve gets cash + quantity·close (the last close that was not null).
///
/// Arithmetic, s = slippage_bps/10⁴ and c = commission_bps/10⁴, p the open or close:
/// buy: price = p·(1+s); quantity = cash/(price·(1+c)), all of the cash, fractions allowed; notional = quantity·price;
/// commission = notional·c; cash −= notional + commission (a negative last bit is 0).
/// sell: price = p·(1−s); the whole quantity; notional = quantity·price; commission = notional·c;
/// cash += notional − commission.
/// An order decided at the last bar has no next open and is not filled.
public struct RulesBacktest: Sendable {
    /// When orders are filled.
    public var fill: FillTime
    /// Costs; `borrowBps` plays no part, as nothing is sold short.
    public var costs: TradingCosts
    /// Cash at the start, above 0.
    public var initialCash: Double

    /// A backtest that fills at the next open, free of costs, unless told otherwise.
    public init(initialCash: Double, fill: FillTime = .nextOpen, costs: TradingCosts = TradingCosts()) {
        self.initialCash = initialCash
        self.fill = fill
        self.costs = costs
    }

    /// Runs two rules, which must be conditions without cross-sectional operators.
    public func run(_ bars: Bars, entry: Expression, exit: Expression) throws(QuantError) -> BacktestResult {
        for (name, rule) in [("entry", entry), ("exit", exit)] {
            guard rule.isCondition else { throw QuantError(.type, "\(name) must be a condition") }
            guard !rule.isCrossSectional else {
                throw QuantError(.crossSection, "\(name) reads across instruments")
            }
        }
        return try run(bars, entry: entry.evaluate(bars), exit: exit.evaluate(bars))
    }

    /// Runs two columns of conditions: 1 is true, anything else is not.
    public func run(_ bars: Bars, entry: [Double], exit: [Double]) throws(QuantError) -> BacktestResult {
        try costs.check()
        guard initialCash > 0, initialCash.isFinite else {
            throw QuantError(.parameter, "initial cash must be above 0")
        }
        guard entry.count == bars.count, exit.count == bars.count else {
            throw QuantError(.data, "the rules have \(entry.count) and \(exit.count) values for \(bars.count) bars")
        }
        var account = LongAccount(cash: initialCash, costs: costs)
        var equity: [Double] = []
        equity.reserveCapacity(bars.count)
        var isPending = false
        var mark = 0.0
        for row in 0..<bars.count {
            if isPending, bars.open[row] > 0 {
                account.turn(at: bars.open[row], row: row, ts: bars.ts[row])
                isPending = false
            }
            let close = bars.close[row]
            if !isPending, account.isLong ? exit[row] == 1 : entry[row] == 1 {
                if fill == .nextOpen {
                    isPending = true
                } else if close > 0 {
                    account.turn(at: close, row: row, ts: bars.ts[row])
                }
            }
            if close == close { mark = close }
            equity.append(account.cash + account.quantity * mark)
        }
        return BacktestResult(
            ts: bars.ts, equity: equity, fills: account.fills, cash: account.cash, quantities: [account.quantity],
            initialCash: initialCash)
    }
}
