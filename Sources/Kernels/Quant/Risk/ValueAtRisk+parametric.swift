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
        let count = weights.count
        let means = returns.map(Statistics.mean)
        let covariance = Statistics.covarianceMatrix(returns)
        let product = (0..<count).map { row in
            (0..<count).reduce(0) { $0 + covariance[row * count + $1] * weights[$1] }
        }
        let deviation = max(0, Statistics.dot(weights, product)).squareRoot()
        let mean = Statistics.dot(weights, means)
        let z = NormalDistribution.quantile(settings.confidence)
        let days = settings.horizonDays
        let root = days.squareRoot()
        let marginal = (0..<count).map { index in
            settings.value * ((deviation == 0 ? 0 : z * root * product[index] / deviation) - means[index] * days)
        }
        let tail = NormalDistribution.density(z) / (1 - settings.confidence)
        return ValueAtRisk(
            valueAtRisk: settings.value * (z * deviation * root - mean * days),
            expectedShortfall: settings.value * (tail * deviation * root - mean * days),
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }
}
