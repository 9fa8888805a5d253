/// What a portfolio holds of a factor at one time: Σ wᵢxᵢ over the instruments whose value is known.
public struct FactorExposure: Sendable, Equatable {
    /// Exposure of the portfolio and of its benchmark, in units of the factor; NaN where no value of it is known.
    public let portfolio: Double, benchmark: Double
    /// Part of the portfolio's weights, without their signs, whose value is known: from 0 to 1.
    public let covered: Double

    /// Exposure of the portfolio less that of its benchmark; a side that holds nothing has none.
    public let active: Double

    /// Weights and values by instrument, in the same order; a NaN value is not known.
    public init(weights: [Double], benchmark other: [Double], values: [Double]) {
        precondition(weights.count == values.count && other.count == values.count, "columns of unequal length")
        func exposure(_ weights: [Double]) -> (value: Double, known: Double, held: Double) {
            var value = 0.0, known = 0.0, held = 0.0
            for (weight, x) in zip(weights, values) where weight != 0 {
                held += abs(weight)
                guard x.isFinite else { continue }
                known += abs(weight)
                value += weight * x
            }
            return (held > 0 && known == 0 ? .nan : value, known, held)
        }
        let own = exposure(weights), its = exposure(other)
        portfolio = own.value
        benchmark = its.value
        active = own.value - its.value
        covered = own.held > 0 ? own.known / own.held : 0
    }
}

/// Why a portfolio that is held at fixed weights, set again at every row, did better or worse than its benchmark: parts
/// of factors and a rest that sum to the active return.
///
/// The period from a row to the next takes exposures at its beginning. Its factor returns are least squares over the
/// instruments that have every value and both prices; the others have no exposure in it, so that what they earn is
/// specific. A price that is missing is the one before it. A period in which the factors cannot be told apart is all
/// specific, and counted. Periods are linked by Cariño.
public struct HeldAttribution: Sendable {
    /// Parts by factor and the rest, over all periods.
    public let linked: LinkedFactorAttribution
    /// Periods, and those that the factors explain nothing of.
    public let periods: Int, unexplained: Int

    /// - Parameters:
    ///   - weights: By instrument; `benchmark` likewise, all 0 where there is none.
    ///   - values: `[factor][instrument][row]`, NaN where not known.
    ///   - prices: `[instrument][row]`.
    ///
    /// Throws `.data` where columns are unequal, there are fewer than two rows, no period is explained, or a period
    /// loses everything.
    public init(
        weights: [Double], benchmark: [Double], values: [[[Double]]], prices: [[Double]]
    ) throws(QuantError) {
        let rows = prices.first?.count ?? 0
        guard weights.count == prices.count, benchmark.count == prices.count,
              prices.allSatisfy({ $0.count == rows }),
              values.allSatisfy({ $0.count == prices.count && $0.allSatisfy { $0.count == rows } }) else {
            throw QuantError(.data, "weights, values and prices must be of the same instruments and rows")
        }
        guard rows > 1 else { throw QuantError(.data, "a return needs two rows") }
        let filled = prices.map(Self.filled)
        var periods: [LinkedFactorAttribution.Period] = [], unexplained = 0
        for row in 0..<(rows - 1) {
            let exposures = prices.indices.map { instrument in
                let own = values.map { $0[instrument][row] }
                let isKnown = prices[instrument][row].isFinite && prices[instrument][row + 1].isFinite
                    && own.allSatisfy(\.isFinite)
                return isKnown ? own : [Double](repeating: 0, count: values.count)
            }
            let returns = filled.map { column in
                let change = column[row + 1] / column[row] - 1
                return change.isFinite ? change : 0
            }
            var period = LinkedFactorAttribution.Period(
                weights: weights, benchmark: benchmark, exposures: exposures, returns: returns)
            let estimated = Self.factorReturns(period)
            if estimated == nil { unexplained += 1 }
            period.factorReturns = estimated ?? [Double](repeating: 0, count: values.count)
            periods.append(period)
        }
        guard unexplained < periods.count else {
            throw QuantError(.data, "in no period can the \(values.count) factors be told apart: too few instruments "
                + "have all their values, or some factors depend on others")
        }
        linked = try LinkedFactorAttribution(periods)
        self.periods = periods.count
        self.unexplained = unexplained
    }

    /// Least squares; nil where there is more than one answer.
    private static func factorReturns(_ period: LinkedFactorAttribution.Period) -> [Double]? {
        (try? FactorAttribution(weights: period.weights, benchmark: period.benchmark, exposures: period.exposures,
                                returns: period.returns))?.factorReturns
    }

    private static func filled(_ column: [Double]) -> [Double] {
        var filled = column
        for row in filled.indices.dropFirst() where !filled[row].isFinite { filled[row] = filled[row - 1] }
        return filled
    }
}
