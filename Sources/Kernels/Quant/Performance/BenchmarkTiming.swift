/// Figures of returns against a benchmark's beyond `BenchmarkComparison`: reward for its risk, and whether exposure to
/// it was changed at the right times. x = r − f, m = b − f, f the risk-free rate of a period.
public struct BenchmarkTiming: Sendable, Equatable {
    /// One regression: x = a + βm + γ·g(m).
    public struct Fit: Sendable, Equatable {
        /// a × periods: what is left for choosing well, a year.
        public let alpha: Double
        /// β.
        public let beta: Double
        /// γ: above 0 where exposure rose before the benchmark did.
        public let gamma: Double
        /// γ over its standard error, n − 3 degrees of freedom; nil where the fit is exact or has no freedom.
        public let significance: Double?
    }

    /// Mean of x × periods over beta.
    public let treynorRatio: Double?
    /// Sharpe ratio × the benchmark's annual volatility + the year's risk-free rate: the return at its risk (M²).
    public let mSquared: Double?
    /// M² less the benchmark's annual return, mean × periods.
    public let mSquaredExcess: Double?
    /// Jensen's alpha, arithmetic: (mean of x − β·mean of m) × periods.
    public let jensenAlpha: Double?
    /// The squared correlation.
    public let rSquared: Double?
    /// Periods with r above b over all.
    public let battingAverage: Double
    /// g(m) = m² (Treynor and Mazuy 1966); nil where m takes fewer than three values.
    public let treynorMazuy: Fit?
    /// g(m) = max(0, −m) (Henriksson and Merton 1981); nil where m does not go both ways.
    public let henrikssonMerton: Fit?

    /// Of series of equal length, at least one, all finite; throws `.data` else.
    public init(
        returns: [Double], benchmark: [Double], conventions: ReturnConventions = ReturnConventions()
    ) throws(QuantError) {
        try conventions.check()
        guard !returns.isEmpty, returns.count == benchmark.count, returns.allSatisfy(\.isFinite),
              benchmark.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "returns and the benchmark's must be as many, and finite")
        }
        let own = ReturnMoments(returns.span), other = ReturnMoments(benchmark.span)
        let periods = conventions.periodsPerYear, riskFree = conventions.riskFreeRateOfPeriod
        var product = 0.0, better = 0
        for index in returns.indices {
            product += (returns[index] - own.mean) * (benchmark[index] - other.mean)
            better += returns[index] > benchmark[index] ? 1 : 0
        }
        let beta = returns.count < 2 ? nil : Performance.ratio(product, other.squares)
        let excess = own.mean - riskFree, market = other.mean - riskFree
        treynorRatio = beta.flatMap { Performance.ratio(excess * periods, $0) }
        jensenAlpha = beta.map { (excess - $0 * market) * periods }
        let sharpe = own.sampleDeviation.flatMap { Performance.ratio(excess * periods.squareRoot(), $0) }
        let squared = sharpe.flatMap { sharpe in
            other.sampleDeviation.map { sharpe * $0 * periods.squareRoot() + conventions.riskFreeRate }
        }
        mSquared = squared
        mSquaredExcess = squared.map { $0 - other.mean * periods }
        rSquared = Performance.ratio(product * product, own.squares * other.squares)
        battingAverage = Double(better) / Double(returns.count)
        let x = returns.map { $0 - riskFree }, m = benchmark.map { $0 - riskFree }
        treynorMazuy = Self.fit(x, m, m.map { $0 * $0 }, periods)
        henrikssonMerton = Self.fit(x, m, m.map { max(0, -$0) }, periods)
    }

    /// Least squares of x on 1, m and g by successive projection; nil where g is a line in m.
    private static func fit(_ x: [Double], _ m: [Double], _ g: [Double], _ periods: Double) -> Fit? {
        guard x.count > 2 else { return nil }
        let count = Double(x.count)
        let means = [x, m, g].map { column in column.reduce(0, +) / count }
        var mm = 0.0, mg = 0.0, gg = 0.0, mx = 0.0
        for index in x.indices {
            let a = m[index] - means[1], b = g[index] - means[2], y = x[index] - means[0]
            mm += a * a
            mg += a * b
            gg += b * b
            mx += a * y
        }
        guard mm > 0, gg > 0 else { return nil }
        // What of g is not m: exact differences, so that a g that is a line in m leaves nothing but rounding.
        let slope = mg / mm
        var own = 0.0, ownX = 0.0
        for index in x.indices {
            let left = g[index] - means[2] - slope * (m[index] - means[1])
            own += left * left
            ownX += left * (x[index] - means[0])
        }
        guard own > 1e-20 * gg else { return nil }
        let gamma = ownX / own, beta = mx / mm - gamma * slope
        let alpha = means[0] - beta * means[1] - gamma * means[2]
        var errors = 0.0
        for index in x.indices {
            let left = x[index] - alpha - beta * m[index] - gamma * g[index]
            errors += left * left
        }
        let error = x.count > 3 ? (errors / (count - 3) / own).squareRoot() : 0
        return Fit(alpha: alpha * periods, beta: beta, gamma: gamma, significance: Performance.ratio(gamma, error))
    }

    /// ½Σ|w − b|: the part of a portfolio that differs from the benchmark, 0 to 1 where both hold only what they own.
    /// Weights are in one order; throws `.data` where they are not as many or not finite.
    public static func activeShare(weights: [Double], benchmark: [Double]) throws(QuantError) -> Double {
        guard weights.count == benchmark.count, (weights + benchmark).allSatisfy(\.isFinite) else {
            throw QuantError(.data, "weights and the benchmark's must be as many, and finite")
        }
        return zip(weights, benchmark).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
    }
}
