import Numerics

extension ValueAtRisk {
    /// Normal returns (J.P. Morgan, RiskMetrics 1996, with the sample mean kept).
    ///
    /// μ = Σwᵢx̄ᵢ and σ² = w'Σw with ddof 1; over h days μh and σ√h. VaR = V(zσ√h − μh) with z = Φ⁻¹(c);
    /// ES = V(σ√h·φ(z)/(1−c) − μh). marginalᵢ = V(z√h(Σw)ᵢ/σ − x̄ᵢh), componentᵢ = wᵢ·marginalᵢ: Euler's allocation.
    public static func parametric(
        returns: [[Double]], weights: [Double], settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        let moments = PortfolioMoments(returns, weights)
        let z = NormalDistribution.quantile(settings.confidence)
        let days = settings.horizonDays
        let spread = moments.deviation * days.squareRoot()
        let marginal = weights.indices.map { index in
            let share = moments.deviation == 0 ? 0 : moments.product[index] / moments.deviation
            return settings.value * (z * days.squareRoot() * share - moments.means[index] * days)
        }
        let tail = NormalDistribution.density(z) / (1 - settings.confidence)
        return ValueAtRisk(
            valueAtRisk: settings.value * (z * spread - moments.mean * days),
            expectedShortfall: settings.value * (tail * spread - moments.mean * days),
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }

    /// Value at risk and expected shortfall of one normal series whose mean and deviation of a day are known, as
    /// `parametric` has them.
    public static func parametric(mean: Double, deviation: Double, settings: Settings) -> (var: Double, es: Double) {
        let z = NormalDistribution.quantile(settings.confidence)
        let spread = deviation * settings.horizonDays.squareRoot(), drift = mean * settings.horizonDays
        let tail = NormalDistribution.density(z) / (1 - settings.confidence)
        return (settings.value * (z * spread - drift), settings.value * (tail * spread - drift))
    }
}
