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

    /// History rescaled to today's volatility (Barone-Adesi, Giannopoulos and Vosper 1999).
    ///
    /// σ²₁ is the sample variance of p (ddof 1), σ²_{t+1} = 0.94σ²_t + 0.06p²_t; day t becomes p_t·σ_{n+1}/σ_t. Then as
    /// `historical`, an instrument's returns being rescaled by the same factors. Days before which σ is 0 stay as they
    /// are.
    public static func filteredHistorical(
        returns: [[Double]], weights: [Double], settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        var variance = (LossMeasures.volatility(portfolio, periodsPerYear: 1) ?? 0)
        variance *= variance
        var deviations: [Double] = []
        for value in portfolio {
            deviations.append(variance.squareRoot())
            variance = 0.94 * variance + 0.06 * value * value
        }
        let today = variance.squareRoot()
        let factors = deviations.map { $0 == 0 ? 1 : today / $0 }
        let tail = ScenarioTail(zip(portfolio, factors).map { $0 * $1 }, confidence: settings.confidence)
        let scale = settings.value * settings.horizonDays.squareRoot()
        let marginal = returns.map { column in -tail.mix { column[$0] * factors[$0] } * scale }
        return ValueAtRisk(
            valueAtRisk: -tail.quantile * scale, expectedShortfall: -tail.tailMean * scale,
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }
}
