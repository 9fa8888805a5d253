import Numerics

/// Exponentially weighted volatility (RiskMetrics 1996) with an interval.
///
/// σ² = Σwᵢr² over returns, newest first, wᵢ ∝ λ^i and Σwᵢ = 1; no mean is taken off. The interval is the chi-square
/// one of a variance with ν = 1/Σwᵢ² effective degrees of freedom: [νσ²/χ²_{(1+level)/2}(ν), νσ²/χ²_{(1−level)/2}(ν)].
/// It says how well σ is known were returns normal, not where the next return will lie.
public struct VolatilityForecast: Sendable, Equatable {
    /// σ of one period.
    public let volatility: Double
    /// σ√periods.
    public let annualizedVolatility: Double
    /// σ√horizon.
    public let horizonVolatility: Double
    /// Lower end of the interval of the annualised volatility.
    public let low: Double
    /// Upper end.
    public let high: Double
    /// Share of the interval, such as 0.9.
    public let level: Double
    /// 1/Σwᵢ².
    public let effectiveDegrees: Double

    /// Forecast from simple or logarithmic returns, oldest first, at least two.
    public init(
        returns: [Double], lambda: Double = 0.94, horizon: Double = 1, periodsPerYear: Double = 252,
        level: Double = 0.9
    ) throws(QuantError) {
        guard returns.count > 1, returns.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "a volatility needs at least two finite returns")
        }
        guard lambda > 0, lambda < 1 else { throw QuantError(.parameter, "lambda lies between 0 and 1") }
        var weight = 1.0
        var total = 0.0
        var squares = 0.0
        var variance = 0.0
        for value in returns.reversed() {
            variance += weight * value * value
            total += weight
            squares += weight * weight
            weight *= lambda
        }
        try self.init(
            variance: variance / total, effectiveDegrees: total * total / squares, horizon: horizon,
            periodsPerYear: periodsPerYear, level: level)
    }

    /// Forecast from a variance of one period that is known with so many degrees of freedom.
    public init(
        variance: Double, effectiveDegrees: Double, horizon: Double = 1, periodsPerYear: Double = 252,
        level: Double = 0.9
    ) throws(QuantError) {
        guard level > 0, level < 1, horizon > 0, periodsPerYear > 0 else {
            throw QuantError(.parameter, "level lies between 0 and 1, horizon and periods above 0")
        }
        guard variance >= 0, variance.isFinite, effectiveDegrees > 0 else {
            throw QuantError(.data, "a variance is finite and at least 0, its degrees of freedom above 0")
        }
        self.effectiveDegrees = effectiveDegrees
        self.level = level
        volatility = variance.squareRoot()
        annualizedVolatility = (variance * periodsPerYear).squareRoot()
        horizonVolatility = (variance * horizon).squareRoot()
        let chi = ChiSquareDistribution(degrees: effectiveDegrees)
        let sum = effectiveDegrees * variance * periodsPerYear
        low = (sum / chi.quantile((1 + level) / 2)).squareRoot()
        high = (sum / chi.quantile((1 - level) / 2)).squareRoot()
    }
}
