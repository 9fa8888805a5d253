import Numerics

extension ValueAtRisk {
    /// Degrees of freedom that a t distribution needs to have the excess kurtosis K of the portfolio's returns,
    /// 4 + 6/K, at most 100 and that where K is not above 0.
    public static func studentDegrees(returns: [[Double]], weights: [Double]) -> Double {
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        let mean = Statistics.mean(portfolio)
        let squares = portfolio.map { ($0 - mean) * ($0 - mean) }
        let second = Statistics.mean(squares)
        guard second > 0 else { return 100 }
        let kurtosis = Statistics.dot(squares, squares) / Double(squares.count) / (second * second) - 3
        return kurtosis > 0 ? min(100, 4 + 6 / kurtosis) : 100
    }

    /// Returns that follow a multivariate t: as `parametric` with the quantile t·√((ν−2)/ν) instead of z, so that the
    /// variance stays the sample's. `degrees` must be above 2; `studentDegrees` where it is nil, and then marginalᵢ has
    /// what the weights change of them, V·σ√h·∂q/∂ν·∂ν/∂wᵢ, which sums to 0 over components.
    public static func student(
        returns: [[Double]], weights: [Double], degrees: Double? = nil, settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        let isGiven = degrees != nil
        let degrees = degrees ?? studentDegrees(returns: returns, weights: weights)
        guard degrees > 2, degrees.isFinite else {
            throw QuantError(.parameter, "degrees of freedom must be above 2: the variance is infinite")
        }
        let moments = PortfolioMoments(returns, weights)
        let distribution = StudentDistribution(degrees: degrees)
        let scale = ((degrees - 2) / degrees).squareRoot() * settings.horizonDays.squareRoot()
        let quantile = -distribution.quantile(1 - settings.confidence) * scale
        let tail = distribution.tailMean(confidence: settings.confidence) * scale
        let days = settings.horizonDays
        let shifts = isGiven ? nil : studentShifts(returns, weights, degrees, settings)
        let marginal = weights.indices.map { index in
            let share = moments.deviation == 0 ? 0 : moments.product[index] / moments.deviation
            let shift = moments.deviation * (shifts?[index] ?? 0)
            return settings.value * (quantile * share + shift - moments.means[index] * days)
        }
        return ValueAtRisk(
            valueAtRisk: settings.value * (quantile * moments.deviation - moments.mean * days),
            expectedShortfall: settings.value * (tail * moments.deviation - moments.mean * days),
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }

    /// ∂q/∂ν·∂ν/∂wᵢ of the quantile over the horizon, ν being `studentDegrees`; nil where ν stays as it is.
    private static func studentShifts(
        _ returns: [[Double]], _ weights: [Double], _ degrees: Double, _ settings: Settings
    ) -> [Double]? {
        guard degrees < 100 else { return nil }
        let shape = PortfolioShape(returns, weights)
        func quantile(_ degrees: Double) -> Double {
            -StudentDistribution(degrees: degrees).quantile(1 - settings.confidence)
                * ((degrees - 2) / degrees * settings.horizonDays).squareRoot()
        }
        let step = 1e-4 * degrees
        let byDegrees = (quantile(degrees + step) - quantile(degrees - step)) / (2 * step)
        let byKurtosis = -6 / (shape.kurtosis * shape.kurtosis)
        return shape.kurtosisSlopes.map { byDegrees * byKurtosis * $0 }
    }

    /// History in which a day counts the more the newer it is (Boudoukh, Richardson and Whitelaw 1998).
    ///
    /// Day t of n weighs λ^(n−1−t), the weights summing to 1. VaR is minus the smallest return at and below which the
    /// weights reach 1 − c, without interpolation; ES minus the weighted mean of the returns at or below it, of all that
    /// equal it too; both ×V√h.
    public static func ageWeighted(
        returns: [[Double]], weights: [Double], decay: Double = 0.98, settings: Settings = Settings()
    ) throws(QuantError) -> ValueAtRisk {
        try check(returns, weights, settings)
        guard decay > 0, decay < 1 else { throw QuantError(.parameter, "the decay must be between 0 and 1") }
        let portfolio = LossMeasures.portfolioReturns(returns, weights: weights)
        var ages = [Double](repeating: 1, count: portfolio.count)
        for index in ages.indices.dropLast().reversed() { ages[index] = ages[index + 1] * decay }
        let total = ages.reduce(0, +)
        let order = portfolio.indices.sorted { (portfolio[$0], $0) < (portfolio[$1], $1) }
        let wanted = Percentile.cutoff(confidence: settings.confidence) * total * (1 - 1e-12)
        var reached = 0.0, sum = 0.0, found: Int?
        for index in order {
            if let found, portfolio[index] > portfolio[found] { break }
            reached += ages[index]
            sum += ages[index] * portfolio[index]
            if found == nil, reached >= wanted { found = index }
        }
        let day = found ?? order[order.count - 1]
        let scale = settings.value * settings.horizonDays.squareRoot()
        let marginal = returns.map { -$0[day] * scale }
        return ValueAtRisk(
            valueAtRisk: -portfolio[day] * scale, expectedShortfall: -sum / reached * scale,
            component: zip(weights, marginal).map { $0 * $1 }, marginal: marginal)
    }

    /// What each instrument adds: VaR less the VaR of the portfolio without it, by the same method.
    public static func incremental(
        weights: [Double], _ measure: ([Double]) throws(QuantError) -> ValueAtRisk
    ) throws(QuantError) -> [Double] {
        let whole = try measure(weights).valueAtRisk
        var parts: [Double] = []
        for index in weights.indices {
            var without = weights
            without[index] = 0
            parts.append(whole - (try measure(without).valueAtRisk))
        }
        return parts
    }
}
