import Glibc
import Numerics

/// A drift-and-volatility baseline: log-normal prices.
///
/// Bars: σ² is the exponentially weighted variance of a bar now, v the mean square of all returns. The variance k bars
/// on is v + (σ² − v)φ^k: it reverts as that of a GARCH(1,1) does (Baillie and Bollerslev 1992), with φ = 0.985, half
/// of the way in 46 bars. Of the values tried, 0.9 to 0.99, that one did best by intervals and Brier scores over 1 to
/// 252 days of 21 stocks.
///
/// Drift: before any data a year's Sharpe ratio is taken as N(0,1), so with n returns of mean x̄ and P periods a year μ
/// has mean m = x̄·n/(n+P) and variance v/(n+P). It is v and not σ²: all returns made that mean, quiet ones or not.
///
/// Over h bars the log return is N(mh, s²), s² = vh + (σ² − v)φ(1 − φ^h)/(1 − φ) + h²v/(n+P), and P(up) = Φ(mh/s): the
/// uncertainty of the drift is in it, which is what keeps it honest. Where nothing ever moved it is a half.
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
        let square = returns.reduce(0) { $0 + $1 * $1 } / Double(returns.count)
        try self.init(
            mean: Statistics.mean(returns), volatility: volatility.volatility, longRunVolatility: square.squareRoot(),
            observations: Double(returns.count), price: price, horizon: horizon, periodsPerYear: periodsPerYear,
            level: level)
    }

    /// Forecast from the mean of a period's logarithmic returns, as so many of them told, their deviation now and that
    /// of all of them.
    public init(
        mean: Double, volatility: Double, longRunVolatility: Double, observations: Double, price: Double,
        horizon: Double = 1, periodsPerYear: Double = 252, level: Double = 0.9
    ) throws(QuantError) {
        guard price > 0, price.isFinite else { throw QuantError(.data, "the price must be finite and above 0") }
        guard mean.isFinite, volatility.isFinite, longRunVolatility.isFinite, min(volatility, longRunVolatility) >= 0,
              observations >= 0 else {
            throw QuantError(.data, "mean and deviations must be finite, the deviations at least 0")
        }
        guard level > 0, level < 1, horizon > 0, periodsPerYear > 0 else {
            throw QuantError(.parameter, "level lies between 0 and 1, horizon and periods above 0")
        }
        let weight = observations + periodsPerYear, longRun = longRunVolatility * longRunVolatility
        let drift = mean * observations / weight * horizon
        let variance = Self.variance(of: horizon, now: volatility * volatility, longRun: longRun)
        let spread = (variance + horizon * horizon * longRun / weight).squareRoot()
        let up = spread == 0 ? (drift == 0 ? 0.5 : drift > 0 ? 1 : 0) : NormalDistribution.cumulative(drift / spread)
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

    /// φ: how much of the variance's distance from the long run is left a bar later.
    public static let persistence = 0.985

    /// Σ of the variances of so many bars to come, the first of them one step on its way to the long run.
    private static func variance(of bars: Double, now: Double, longRun: Double) -> Double {
        let left = persistence * (1 - pow(persistence, bars)) / (1 - persistence)
        return longRun * bars + (now - longRun) * left
    }
}
