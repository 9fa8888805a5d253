import Numerics

extension ValueAtRisk {
    /// Most simulations that `monteCarlo` takes.
    public static let largestSimulation = 10_000_000

    /// Simulated normal simple returns, from a counter-based generator: the same seed gives the same bits.
    ///
    /// Σw·r of jointly normal returns is normal with mean μh and deviation σ√h (as in `parametric`), so one number a
    /// simulation is drawn: p = μh + σ√h·z. VaR and ES are read from the simulations as in `historical`.
    /// marginalᵢ = −E[rᵢ | p = percentile]·V = −(x̄ᵢh + (Σw)ᵢ/σ²·(percentile − μh))·V; components sum to VaR.
    public static func monteCarlo(
        returns: [[Double]], weights: [Double], simulations: Int = 100_000, seed: UInt64 = 0,
        settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try simulated(returns: returns, weights: weights, simulations: simulations, seed: seed, settings: settings).risk
    }

    /// The same, with how far chance may have moved it.
    public static func simulated(
        returns: [[Double]], weights: [Double], simulations: Int = 100_000, seed: UInt64 = 0,
        settings: Settings = Settings()
    ) throws(QuantError) -> (risk: ValueAtRisk, error: SimulationError) {
        try check(returns, weights, settings)
        guard simulations >= 2, simulations <= largestSimulation else {
            throw QuantError(.parameter, "simulations must be from 2 to \(largestSimulation)")
        }
        let moments = PortfolioMoments(returns, weights)
        let days = settings.horizonDays
        let random = Philox(seed: seed)
        let spread = moments.deviation * days.squareRoot()
        let outcomes = (0..<simulations).map { moments.mean * days + spread * random.normal(UInt64($0)) }
        let tail = ScenarioTail(outcomes, confidence: settings.confidence)
        let variance = moments.deviation * moments.deviation
        let distance = tail.quantile - moments.mean * days
        let marginal = weights.indices.map { index in
            let slope = variance == 0 ? 0 : moments.product[index] / variance
            return -settings.value * (moments.means[index] * days + slope * distance)
        }
        let risk = ValueAtRisk(
            valueAtRisk: -settings.value * tail.quantile, expectedShortfall: -settings.value * tail.tailMean,
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
        return (risk, SimulationError(outcomes, tail, settings))
    }
}
