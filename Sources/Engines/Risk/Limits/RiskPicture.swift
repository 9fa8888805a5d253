import Market

/// One position as limits see it.
struct RiskPosition: Sendable, Equatable {
    var symbol: String
    var quantity: Double
    var price: Double
    var previousClose: Double?
    var sector: String?
    var averageDailyVolume: Double?

    var marketValue: Double { quantity * price }
}

/// An order as limits see it: signed quantity and price.
struct RiskOrder: Sendable, Equatable {
    var symbol: String
    var quantity: Double
    var price: Double
    /// It buys at most, sells at least at this price; nil where any will do.
    var limit: Double?

    /// What it trades, in currency: a sale is filled at its limit or above, a purchase at its limit or below.
    var notional: Double {
        let counted = limit.map { quantity < 0 ? max(price, $0) : min(price, $0) } ?? price
        return abs(quantity * counted)
    }
}

/// Everything limits are judged on: a portfolio after the order, and what is known around it. Parts that nobody gave
/// are nil, and a limit that needs one says so.
struct RiskPicture: Sendable {
    var positions: [RiskPosition]
    var cash: Double
    var order: RiskOrder?
    /// Returns by symbol, of equal lengths, as they were sent.
    var returns: [String: [Double]]?
    var benchmarkReturns: [Double]?
    /// What stored daily bars tell, where limits read it and nothing was sent.
    var history: MarketHistory?
    var equityCurve: [Double]?
    /// The depth of the deepest fall, positive, where it is known without the curve.
    var drawdown: Double?
    var scenarios: [[String: Double]]?
    /// Orders checked for the portfolio in the last minute, this one included.
    var orderRate: Int
    /// What the day has lost, in currency, where fills told it; of the holdings where nil.
    var dayLoss: Double?

    /// The portfolio as it is after the order: limits are judged on that.
    func afterOrder() -> RiskPicture {
        guard let order else { return self }
        var after = self
        after.cash -= order.quantity * order.price
        if let index = after.positions.firstIndex(where: { $0.symbol == order.symbol }) {
            after.positions[index].quantity += order.quantity
            // No more than the order's price may be known of its instrument.
            if !(after.positions[index].price > 0) { after.positions[index].price = order.price }
        } else {
            after.positions.append(RiskPosition(
                symbol: order.symbol, quantity: order.quantity, price: order.price, previousClose: order.price))
        }
        return after
    }

    var marketValues: [Double] { positions.map(\.marketValue) }
}
