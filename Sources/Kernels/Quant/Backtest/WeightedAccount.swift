/// Cash and positions at weights; the arithmetic of `WeightsBacktest`.
struct WeightedAccount {
    private(set) var cash: Double
    private(set) var quantities: [Double]
    private(set) var fills: [BacktestFill] = []
    private let weights: [Double]
    private let costs: TradingCosts
    private var marks: [Double]
    private var averageCosts: [Double]

    init(cash: Double, weights: [Double], costs: TradingCosts) {
        self.cash = cash
        self.weights = weights
        self.costs = costs
        quantities = [Double](repeating: 0, count: weights.count)
        marks = quantities
        averageCosts = quantities
    }

    /// Cash and positions at the last prices.
    var equity: Double { weights.indices.reduce(cash) { $0 + quantities[$1] * marks[$1] } }

    /// Largest distance of a weight from its target at the last prices.
    var drift: Double {
        let equity = equity
        return weights.indices.map { abs(quantities[$0] * marks[$0] / equity - weights[$0]) }.max() ?? 0
    }

    mutating func mark(_ index: Int, _ price: Double) {
        if price > 0 { marks[index] = price }
    }

    mutating func payBorrow(days: Double) {
        guard costs.borrowBps > 0 else { return }
        let short = weights.indices.reduce(0.0) { $0 + max(0, -quantities[$1] * marks[$1]) }
        cash -= short * costs.borrowBps / 1e4 * days / 365
    }

    /// Moves to the weights at these prices; false, and nothing done, where one is missing or nothing is left.
    mutating func rebalance(at prices: [Double], row: Int, ts: Int64) -> Bool {
        guard prices.allSatisfy({ $0 > 0 }) else { return false }
        let before = weights.indices.reduce(cash) { $0 + quantities[$1] * prices[$1] }
        guard before > 0 else { return false }
        let after = equityAfterCosts(before, prices)
        for index in weights.indices {
            trade(index, weights[index] * after / prices[index] - quantities[index], prices[index], row, ts)
        }
        if cash < 0 { cash = 0 }
        return true
    }

    private func equityAfterCosts(_ before: Double, _ prices: [Double]) -> Double {
        let buying = (1 + costs.slippage) * (1 + costs.commission) - 1
        let selling = 1 - (1 - costs.slippage) * (1 - costs.commission)
        var after = before
        for _ in 0..<200 {
            var paid = 0.0
            for index in weights.indices {
                let value = weights[index] * after - quantities[index] * prices[index]
                paid += value > 0 ? value * buying : -value * selling
            }
            let next = before - paid
            if next == after { break }
            after = next
        }
        return after
    }

    private mutating func trade(_ index: Int, _ change: Double, _ reference: Double, _ row: Int, _ ts: Int64) {
        guard abs(change) * reference > 1e-12 * max(1, abs(quantities[index]) * reference) else { return }
        let isBuy = change > 0
        let price = reference * (isBuy ? 1 + costs.slippage : 1 - costs.slippage)
        let quantity = abs(change)
        let notional = quantity * price
        let commission = notional * costs.commission
        cash += isBuy ? -(notional + commission) : notional - commission
        let held = quantities[index]
        var profit: Double?
        if isBuy {
            let total = max(0, held) * averageCosts[index] + notional + commission
            averageCosts[index] = total / (max(0, held) + quantity)
        } else if held > 0 {
            profit = (notional - commission) * min(1, held / quantity) - min(held, quantity) * averageCosts[index]
        }
        quantities[index] = held + change
        fills.append(
            BacktestFill(
                row: row, ts: ts, instrument: index, side: isBuy ? .buy : .sell, quantity: quantity, price: price,
                notional: notional, commission: commission, profit: profit))
    }
}
