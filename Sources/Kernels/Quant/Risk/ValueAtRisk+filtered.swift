import Numerics

extension ValueAtRisk {
    /// History rescaled to today's volatility (Barone-Adesi, Giannopoulos and Vosper 1999).
    ///
    /// σ²₁ is the sample variance of p (ddof 1), σ²_{t+1} = 0.94σ²_t + 0.06p²_t; day t becomes p_t·σ_{n+1}/σ_t. Then as
    /// `historical`. Days before which σ is 0 stay as they are. marginalᵢ = ∂VaR/∂wᵢ, the variances moving with the
    /// weights: they scale with the square of the portfolio's size, so components sum to VaR.
    public static func filteredHistorical(
        returns: [[Double]], weights: [Double], settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        let history = FilteredHistory(LossMeasures.portfolioReturns(returns, weights: weights))
        let tail = ScenarioTail(history.outcomes, confidence: settings.confidence)
        let scale = settings.value * settings.horizonDays.squareRoot()
        let marginal = returns.map { -history.slope(of: tail, along: $0) * scale }
        return ValueAtRisk(
            valueAtRisk: -tail.quantile * scale, expectedShortfall: -tail.tailMean * scale,
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }

    /// As `filteredHistorical`, the variances being those of a fitted GARCH(1,1): a day's outcome is
    /// μ + (p_t − μ)·σ_{n+1}/σ_t, ×√h. marginalᵢ = ∂VaR/∂wᵢ, the model being fitted anew.
    public static func garchHistorical(
        returns: [[Double]], weights: [Double], settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        let model = try GARCH(fitting: portfolio)
        let today = model.nextVariance.squareRoot()
        let factors = model.variances.map { today / $0.squareRoot() }
        let tail = ScenarioTail(
            zip(portfolio, factors).map { model.mean + ($0 - model.mean) * $1 }, confidence: settings.confidence)
        let scale = settings.value * settings.horizonDays.squareRoot()
        let response = GARCHResponse(model, portfolio, tail)
        let marginal = returns.map { -response.slope(along: $0) * scale }
        return ValueAtRisk(
            valueAtRisk: -tail.quantile * scale, expectedShortfall: -tail.tailMean * scale,
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }
}

/// Days of a portfolio brought to today's volatility, and how they move with its weights.
private struct FilteredHistory {
    let outcomes: [Double]
    private let portfolio: [Double]
    /// σ²_t of each day, and of the day after the last.
    private let variances: [Double]
    private let factors: [Double]

    private static let decay = 0.94

    init(_ portfolio: [Double]) {
        let start = LossMeasures.volatility(portfolio, periodsPerYear: 1) ?? 0
        var variance = start * start, variances = [variance]
        for value in portfolio {
            variance = Self.decay * variance + (1 - Self.decay) * value * value
            variances.append(variance)
        }
        let today = variance.squareRoot()
        factors = zip(portfolio, variances).map { $1 == 0 ? 1 : today / $1.squareRoot() }
        outcomes = zip(portfolio, factors).map { $0 * $1 }
        self.portfolio = portfolio
        self.variances = variances
    }

    /// The derivative of the tail's quantile by the weight of an instrument.
    ///
    /// With S = σ²: dS₁ = 2Cov(r, p), dS_{t+1} = 0.94dS_t + 0.12p_t·r_t, and an outcome moves by
    /// f_t·(r_t + p_t·½(dS_{n+1}/S_{n+1} − dS_t/S_t)).
    func slope(of tail: ScenarioTail, along column: [Double]) -> Double {
        var moved = 2 * Statistics.covariance(column, portfolio), lower = 0.0, upper = 0.0
        for (day, value) in portfolio.enumerated() {
            if day == tail.lower { lower = moved }
            if day == tail.upper { upper = moved }
            moved = Self.decay * moved + 2 * (1 - Self.decay) * value * column[day]
        }
        let today = variances[portfolio.count]
        func outcome(_ day: Int, _ then: Double) -> Double {
            guard variances[day] > 0, today > 0 else { return factors[day] * column[day] }
            return factors[day] * (column[day] + portfolio[day] / 2 * (moved / today - then / variances[day]))
        }
        return tail.mix { outcome($0, $0 == tail.lower ? lower : upper) }
    }
}
