extension ValueAtRisk {
    /// The portfolio's own history at today's weights.
    ///
    /// p_t = Σwᵢr_{i,t}; VaR = −(linear percentile of p at 1 − c); ES = −(mean of the p at or below that percentile);
    /// both ×V√h. The percentile lies between two days of the history: marginalᵢ is minus the same mixture of
    /// instrument i's returns on those two days, componentᵢ = wᵢ·marginalᵢ, so that components sum to VaR exactly.
    public static func historical(
        returns: [[Double]], weights: [Double], settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try checkShape(returns, weights, settings)
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        // What is not finite makes its day's sum so, also at a weight of 0: one look at the sums is enough.
        guard portfolio.allSatisfy(\.isFinite) else { throw QuantError(.data, "a return or a weight is not finite") }
        let tail = ScenarioTail(portfolio, confidence: settings.confidence)
        let scale = settings.value * settings.horizonDays.squareRoot()
        let marginal = returns.map { column in -tail.mix { column[$0] } * scale }
        return ValueAtRisk(
            valueAtRisk: -tail.quantile * scale, expectedShortfall: -tail.tailMean * scale,
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }
}
