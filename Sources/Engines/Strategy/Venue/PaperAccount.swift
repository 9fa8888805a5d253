import Market

/// The paper venue's account of one deployment: cash and one position, in fixed point.
///
/// The arithmetic is `Quant.RulesBacktest`'s: buy at p·(1+s), sell at p·(1−s); commission c on the notional; an entry
/// spends its share of cash, costs included. Rounding is half to even at 1e-9; a quantity that would overdraw cash by
/// that rounding is smaller, by as little as keeps to the cash.
struct PaperAccount: Sendable, Equatable {
    var cash: Money
    var quantity: Quantity

    /// What a fill came to.
    struct Trade: Sendable, Equatable {
        let side: Side, quantity: Quantity, price: Price, commission: Money
    }

    var isLong: Bool { quantity > .zero }

    private static func share(_ bps: FixedPoint) -> FixedPoint { bps / FixedPoint(10_000) }

    /// The quantity that a share of cash buys at a price before slippage: the largest whose cost, as a fill books it, is
    /// within the budget, or the exact quotient rounded half to even where that is less. None is above what amounts may
    /// be.
    func affordable(_ fraction: FixedPoint, at reference: Price, _ definition: StrategyDefinition) -> Quantity {
        let price = reference * (.one + Self.share(definition.slippageBps))
        let commission = Self.share(definition.commissionBps)
        let budget = cash * fraction
        guard budget > .zero, price > .zero else { return .zero }
        func isWithin(_ raw: Int128) -> Bool {
            let notional = Quantity(raw: raw) * price
            return notional + notional * commission <= budget
        }
        // One rounding for all: that of a unit's cost alone would be multiplied by the quantity.
        let (unit, isBeyond) = price.raw.multipliedReportingOverflow(by: (FixedPoint.one + commission).raw)
        if isBeyond { return .zero }
        let squared = FixedPoint(raw: FixedPoint.scale * FixedPoint.scale)
        var above = min(budget.scaled(by: squared, over: FixedPoint(raw: unit)), .limit).raw
        if isWithin(above) { return Quantity(raw: above) }
        // The roundings of a cost are less than one unit of money, and so many of quantity cost that: halves between.
        var within = max(0, above - FixedPoint.scale / price.raw - 2)
        while above - within > 1 {
            let middle = within + (above - within) / 2
            if isWithin(middle) { within = middle } else { above = middle }
        }
        return Quantity(raw: within)
    }

    /// Fills an order at a reference price; nil where there is nothing to trade.
    mutating func fill(_ side: Side, _ size: OrderSize, at reference: Price,
        _ definition: StrategyDefinition) -> Trade? {
        let slip = Self.share(definition.slippageBps)
        let price = side == .buy ? reference * (.one + slip) : reference * (.one - slip)
        let traded: Quantity = switch size {
        case .quantity(let quantity): quantity
        case .cashFraction(let fraction): affordable(fraction, at: reference, definition)
        case .position: quantity
        }
        guard traded > .zero, price > .zero else { return nil }
        let notional = traded * price, commission = notional * Self.share(definition.commissionBps)
        if side == .buy {
            cash -= notional + commission
            quantity += traded
        } else {
            cash += notional - commission
            quantity -= traded
        }
        return Trade(side: side, quantity: traded, price: price, commission: commission)
    }
}
