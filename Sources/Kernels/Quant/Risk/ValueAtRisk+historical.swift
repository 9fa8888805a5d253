import Numerics

extension ValueAtRisk {
    /// The portfolio's own history at today's weights.
    ///
    /// p_t = Σwᵢr_{i,t}; VaR = −(linear percentile of p at 1 − c); ES = −(mean of the p at or below that percentile);
    /// both ×V√h. The percentile lies between two days of the history: marginalᵢ is minus the same mixture of
    /// instrument i's returns on those two days, componentᵢ = wᵢ·marginalᵢ, so that components sum to VaR exactly.
    public static func historical(
        returns: [[Double]], weights: [Double], settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        let days = returns[0].count
        var portfolio = [Double](repeating: 0, count: days)
        for (weight, column) in zip(weights, returns) {
            for day in 0..<days { portfolio[day] += weight * column[day] }
        }
        let order = (0..<days).sorted { (portfolio[$0], $0) < (portfolio[$1], $1) }
        let rank = Percentile.cutoff(confidence: settings.confidence) * Double(days - 1)
        let low = min(Int(rank), days - 1)
        let high = min(low + 1, days - 1)
        let share = rank - Double(low)
        let quantile = portfolio[order[low]] + (portfolio[order[high]] - portfolio[order[low]]) * share
        var tailSum = 0.0
        var tailCount = 0
        for value in portfolio where value <= quantile {
            tailSum += value
            tailCount += 1
        }
        let scale = settings.value * settings.horizonDays.squareRoot()
        let marginal = returns.map { column in
            -(column[order[low]] + (column[order[high]] - column[order[low]]) * share) * scale
        }
        return ValueAtRisk(
            valueAtRisk: -quantile * scale,
            expectedShortfall: -(tailCount == 0 ? portfolio[order[low]] : tailSum / Double(tailCount)) * scale,
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }
}
