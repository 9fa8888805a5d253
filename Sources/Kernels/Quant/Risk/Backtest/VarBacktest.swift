import Glibc
import Numerics

/// Whether a value at risk kept its promise: how often and how clustered losses were above it.
public struct VarBacktest: Sendable, Equatable {
    /// A likelihood-ratio test: its statistic and the probability of one as large where the model is right.
    public struct Test: Sendable, Equatable {
        public let statistic: Double
        public let pValue: Double

        init(_ statistic: Double, degrees: Double) {
            self.statistic = max(0, statistic)
            pValue = 1 - ChiSquareDistribution(degrees: degrees).cumulative(max(0, statistic))
        }
    }

    /// The Basel Committee's colours.
    public enum Zone: String, Sendable, Equatable { case green, yellow, red }

    /// Days compared.
    public let observations: Int
    /// Days with a loss above the value at risk.
    public let exceptions: Int
    /// (1 − c)·observations.
    public let expected: Double
    /// Kupiec's proportion of failures (1995), one degree of freedom.
    public let kupiec: Test
    /// Christoffersen's independence (1998) against a first-order Markov chain, one degree.
    public let independence: Test
    /// Both together, two degrees.
    public let conditionalCoverage: Test
    /// P(at most this many exceptions) where the model is right: green below 95 % and without exceptions,
    /// red from 99.99 % on.
    public let zone: Zone
    /// That probability.
    public let cumulative: Double
    /// Added to the multiplier of 3 by the table of MAR32 for 250 days at 99 %; nil for other sizes.
    public let plusFactor: Double?

    /// Compares returns with the value at risk stated before each, positive losses as fractions.
    public init(returns: [Double], valueAtRisk: [Double], confidence: Double) throws(QuantError) {
        guard returns.count == valueAtRisk.count, !returns.isEmpty else {
            throw QuantError(.data, "\(returns.count) returns for \(valueAtRisk.count) values at risk")
        }
        guard confidence > 0, confidence < 1 else {
            throw QuantError(.parameter, "the confidence must be between 0 and 1")
        }
        guard returns.allSatisfy(\.isFinite), valueAtRisk.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "a return or a value at risk is not finite")
        }
        self.init(hits: zip(returns, valueAtRisk).map { -$0 > $1 }, confidence: confidence)
    }

    init(hits: [Bool], confidence: Double) {
        let rate = ((1 - confidence) * 1e12).rounded() / 1e12
        let count = hits.count, failed = hits.count { $0 }
        observations = count
        exceptions = failed
        expected = rate * Double(count)
        let plain = Self.likelihood(count - failed, failed, rate)
        let free = Self.likelihood(count - failed, failed, Double(failed) / Double(count))
        kupiec = Test(2 * (free - plain), degrees: 1)
        var moves = [[0, 0], [0, 0]]
        for (before, after) in zip(hits, hits.dropFirst()) { moves[before ? 1 : 0][after ? 1 : 0] += 1 }
        let calm = moves[0][0] + moves[0][1], after = moves[1][0] + moves[1][1]
        let all = max(1, calm + after)
        let pooled = Self.likelihood(
            moves[0][0] + moves[1][0], moves[0][1] + moves[1][1], Double(moves[0][1] + moves[1][1]) / Double(all))
        let chain =
            Self.likelihood(moves[0][0], moves[0][1], calm == 0 ? 0 : Double(moves[0][1]) / Double(calm))
            + Self.likelihood(moves[1][0], moves[1][1], after == 0 ? 0 : Double(moves[1][1]) / Double(after))
        independence = Test(2 * (chain - pooled), degrees: 1)
        conditionalCoverage = Test(kupiec.statistic + independence.statistic, degrees: 2)
        cumulative = Self.binomial(failed, of: count, rate)
        zone = failed == 0 || cumulative < 0.95 ? .green : cumulative < 0.9999 ? .yellow : .red
        let plus = [0, 0, 0, 0, 0, 0.4, 0.5, 0.65, 0.75, 0.85]
        plusFactor = count == 250 && rate == 0.01 ? (failed < 10 ? plus[failed] : 1) : nil
    }

    /// a·ln(1−p) + b·ln p, with 0·ln 0 = 0.
    private static func likelihood(_ kept: Int, _ failed: Int, _ rate: Double) -> Double {
        (kept == 0 ? 0 : Double(kept) * log1p(-rate)) + (failed == 0 ? 0 : Double(failed) * log(rate))
    }

    /// P(X ≤ k) of a binomial.
    private static func binomial(_ k: Int, of count: Int, _ rate: Double) -> Double {
        var total = 0.0
        for value in 0...k {
            total += exp(
                lgamma(Double(count) + 1) - lgamma(Double(value) + 1) - lgamma(Double(count - value) + 1)
                    + Double(value) * log(rate) + Double(count - value) * log1p(-rate))
        }
        return min(1, total)
    }
}
