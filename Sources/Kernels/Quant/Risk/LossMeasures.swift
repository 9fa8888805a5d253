import Numerics

/// What limits on losses and on the behaviour of returns are compared with; losses are positive.
public enum LossMeasures {
    /// max(0, Σq(previous close − price)), in currency.
    public static func dailyLoss(quantities: [Double], previousCloses: [Double], prices: [Double]) -> Double {
        max(0, quantities.indices.reduce(0) { $0 + quantities[$1] * (previousCloses[$1] - prices[$1]) })
    }

    /// Depth of the deepest drawdown of an equity curve, positive, as a fraction of the peak.
    public static func maxDrawdown(equityCurve: [Double]) -> Double {
        let depth = -Drawdown(curve: equityCurve.span).maximum
        return depth == 0 ? 0 : depth
    }

    /// Σwᵢr_{i,t} for each period; `returns` by instrument.
    public static func portfolioReturns(_ returns: [[Double]], weights: [Double]) -> [Double] {
        let count = returns.first?.count ?? 0
        return [Double](unsafeUninitializedCapacity: count) { portfolio, filled in
            portfolio.initialize(repeating: 0)
            for (weight, column) in zip(weights, returns) {
                precondition(column.count == count, "columns of unequal length")
                column.withUnsafeBufferPointer { column in
                    for index in 0..<count { portfolio[index] += weight * column[index] }
                }
            }
            filled = count
        }
    }

    /// Deviation (ddof 1) × √periods; nil for fewer than two returns.
    public static func volatility(_ returns: [Double], periodsPerYear: Double = 252) -> Double? {
        returns.count < 2 ? nil : (Statistics.variance(returns) * periodsPerYear).squareRoot()
    }

    /// Cov(r, b)/Var(b); nil where the benchmark is constant or has fewer than two returns.
    public static func beta(_ returns: [Double], benchmark: [Double]) -> Double? {
        guard returns.count == benchmark.count, returns.count > 1 else { return nil }
        return Performance.ratio(Statistics.covariance(returns, benchmark), Statistics.variance(benchmark))
    }

    /// −Σ mv·shock of one scenario, so that a loss is positive; `shocks` as fractions of each market value.
    public static func stressLoss(marketValues: [Double], shocks: [Double]) -> Double {
        precondition(marketValues.count == shocks.count, "columns of unequal length")
        var total = 0.0
        for index in marketValues.indices { total += marketValues[index] * shocks[index] }
        return -total
    }
}
