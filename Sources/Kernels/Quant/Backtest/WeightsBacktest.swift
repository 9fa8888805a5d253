/// Several instruments held at fixed weights.
///
/// A rebalancing is decided at a close and filled as `fill` says, on the first bar on which every instrument has that
/// price. The weights hold after costs: with E′ the equity that is left, instrument i is worth wᵢ·E′ at the fill's
/// reference price. A buy of value Δ at that price pays Δ·(1+s)(1+c), a sale receives Δ·(1−s)(1−c); E′ is the solution
/// of E′ = E − costs(E′), found by iteration to the last bit. What the weights leave is cash, never below 0.
public struct WeightsBacktest: Sendable {
    /// When orders are filled.
    public var fill: FillTime
    /// When to rebalance.
    public var rebalance: Rebalance
    /// Costs.
    public var costs: TradingCosts
    /// Cash at the start, above 0.
    public var initialCash: Double

    /// A monthly backtest that fills at the next open, free of costs, unless told otherwise.
    public init(
        initialCash: Double, fill: FillTime = .nextOpen, rebalance: Rebalance = .monthly,
        costs: TradingCosts = TradingCosts()
    ) {
        self.initialCash = initialCash
        self.fill = fill
        self.rebalance = rebalance
        self.costs = costs
    }

    /// Runs weights in the order of the panel's symbols; their sum is at most 1, a negative one is a short position.
    public func run(_ panel: Panel, weights: [Double]) throws(QuantError) -> BacktestResult {
        try check(panel, weights)
        var account = WeightedAccount(cash: initialCash, weights: weights, costs: costs)
        var equity: [Double] = []
        equity.reserveCapacity(panel.ts.count)
        var prices = [Double](repeating: .nan, count: weights.count)
        var isPending = false
        var period: Int64?
        for row in panel.ts.indices {
            let ts = panel.ts[row]
            if isPending, fill == .nextOpen {
                for index in weights.indices { prices[index] = panel.bars[index].open[row] }
                if account.rebalance(at: prices, row: row, ts: ts) { isPending = false }
            }
            if row > 0 { account.payBorrow(days: Double(ts - panel.ts[row - 1]) / 86_400e9) }
            for index in weights.indices {
                prices[index] = panel.bars[index].close[row]
                account.mark(index, prices[index])
            }
            if isDue(account, ts, &period, row) { isPending = true }
            if isPending, fill == .close, account.rebalance(at: prices, row: row, ts: ts) { isPending = false }
            equity.append(account.equity)
        }
        return BacktestResult(
            ts: panel.ts, equity: equity, fills: account.fills, cash: account.cash, quantities: account.quantities,
            initialCash: initialCash)
    }

    private func isDue(_ account: WeightedAccount, _ ts: Int64, _ period: inout Int64?, _ row: Int) -> Bool {
        if case .threshold(let distance) = rebalance { return row == 0 || account.drift > distance }
        let current = rebalance.period(of: ts)
        defer { period = current }
        return current != period
    }

    private func check(_ panel: Panel, _ weights: [Double]) throws(QuantError) {
        try costs.check()
        guard initialCash > 0, initialCash.isFinite else {
            throw QuantError(.parameter, "initial cash must be above 0")
        }
        guard !weights.isEmpty, weights.count == panel.symbols.count else {
            throw QuantError(.data, "\(weights.count) weights for \(panel.symbols.count) instruments")
        }
        guard weights.allSatisfy(\.isFinite), weights.reduce(0, +) <= 1 + 1e-9 else {
            throw QuantError(.parameter, "weights must be finite and sum to at most 1")
        }
    }
}
