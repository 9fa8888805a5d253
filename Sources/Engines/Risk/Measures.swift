import Quant

/// VaR and ES by the method asked for.
enum Measures {
    static func tail(
        _ method: RiskMethod, _ returns: [[Double]], _ weights: [Double], _ settings: ValueAtRisk.Settings,
        simulations: Int = 100_000, seed: UInt64 = 0
    ) throws(QuantError) -> ValueAtRisk {
        switch method {
        case .parametric: try .parametric(returns: returns, weights: weights, settings: settings)
        case .historical: try .historical(returns: returns, weights: weights, settings: settings)
        case .cornishFisher: try .cornishFisher(returns: returns, weights: weights, settings: settings)
        case .filteredHistorical: try .filteredHistorical(returns: returns, weights: weights, settings: settings)
        case .monteCarlo:
            try .monteCarlo(returns: returns, weights: weights, simulations: simulations, seed: seed,
                settings: settings)
        }
    }
}
