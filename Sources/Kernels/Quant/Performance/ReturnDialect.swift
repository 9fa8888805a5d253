import Glibc

/// A tool whose numbers are to be told. Where a tool has no such figure it is NaN or nil.
///
/// - `empyrical` 0.7.1: the definitions of `Performance` itself.
/// - `quantstats` 0.0.86: Gaussian VaR and CVaR, unbiased skew and kurtosis, alpha arithmetic and without a risk-free
///   rate, an information ratio that is not annualised.
/// - `lean` (2023): the annual return is (1 + mean)^periods − 1, which ratios are of; Sortino over the deviation
///   (ddof 1) of negative returns alone; the drawdown positive; Gaussian VaR.
/// - `vectorbt` 1.2.0: 365 periods unless said; a drawdown from the first value on, without the start.
/// - `qlib` 0.9: 238 periods unless said; everything sums: total Σr, annual mean × periods, drawdown of Σr without the
///   start; the Sharpe ratio is its information ratio.
public enum ReturnDialect: String, CaseIterable, Sendable {
    case empyrical, quantstats, lean, vectorbt, qlib

    /// Returns in a year where the caller names none.
    public var periodsPerYear: Double {
        switch self {
        case .empyrical, .quantstats, .lean: 252
        case .vectorbt: 365
        case .qlib: 238
        }
    }
}

extension Performance {
    /// The figures as a tool tells them. `returns` are those the figures are of.
    public func told(
        as dialect: ReturnDialect, returns: [Double], conventions: ReturnConventions
    ) throws(QuantError) -> Performance {
        var told = self
        switch dialect {
        case .empyrical: break
        case .quantstats: try told.quantstats(returns, conventions)
        case .lean: try told.lean(returns, conventions)
        case .vectorbt:
            told.maxDrawdown = -PathSums(returns.span, isStartPeak: false).deepest
            told.calmarRatio = Self.ratio(annualReturn, -told.maxDrawdown)
            (told.stability, told.skew, told.kurtosis) = (nil, nil, nil)
        case .qlib: told.qlib(returns, conventions)
        }
        return told
    }

    private mutating func quantstats(
        _ returns: [Double], _ conventions: ReturnConventions
    ) throws(QuantError) {
        (downsideRisk, stability) = (.nan, nil)
        let unbiased = ReturnMoments(returns.span).unbiased
        (skew, kurtosis) = (unbiased.skew, unbiased.excessKurtosis)
        let tail = try ReturnTail(returns: returns, confidence: conventions.confidence)
        valueAtRisk = tail.gaussian?.valueAtRisk ?? .nan
        conditionalValueAtRisk = tail.gaussian?.conditional ?? .nan
    }

    private mutating func lean(_ returns: [Double], _ conventions: ReturnConventions) throws(QuantError) {
        let periods = conventions.periodsPerYear, mean = ReturnMoments(returns.span).mean
        annualReturn = pow(1 + mean, periods) - 1
        let excess = annualReturn - conventions.riskFreeRate
        sharpeRatio = annualVolatility.flatMap { Self.ratio(excess, $0) }
        let negative = returns.filter { $0 < 0 }
        let deviation = ReturnMoments(negative.span).sampleDeviation.map { $0 * periods.squareRoot() }
        downsideRisk = deviation ?? .nan
        sortinoRatio = deviation.flatMap { Self.ratio(excess, $0) }
        maxDrawdown = -maxDrawdown
        let tail = try ReturnTail(returns: returns, confidence: conventions.confidence)
        valueAtRisk = tail.gaussian?.valueAtRisk ?? .nan
        conditionalValueAtRisk = .nan
        (calmarRatio, omegaRatio, stability, tailRatio, skew, kurtosis) = (nil, nil, nil, nil, nil, nil)
    }

    private mutating func qlib(_ returns: [Double], _ conventions: ReturnConventions) {
        let moments = ReturnMoments(returns.span), periods = conventions.periodsPerYear
        totalReturn = moments.mean * Double(returns.count)
        annualReturn = moments.mean * periods
        sharpeRatio = moments.sampleDeviation.flatMap { Self.ratio(moments.mean * periods.squareRoot(), $0) }
        var total = 0.0, peak = -Double.infinity, deepest = 0.0
        for value in returns {
            total += value
            peak = max(peak, total)
            deepest = min(deepest, total - peak)
        }
        maxDrawdown = deepest
        (downsideRisk, valueAtRisk, conditionalValueAtRisk) = (.nan, .nan, .nan)
        (annualVolatility, sortinoRatio, calmarRatio, omegaRatio) = (nil, nil, nil, nil)
        (stability, tailRatio, skew, kurtosis) = (nil, nil, nil, nil)
    }
}

extension BenchmarkComparison {
    /// The figures as a tool tells them; nil where it has none. `returns` and `benchmark` are those they are of.
    public func told(
        as dialect: ReturnDialect, returns: [Double], benchmark: [Double], conventions: ReturnConventions
    ) -> BenchmarkComparison {
        var told = self
        let periods = conventions.periodsPerYear
        switch dialect {
        case .empyrical: break
        case .quantstats:
            let own = ReturnMoments(returns.span).mean, other = ReturnMoments(benchmark.span).mean
            told.alpha = beta.map { (own - $0 * other) * periods }
            told.informationRatio = informationRatio.map { $0 / periods.squareRoot() }
            (told.trackingError, told.upCapture, told.downCapture) = (nil, nil, nil)
        case .lean:
            let own = pow(1 + ReturnMoments(returns.span).mean, periods) - 1
            let other = pow(1 + ReturnMoments(benchmark.span).mean, periods) - 1
            let riskFree = conventions.riskFreeRate
            told.alpha = beta.map { own - (riskFree + $0 * (other - riskFree)) }
            told.informationRatio = trackingError.flatMap { Performance.ratio(own - other, $0) }
            (told.upCapture, told.downCapture, told.correlation) = (nil, nil, nil)
        case .vectorbt:
            told.informationRatio = informationRatio.map { $0 / periods.squareRoot() }
            (told.trackingError, told.correlation) = (nil, nil)
        case .qlib:
            (told.alpha, told.beta, told.trackingError, told.informationRatio) = (nil, nil, nil, nil)
            (told.upCapture, told.downCapture, told.correlation) = (nil, nil, nil)
        }
        return told
    }
}

extension PathFigures {
    /// The figures as a tool tells them; empyrical has none and its dialect leaves them as they are. quantstats divides
    /// the ulcer index by n − 1, leaves the risk-free rate to be taken once from the total return in its Martin ratio,
    /// and has the plain sum of returns recover from the drawdown; vectorbt's ulcer index begins at the first value.
    /// NaN or nil where another tool has none.
    public func told(
        as dialect: ReturnDialect, returns: [Double], conventions: ReturnConventions
    ) -> PathFigures {
        var told = self
        let count = Double(returns.count)
        switch dialect {
        case .empyrical: break
        case .lean, .qlib: told = .none
        case .quantstats:
            let sums = PathSums(returns.span)
            told.ulcerIndex = count > 1 ? (sums.squares / (count - 1)).squareRoot() : .nan
            told.martinRatio = Performance.ratio(sums.growth - 1 - conventions.riskFreeRate, told.ulcerIndex)
            let total = returns.reduce(0, +) - conventions.riskFreeRate
            told.recoveryFactor = Performance.ratio(abs(total), sums.deepest)
            told.painIndex = .nan
        case .vectorbt:
            let sums = PathSums(returns.span, isStartPeak: false)
            told = .none
            told.ulcerIndex = (sums.squares / count).squareRoot()
            told.martinRatio = Performance.ratio(
                conventions.annualReturn(growth: sums.growth, count: returns.count) - conventions.riskFreeRate,
                told.ulcerIndex)
        }
        return told
    }

    /// Nothing is known.
    private static var none: PathFigures {
        PathFigures(
            ulcerIndex: .nan, painIndex: .nan, martinRatio: nil, gainToPainRatio: nil, recoveryFactor: nil,
            winRate: nil, payoffRatio: nil, profitFactor: nil, best: .nan, worst: .nan)
    }
}

extension SharpeSignificance {
    /// The probability that the true ratio is above a year's `target`, as a tool tells it: quantstats with its own skew
    /// and kurtosis (unbiased, raw) against 0, LEAN with unbiased skew and excess kurtosis in the place of the raw one
    /// against 1 a year of 252. Nil where the tool has none.
    public static func told(
        as dialect: ReturnDialect, returns: [Double], conventions: ReturnConventions
    ) -> Double? {
        let moments = ReturnMoments(returns.span)
        guard let deviation = moments.sampleDeviation, deviation > 0, let skew = moments.unbiased.skew,
              let kurtosis = moments.unbiased.excessKurtosis else { return nil }
        switch dialect {
        case .quantstats:
            let ratio = (moments.mean - conventions.riskFreeRateOfPeriod) / deviation
            return SharpeSignificance(sharpe: ratio, skew: skew, kurtosis: kurtosis + 3, count: returns.count)?
                .probability(above: 0)
        case .lean:
            return SharpeSignificance(sharpe: moments.mean / deviation, skew: skew, kurtosis: kurtosis,
                                      count: returns.count)?.probability(above: 1 / 252.0.squareRoot())
        case .empyrical, .vectorbt, .qlib: return nil
        }
    }
}

extension ReturnMoments {
    /// Fisher's unbiased skew and excess kurtosis, as pandas and MathNet have them; nil where flat or too few.
    var unbiased: (skew: Double?, excessKurtosis: Double?) {
        let n = Double(count)
        let g1 = count > 2 ? skew.map { $0 * (n * (n - 1)).squareRoot() / (n - 2) } : nil
        let g2 = count > 3
            ? excessKurtosis.map { ((n + 1) * $0 + 6) * (n - 1) / ((n - 2) * (n - 3)) } : nil
        return (g1, g2)
    }
}
