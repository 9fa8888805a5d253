/// One fill of a backtest.
public struct BacktestFill: Sendable, Equatable {
    /// Side of a fill.
    public enum Side: String, Sendable {
        /// Adds to a position.
        case buy
        /// Takes from it.
        case sell
    }

    /// Bar at which it was filled.
    public let row: Int
    /// That bar's time.
    public let ts: Int64
    /// Index of the instrument, 0 for a backtest of one.
    public let instrument: Int
    /// Side.
    public let side: Side
    /// Quantity, above 0.
    public let quantity: Double
    /// Price after slippage.
    public let price: Double
    /// quantity·price.
    public let notional: Double
    /// Commission on the notional.
    public let commission: Double
    /// Money won or lost against the average cost of what was sold, commissions of both sides taken off; nil for a buy.
    public let profit: Double?
}

/// What a backtest gives.
public struct BacktestResult: Sendable, Equatable {
    /// Times of the bars.
    public let ts: [Int64]
    /// Cash plus positions at each bar's close.
    public let equity: [Double]
    /// Fills in order.
    public let fills: [BacktestFill]
    /// Cash at the end.
    public let cash: Double
    /// Positions at the end, by instrument.
    public let quantities: [Double]
    /// Σ notional of all fills over the mean of the equity curve.
    public let turnover: Double
    /// Cash at the start.
    public let initialCash: Double

    init(
        ts: [Int64], equity: [Double], fills: [BacktestFill], cash: Double, quantities: [Double], initialCash: Double
    ) {
        self.ts = ts
        self.equity = equity
        self.fills = fills
        self.cash = cash
        self.quantities = quantities
        self.initialCash = initialCash
        let mean = equity.reduce(0, +) / Double(max(1, equity.count))
        turnover = mean == 0 ? 0 : fills.reduce(0) { $0 + $1.notional } / mean
    }

    /// Figures of the curve's n − 1 returns, the total return being that of the last value against the initial cash.
    /// Nil for a curve of one bar, or one that fell to 0.
    public func statistics(_ conventions: ReturnConventions = ReturnConventions()) -> Performance? {
        guard var figures = try? Performance(equityCurve: equity, conventions: conventions) else { return nil }
        figures.totalReturn = (equity.last ?? initialCash) / initialCash - 1
        return figures
    }
}
