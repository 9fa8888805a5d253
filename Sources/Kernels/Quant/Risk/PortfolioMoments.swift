import Numerics

/// Mean and deviation of Σwᵢrᵢ, and what each instrument brings to them.
struct PortfolioMoments {
    /// x̄ᵢ.
    let means: [Double]
    /// (Σw)ᵢ, covariances with ddof 1.
    let product: [Double]
    /// Σwᵢx̄ᵢ.
    let mean: Double
    /// √(w'Σw).
    let deviation: Double

    init(_ returns: [[Double]], _ weights: [Double]) {
        means = returns.map(Statistics.mean)
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        let middle = Statistics.mean(portfolio)
        product = zip(returns, means).map { Statistics.covariance($0, mean: $1, portfolio, mean: middle) }
        mean = Statistics.dot(weights, means)
        deviation = max(0, Statistics.dot(weights, product)).squareRoot()
    }
}
