import Numerics

extension ValueAtRisk {
    /// Normal quantile corrected for skew and kurtosis (Cornish and Fisher 1937).
    ///
    /// S and K are the population skew and excess kurtosis of p = Σwᵢrᵢ, over h days S/√h and K/h. At z = Φ⁻¹(1 − c)
    /// q = z + (z²−1)S/6 + (z³−3z)K/24 − (2z³−5z)S²/36 and VaR = −V(μh + σ√h·q). ES takes the mean of q over the tail,
    /// which has a closed form in φ(z)/(1−c). marginalᵢ = ∂VaR/∂wᵢ, the derivatives of S and K with it; as both do not
    /// change with the size of the portfolio, components sum to VaR.
    public static func cornishFisher(
        returns: [[Double]], weights: [Double], settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        let moments = PortfolioMoments(returns, weights)
        let shape = PortfolioShape(returns, weights)
        let days = settings.horizonDays
        let root = days.squareRoot()
        let z = NormalDistribution.quantile(1 - settings.confidence)
        let skew = shape.skew / root
        let kurtosis = shape.kurtosis / days
        let quantile =
            z + (z * z - 1) * skew / 6 + (z * z * z - 3 * z) * kurtosis / 24
            - (2 * z * z * z - 5 * z) * skew * skew / 36
        let density = NormalDistribution.density(z) / (1 - settings.confidence)
        let tail =
            density * (-1 - z * skew / 6 + (1 - z * z) * kurtosis / 24 - (1 - 2 * z * z) * skew * skew / 36)
        let bySkew = (z * z - 1) / 6 - (2 * z * z * z - 5 * z) * skew / 18
        let byKurtosis = (z * z * z - 3 * z) / 24
        let spread = moments.deviation * root
        let marginal = weights.indices.map { index in
            let share = moments.deviation == 0 ? 0 : moments.product[index] / moments.deviation * root
            let bend = bySkew * shape.skewSlopes[index] / root + byKurtosis * shape.kurtosisSlopes[index] / days
            return -settings.value * (moments.means[index] * days + share * quantile + spread * bend)
        }
        return ValueAtRisk(
            valueAtRisk: -settings.value * (moments.mean * days + spread * quantile),
            expectedShortfall: -settings.value * (moments.mean * days + spread * tail),
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }
}

/// Population skew and excess kurtosis of Σwᵢrᵢ with their derivatives by each weight; all 0 where it is constant.
struct PortfolioShape {
    var skew = 0.0
    var kurtosis = 0.0
    var skewSlopes: [Double]
    var kurtosisSlopes: [Double]

    init(_ returns: [[Double]], _ weights: [Double]) {
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        let mean = Statistics.mean(portfolio)
        let centred = portfolio.map { $0 - mean }
        let squares = centred.map { $0 * $0 }
        let count = Double(portfolio.count)
        let second = Statistics.dot(centred, centred) / count
        skewSlopes = [Double](repeating: 0, count: weights.count)
        kurtosisSlopes = skewSlopes
        guard second > 0 else { return }
        let third = Statistics.dot(squares, centred) / count
        let fourth = Statistics.dot(squares, squares) / count
        let cubed = second * second.squareRoot()
        skew = third / cubed
        kurtosis = fourth / (second * second) - 3
        let cubes = zip(squares, centred).map { $0 * $1 }
        for (index, column) in returns.enumerated() {
            let own = Statistics.mean(column)
            let x = column.map { $0 - own }
            let withFirst = Statistics.dot(x, centred) / count
            skewSlopes[index] = 3 * (Statistics.dot(x, squares) / count / cubed - skew * withFirst / second)
            kurtosisSlopes[index] =
                4 * (Statistics.dot(x, cubes) / count - fourth * withFirst / second) / (second * second)
        }
    }
}
