/// Cash and one position that is either everything or nothing; the arithmetic of `RulesBacktest`.
struct LongAccount {
    private(set) var cash: Double
    private(set) var quantity = 0.0
    private(set) var fills: [BacktestFill] = []
    private let costs: TradingCosts
    private var spent = 0.0

    init(cash: Double, costs: TradingCosts) {
        self.cash = cash
        self.costs = costs
    }

    var isLong: Bool { quantity > 0 }

    /// Buys with all of the cash when flat, sells all when long.
    mutating func turn(at reference: Double, row: Int, ts: Int64) {
        if isLong {
            let price = reference * (1 - costs.slippage)
            let notional = quantity * price
            let commission = notional * costs.commission
            cash += notional - commission
            fills.append(
                BacktestFill(
                    row: row, ts: ts, instrument: 0, side: .sell, quantity: quantity, price: price,
                    notional: notional, commission: commission, profit: notional - commission - spent))
            quantity = 0
        } else {
            let price = reference * (1 + costs.slippage)
            quantity = cash / (price * (1 + costs.commission))
            let notional = quantity * price
            let commission = notional * costs.commission
            spent = notional + commission
            cash = max(0, cash - spent)
            fills.append(
                BacktestFill(
                    row: row, ts: ts, instrument: 0, side: .buy, quantity: quantity, price: price,
                    notional: notional, commission: commission, profit: nil))
        }
    }
}
