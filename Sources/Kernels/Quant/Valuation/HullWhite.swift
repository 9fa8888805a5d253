import Glibc

/// Hull and White's one-factor model (1990): r(t) = α(t) + z(t), dz = −a·z·dt + σ·dW under the bank account, α chosen so
/// that today's discount factors are met (Brigo and Mercurio 2006, 3.3).
public struct HullWhite: Sendable, Equatable {
    /// a, a year; at least 0.
    public let meanReversion: Double
    /// σ, a year, absolute: 0.01 is a hundred basis points.
    public let volatility: Double

    /// Throws for a negative volatility or mean reversion.
    public init(meanReversion: Double, volatility: Double) throws(QuantError) {
        guard meanReversion >= 0, meanReversion <= 10, volatility >= 0, volatility <= 1 else {
            throw QuantError(.parameter, "mean reversion must be from 0 to 10 and volatility from 0 to 1")
        }
        self.meanReversion = meanReversion
        self.volatility = volatility
    }

    /// (1 − e^(−a·h))/a, h where a is 0.
    public func reach(_ span: Double) -> Double {
        let x = meanReversion * span
        return abs(x) < 1e-8 ? span * (1 - x / 2) : -expm1(-x) / meanReversion
    }

    /// V: the variance of ∫z over a span that starts at a known z.
    public func integralVariance(_ span: Double) -> Double {
        let x = meanReversion * span, scale = volatility * volatility * span * span * span
        // Below this the closed form loses digits; the series' next term is far below the last bit of the first.
        if x < 0.02 { return scale * (1.0 / 3 - x / 4 + 7 * x * x / 60 - x * x * x / 24 + 31 * x * x * x * x / 2520) }
        return scale * (x + 2 * exp(-x) - exp(-2 * x) / 2 - 1.5) / (x * x * x)
    }

    /// Covariances of what a span adds to z, to ∫z and to a correlated Brownian motion.
    struct Span: Sendable {
        let decay: Double, reach: Double
        let variance: Double, integralVariance: Double, covariance: Double
        /// Of z and of ∫z with a motion of correlation 1.
        let withMotion: Double, integralWithMotion: Double
    }

    func span(_ h: Double) -> Span {
        let reach = reach(h), square = volatility * volatility
        let x = meanReversion * h
        let variance = x < 1e-8 ? square * h * (1 - x) : -square * expm1(-2 * x) / (2 * meanReversion)
        // (h − B)/a, whose limit is h²/2.
        let rest = x < 1e-4 ? h * h * (0.5 - x / 6 + x * x / 24) : (h - reach) / meanReversion
        return Span(
            decay: exp(-x), reach: reach, variance: variance, integralVariance: integralVariance(h),
            covariance: square * reach * reach / 2, withMotion: volatility * reach,
            integralWithMotion: volatility * rest)
    }

    /// P(t, T) = A·e^(−B·z): A and B.
    func bond(_ curve: DiscountCurve, from time: Double, to end: Double) -> (a: Double, b: Double) {
        let convexity = 0.5 * (integralVariance(end - time) - integralVariance(end) + integralVariance(time))
        return (exp(curve.integral(time) - curve.integral(end) + convexity), reach(end - time))
    }
}
