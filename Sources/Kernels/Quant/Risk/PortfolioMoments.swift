import Numerics

/// Mean and deviation of Σwᵢrᵢ, and what each instrument brings to them.
struct PortfolioMoments {
    /// x̄ᵢ.
    let means: [Double]
    /// (Σw)ᵢ, covariances with ddof 1.
    let product: [Double]
    /// Σwᵢx̄ᵢ.
    let mean: Double
    /// √(w'Σw); NaN where it is too large for a number.
    let deviation: Double

    init(_ returns: [[Double]], _ weights: [Double]) {
        means = returns.map(Statistics.mean)
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        let middle = Statistics.mean(portfolio)
        product = zip(returns, means).map { Statistics.covariance($0, mean: $1, portfolio, mean: middle) }
        mean = Statistics.dot(weights, means)
        let variance = Statistics.dot(weights, product)
        // The larger of 0 and what is not a number would be 0.
        deviation = variance.isFinite ? max(0, variance).squareRoot() : .nan
    }
}
