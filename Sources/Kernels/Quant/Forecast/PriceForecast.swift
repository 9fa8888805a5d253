import Glibc
import Numerics

/// A drift-and-volatility baseline: log-normal prices.
///
/// Log returns are N(μ, σ²) a period, σ the exponentially weighted volatility. The drift is shrunk: before any data a
/// year's Sharpe ratio is taken as N(0,1), so with n returns of mean x̄ and P periods a year μ has mean
/// m = x̄·n/(n+P) and variance σ²/(n+P). Over h periods the log return is N(mh, s²), s² = σ²h + h²σ²/(n+P).
/// P(up) = Φ(mh/s): the uncertainty of the drift is in it, which is what keeps it honest.
public struct PriceForecast: Sendable, Equatable {
    /// Which way.
    public enum Direction: String, Sendable {
        /// The median is at or above the price now.
        case up
        /// It is below.
        case down
    }

    /// price·e^(mh): as likely above as below; its return has the sign of `direction`.
    public let medianPrice: Double
    /// price·e^(mh + s²/2), the mean.
    public let expectedPrice: Double
    /// medianPrice/price − 1.
    public let medianReturn: Double
    /// Up where P(up) is at least a half.
    public let direction: Direction
    /// Probability that the direction is right, at least a half.
    public let confidence: Double
    /// Lower end of the interval of the price.
    public let low: Double
    /// Upper end.
    public let high: Double
    /// Share of the interval, such as 0.9.
    public let level: Double

    /// Forecast `horizon` periods on from closes, oldest first, at least three, all above 0; `price` is the one now.
    public init(
        closes: [Double], price: Double, horizon: Double = 1, periodsPerYear: Double = 252, lambda: Double = 0.94,
        level: Double = 0.9
    ) throws(QuantError) {
        guard closes.count > 2, closes.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw QuantError(.data, "a forecast needs at least three closes, all finite and above 0")
        }
        try self.init(
            logReturns: (1..<closes.count).map { log(closes[$0] / closes[$0 - 1]) }, price: price, horizon: horizon,
            periodsPerYear: periodsPerYear, lambda: lambda, level: level)
    }

    /// Forecast from logarithmic returns, oldest first, at least two.
    public init(
        logReturns returns: [Double], price: Double, horizon: Double = 1, periodsPerYear: Double = 252,
        lambda: Double = 0.94, level: Double = 0.9
    ) throws(QuantError) {
        let volatility = try VolatilityForecast(
            returns: returns, lambda: lambda, horizon: horizon, periodsPerYear: periodsPerYear, level: level)
        try self.init(
            mean: Statistics.mean(returns), volatility: volatility.volatility, observations: returns.count,
            price: price, horizon: horizon, periodsPerYear: periodsPerYear, level: level)
    }

    /// Forecast from the mean and deviation of a period's logarithmic returns, as `observations` of them told.
    public init(
        mean: Double, volatility: Double, observations: Int, price: Double, horizon: Double = 1,
        periodsPerYear: Double = 252, level: Double = 0.9
    ) throws(QuantError) {
        guard price > 0, price.isFinite else { throw QuantError(.data, "the price must be finite and above 0") }
        guard mean.isFinite, volatility.isFinite, volatility >= 0, observations >= 0 else {
            throw QuantError(.data, "mean and deviation must be finite, the deviation at least 0")
        }
        guard level > 0, level < 1, horizon > 0, periodsPerYear > 0 else {
            throw QuantError(.parameter, "level lies between 0 and 1, horizon and periods above 0")
        }
        let variance = volatility * volatility
        let weight = Double(observations) + periodsPerYear
        let drift = mean * Double(observations) / weight * horizon
        let spread = (variance * horizon + horizon * horizon * variance / weight).squareRoot()
        let up = spread == 0 ? (drift >= 0 ? 1 : 0) : NormalDistribution.cumulative(drift / spread)
        let reach = NormalDistribution.quantile((1 + level) / 2) * spread
        medianPrice = price * exp(drift)
        expectedPrice = price * exp(drift + spread * spread / 2)
        medianReturn = expm1(drift)
        direction = up >= 0.5 ? .up : .down
        confidence = max(up, 1 - up)
        low = price * exp(drift - reach)
        high = price * exp(drift + reach)
        self.level = level
    }
}
