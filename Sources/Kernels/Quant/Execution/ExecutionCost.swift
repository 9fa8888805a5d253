/// What carrying out an order cost, in the money its prices are in. A cost is positive: buying above a price, selling
/// below it.
///
/// With s = 1 for buying and −1 for selling, Q what was wanted, F what was done at the average price P̄:
/// slippage against a price B is s(P̄ − B) for one, sF(P̄ − B) in money and s(P̄/B − 1)·10⁴ in basis points.
public struct ExecutionCost: Sendable, Equatable {
    /// Against one price.
    public struct Slippage: Sendable, Equatable {
        /// The price it is against.
        public let price: Double
        /// s(P̄ − B), for one.
        public let perShare: Double
        /// sF(P̄ − B), in money.
        public let cost: Double
        /// s(P̄/B − 1)·10⁴.
        public let basisPoints: Double
    }

    /// Quantity carried out.
    public let filled: Double
    /// Filled over wanted, 0 to 1.
    public let fillRatio: Double
    /// Average price of what was carried out; nil where nothing was.
    public let averagePrice: Double?
    /// Filled quantity at its prices.
    public let notional: Double
    /// Sum of fees.
    public let fees: Double
    /// Against each price that is known; nil for the others, and where nothing was filled.
    public let againstDecision, againstArrival, againstVWAP, againstTWAP, againstClose: Slippage?
    /// What was wanted at the best price known of it: its own average, else the decision's, the arrival's, the market's
    /// averages, the close; nil where none is known.
    public let wantedValue: Double?
    /// The whole cost of the decision, split; nil where neither a decision nor an arrival price is known, or where
    /// something was left undone and no closing price is.
    public let shortfall: ImplementationShortfall?

    /// Measures an order. Throws `.data` for what cannot be one, and where the parts of the shortfall would not sum
    /// to the whole.
    public init(_ order: ExecutedOrder) throws(QuantError) {
        try order.check()
        let filled = order.parts.reduce(0) { $0 + $1.quantity }
        let notional = order.parts.reduce(0) { $0 + $1.quantity * $1.price }
        let sign = order.isBuy ? 1.0 : -1
        let average = filled > 0 ? notional / filled : nil
        func slippage(_ price: Double?) -> Slippage? {
            guard let price, let average else { return nil }
            let difference = sign * (average - price)
            return Slippage(price: price, perShare: difference, cost: difference * filled,
                            basisPoints: difference / price * 1e4)
        }
        self.filled = filled
        self.notional = notional
        fillRatio = min(1, filled / order.quantity)
        averagePrice = average
        fees = order.parts.reduce(0) { $0 + $1.fees }
        againstDecision = slippage(order.decision)
        againstArrival = slippage(order.arrival)
        againstVWAP = slippage(order.vwap)
        againstTWAP = slippage(order.twap)
        againstClose = slippage(order.close)
        let price = average ?? order.decision ?? order.arrival ?? order.vwap ?? order.twap ?? order.close
        wantedValue = price.map { order.quantity * $0 }
        shortfall = try ImplementationShortfall(order)
    }

    /// Filled over wanted of several orders, by value; nil where one of them has no price at all, as what it leaves
    /// undone cannot be weighed against the others.
    public static func fillRatio(of costs: [ExecutionCost]) -> Double? {
        let wanted = costs.compactMap(\.wantedValue), whole = wanted.reduce(0, +)
        guard wanted.count == costs.count, whole > 0 else { return nil }
        return costs.reduce(0) { $0 + $1.notional } / whole
    }

    /// How prices went on after the fills: s(P/p − 1)·10⁴ averaged over what was filled, P the price a while later.
    /// Positive where it went the order's way. A fill whose later price is nil is left out; nil without any.
    public static func markOut(_ order: ExecutedOrder, later: [Double?]) -> Double? {
        var total = 0.0, quantity = 0.0
        for (part, price) in zip(order.parts, later) {
            guard let price else { continue }
            total += part.quantity * (price / part.price - 1)
            quantity += part.quantity
        }
        return quantity > 0 ? (order.isBuy ? total : -total) / quantity * 1e4 : nil
    }
}
