import Glibc
import Numerics

/// Two regimes of a series of returns, calm and restless, that follow each other as a Markov chain (Hamilton 1989).
///
/// r_t = μ + σ_s·ε_t with ε_t normal and s_t the regime; p_ii is the chance that a regime stays for one more period,
/// and the first period's regime is drawn from the chain's stationary distribution. The filter gives P(s_t | r_1…r_t),
/// its normalising constants the likelihood. The parameters are those of the greatest likelihood: from several fixed
/// starts a few steps of expectation and maximisation, then BFGS with the exact gradient, which the smoothed
/// probabilities give (Kim 1994). The same returns give the same bits.
public struct VolatilityRegimes: Sendable, Equatable {
    /// What the model is made of, in the unit of the returns.
    public struct Parameters: Sendable, Equatable {
        /// μ, of both regimes.
        public let mean: Double
        /// σ of a period, by regime.
        public let calm: Double, restless: Double
        /// Chance that the next period is of the same regime.
        public let calmStays: Double, restlessStays: Double

        /// Parameters as given.
        public init(mean: Double, calm: Double, restless: Double, calmStays: Double, restlessStays: Double) {
            self.mean = mean
            self.calm = calm
            self.restless = restless
            self.calmStays = calmStays
            self.restlessStays = restlessStays
        }
    }

    /// Fewer returns are refused.
    public static let returnsNeeded = 100

    public let parameters: Parameters
    /// Natural logarithm of the likelihood.
    public let logLikelihood: Double
    /// The same of one normal distribution without regimes.
    public let singleLogLikelihood: Double
    /// P(restless) of each period, given the returns up to it.
    public let restless: [Double]

    /// Fits by maximum likelihood. Throws for fewer than `returnsNeeded` returns, for constant ones, and where so many
    /// are equal that a regime without any deviation fits them.
    public init(fitting returns: [Double]) throws(QuantError) {
        guard returns.count >= Self.returnsNeeded, returns.allSatisfy(\.isFinite) else {
            throw QuantError(
                .data, "regimes need \(Self.returnsNeeded) finite returns or more, there are \(returns.count)")
        }
        let deviation = Self.deviation(returns)
        guard deviation > 0, deviation.isFinite else { throw QuantError(.data, "regimes need returns that move") }
        let chain = RegimeChain(returns.map { $0 / deviation })
        guard let best = chain.fitted else {
            throw QuantError(.data, "no regimes fit these returns, of which many are equal")
        }
        let found = best.scaled(by: deviation)
        self.init(returns, found.isOrdered ? found : found.swapped)
    }

    /// The filter at known parameters, of at least one return.
    public init(_ returns: [Double], _ parameters: Parameters) {
        self.parameters = parameters
        let pass = RegimeChain(returns).filter(RegimePoint(parameters))
        restless = pass.filtered
        logLikelihood = pass.logLikelihood
        let deviation = Self.deviation(returns), count = Double(returns.count)
        singleLogLikelihood = -0.5 * count * (log(2 * Double.pi * deviation * deviation) + 1)
    }

    /// Whether two regimes tell more than one distribution: by Schwarz' criterion, as three parameters more have to
    /// earn 3·ln(n)/2 of log-likelihood. (A likelihood ratio has no chi-square distribution here: without a second
    /// regime its transitions are not identified.)
    public var isTold: Bool {
        logLikelihood - singleLogLikelihood > 1.5 * log(Double(restless.count))
    }

    /// P(restless) of the period after the last.
    public var nextRestless: Double {
        let now = restless.last ?? 0
        return now * parameters.restlessStays + (1 - now) * (1 - parameters.calmStays)
    }

    /// √(Σ(r − r̄)²/n).
    private static func deviation(_ returns: [Double]) -> Double {
        let mean = Statistics.mean(returns)
        return (returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(returns.count)).squareRoot()
    }
}
