import Numerics

/// How sure a Sharpe ratio is, after Bailey and López de Prado (2012, 2014). All ratios are of one period, not
/// annualised, deviations with n − 1, skew γ₃ and kurtosis γ₄ population moments, the kurtosis raw (3 if normal).
public struct SharpeSignificance: Sendable, Equatable {
    /// Mean of r − f over its deviation.
    public let sharpe: Double
    /// (1 − γ₃S + (γ₄ − 1)/4·S²)/(n − 1), the ratio's variance.
    public let variance: Double
    /// Returns it is from.
    public let count: Int
    private let spread: Double

    /// Nil for fewer than two returns, where they are flat, and where the moments leave no variance.
    public init?(returns: [Double], riskFreeRateOfPeriod: Double = 0) {
        guard returns.count > 1, returns.allSatisfy(\.isFinite) else { return nil }
        self.init(ReturnMoments(returns.span), riskFreeRateOfPeriod)
    }

    /// Of moments that are known.
    init?(_ moments: ReturnMoments, _ riskFreeRateOfPeriod: Double) {
        guard let deviation = moments.sampleDeviation, deviation > 0, let skew = moments.skew,
              let excess = moments.excessKurtosis else { return nil }
        self.init(sharpe: (moments.mean - riskFreeRateOfPeriod) / deviation, skew: skew, kurtosis: excess + 3,
                  count: moments.count)
    }

    /// Of a ratio and moments that are known; nil where they leave no variance.
    public init?(sharpe: Double, skew: Double, kurtosis: Double, count: Int) {
        let spread = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
        guard count > 1, spread.isFinite, spread > 0 else { return nil }
        self.sharpe = sharpe
        self.count = count
        self.spread = spread
        variance = spread / Double(count - 1)
    }

    /// Φ((S − target)/√variance): how probable it is that the true ratio is above `target` (PSR).
    public func probability(above target: Double) -> Double {
        NormalDistribution.cumulative((sharpe - target) / variance.squareRoot())
    }

    /// The ratio that the best of `trials` strategies without any skill is expected to show, √V times
    /// (1 − γ)Φ⁻¹(1 − 1/N) + γΦ⁻¹(1 − 1/(N·e)), γ Euler's constant; 0 for one trial.
    public static func expectedMaximum(trials: Int, variance: Double) -> Double {
        guard trials > 1 else { return 0 }
        let gamma = 0.577_215_664_901_532_9, e = 2.718_281_828_459_045
        let count = Double(trials)
        return variance.squareRoot() * ((1 - gamma) * NormalDistribution.quantile(1 - 1 / count)
            + gamma * NormalDistribution.quantile(1 - 1 / (count * e)))
    }

    /// The probability that the true ratio is above what the best of `trials` would show by luck (DSR). `variance` is
    /// that of the trials' ratios; the estimate's own where it is nil.
    public func deflated(trials: Int, variance other: Double? = nil) -> Double {
        probability(above: Self.expectedMaximum(trials: trials, variance: other ?? variance))
    }

    /// Returns needed for `confidence` that the true ratio is above `target`; nil where it is not above it.
    public func minimumTrackRecord(above target: Double, confidence: Double) -> Double? {
        guard sharpe > target else { return nil }
        let z = NormalDistribution.quantile(confidence) / (sharpe - target)
        return 1 + spread * z * z
    }
}
