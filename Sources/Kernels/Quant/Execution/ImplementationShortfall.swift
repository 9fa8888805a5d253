/// What a decision cost between the paper portfolio, which trades all at once at the decision's price and pays
/// nothing, and the real one (Perold 1988). Money, positive for a cost; the parts sum to `total`.
///
/// With s = 1 for buying and −1 for selling, Q wanted, fᵢ filled at pᵢ, F = Σfᵢ, D the decision's price, A the
/// arrival's, mᵢ the market's just before fill i, C the close:
/// delay sF(A − D); timing sΣfᵢ(mᵢ − A), what the market did while the order worked; impact sΣfᵢ(pᵢ − mᵢ), what it
/// paid beyond the market; opportunity s(Q − F)(C − D); fees. The total is computed apart from them, as paper gain
/// sQ(C − D) less real gain sF(C − P̄) − fees; without a close, which then cancels, as sF(P̄ − D) + fees.
///
/// Where mᵢ is not told it is the VWAP of the order's life, and without one the arrival: all is impact then.
public struct ImplementationShortfall: Sendable, Equatable {
    /// What mᵢ was taken for.
    public enum Market: String, Sendable { case fills, vwap, arrival }

    /// From the decision to the market.
    public let delay: Double
    /// Beyond the market's price at each fill.
    public let impact: Double
    /// The market's own way while the order worked.
    public let timing: Double
    /// Of what was left undone, judged at the close.
    public let opportunity: Double
    /// Fees and commissions.
    public let fees: Double
    /// All of it.
    public let total: Double
    /// `total` over the decision's value Q·D, × 10⁴.
    public let basisPoints: Double
    /// Which market prices timing and impact were told apart by.
    public let market: Market

    /// Nil where there is no price to begin from, or none to judge what was left undone at. Throws `.data` where the
    /// parts would not sum to the whole.
    public init?(_ order: ExecutedOrder) throws(QuantError) {
        let sign = order.isBuy ? 1.0 : -1
        let filled = order.parts.reduce(0) { $0 + $1.quantity }
        let left = max(0, order.quantity - filled)
        guard let decision = order.decision ?? order.arrival else { return nil }
        let isDone = left <= order.quantity * 1e-9
        if order.close == nil && !isDone { return nil }
        let arrival = order.arrival ?? decision
        let hasMarket = !order.parts.isEmpty && order.parts.allSatisfy { $0.marketPrice != nil }
        market = hasMarket ? .fills : order.vwap != nil ? .vwap : .arrival
        let level = order.vwap ?? arrival
        var impact = 0.0, timing = 0.0, paid = 0.0, fees = 0.0
        for part in order.parts {
            let before = hasMarket ? part.marketPrice ?? level : level
            impact += sign * part.quantity * (part.price - before)
            timing += sign * part.quantity * (before - arrival)
            paid += part.quantity * part.price
            fees += part.fees
        }
        delay = sign * filled * (arrival - decision)
        self.impact = impact
        self.timing = timing
        self.fees = fees
        if let close = order.close {
            opportunity = sign * left * (close - decision)
            let wanted = filled + left
            total = sign * wanted * (close - decision) - (sign * (filled * close - paid) - fees)
        } else {
            opportunity = 0
            total = sign * (paid - filled * decision) + fees
        }
        basisPoints = total / (order.quantity * decision) * 1e4
        let sum = delay + impact + timing + opportunity + fees
        let size = max(order.quantity * max(decision, order.close ?? 0, arrival, level), paid)
        guard abs(sum - total) <= 1e-9 * size else {
            throw QuantError(.data, "the parts sum to \(sum), the shortfall is \(total)")
        }
    }
}
