import Market

/// The paper venue's account of one deployment: cash and one position, in fixed point.
///
/// The arithmetic is `Quant.RulesBacktest`'s: buy at p·(1+s), sell at p·(1−s); commission c on the notional; an entry
/// spends its share of cash, costs included. Rounding is half to even at 1e-9; a quantity that would overdraw cash by
/// that rounding is one unit of 1e-9 smaller.
struct PaperAccount: Sendable, Equatable {
    var cash: Money
    var quantity: Quantity

    /// What a fill came to.
    struct Trade: Sendable, Equatable {
        let side: Side, quantity: Quantity, price: Price, commission: Money
    }

    var isLong: Bool { quantity > .zero }

    private static func share(_ bps: FixedPoint) -> FixedPoint { bps / FixedPoint(10_000) }

    /// The quantity that a share of cash buys at a price before slippage.
    func affordable(_ fraction: FixedPoint, at reference: Price, _ definition: StrategyDefinition) -> Quantity {
        let price = reference * (.one + Self.share(definition.slippageBps))
        let commission = Self.share(definition.commissionBps)
        let budget = cash * fraction
        var bought = budget / (price * (.one + commission))
        while bought > .zero {
            let notional = bought * price
            if notional + notional * commission <= budget { return bought }
            bought -= Quantity(raw: 1)
        }
        return .zero
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
