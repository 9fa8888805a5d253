/// What a portfolio's active return is made of: returns of factors, each times the portfolio's active exposure to it,
/// and what is specific to its instruments. The parts sum to the active return.
///
/// Over one period, with active weights a = w − b, exposures X and instrument returns r: factor returns f are the
/// least-squares solution of r = X·f + e (or are given), the contribution of factor k is (Σ aᵢXᵢₖ)·fₖ, the specific
/// part of instrument i is aᵢeᵢ with eᵢ = rᵢ − Σ Xᵢₖfₖ.
public struct FactorAttribution: Sendable, Equatable {
    /// Active exposure to each factor, Σ aᵢXᵢₖ.
    public let exposures: [Double]
    /// Return of each factor.
    public let factorReturns: [Double]
    /// Part of each factor in the active return.
    public let contributions: [Double]
    /// Part of each instrument that no factor explains.
    public let specific: [Double]
    /// Σ aᵢrᵢ.
    public let activeReturn: Double

    /// Sum of the specific parts.
    public var specificReturn: Double { specific.reduce(0, +) }

    /// Attributes one period. `exposures` holds a row an instrument; `factorReturns` stands instead of an estimate.
    /// Throws `.data` where shapes differ, a number is not finite, or the factors depend on each other.
    public init(
        weights: [Double], benchmark: [Double], exposures rows: [[Double]], returns: [Double],
        factorReturns given: [Double]? = nil
    ) throws(QuantError) {
        let count = weights.count, factors = rows.first?.count ?? 0
        guard count > 0, benchmark.count == count, returns.count == count, rows.count == count,
              rows.allSatisfy({ $0.count == factors }), given.map({ $0.count == factors }) ?? true else {
            throw QuantError(.data, "weights, benchmark, exposures and returns must be of the same instruments")
        }
        guard (weights + benchmark + returns + rows.flatMap { $0 } + (given ?? [])).allSatisfy(\.isFinite) else {
            throw QuantError(.data, "every number must be finite")
        }
        let solved = if let given { given } else { try Self.regress(returns, rows, factors) }
        let active = zip(weights, benchmark).map { $0 - $1 }
        let exposed = (0..<factors).map { factor in
            active.indices.reduce(0) { $0 + active[$1] * rows[$1][factor] }
        }
        exposures = exposed
        factorReturns = solved
        contributions = zip(exposed, solved).map { $0 * $1 }
        specific = active.indices.map { index in
            active[index] * (returns[index] - zip(rows[index], solved).reduce(0) { $0 + $1.0 * $1.1 })
        }
        activeReturn = zip(active, returns).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Least squares by Householder reflections, which keeps what normal equations would lose.
    private static func regress(_ returns: [Double], _ rows: [[Double]], _ factors: Int) throws(QuantError) -> [Double] {
        let count = rows.count
        guard count >= factors else {
            throw QuantError(.data, "\(count) instruments cannot tell \(factors) factors apart")
        }
        var matrix = rows, right = returns, diagonal = [Double](repeating: 0, count: factors)
        let scales = (0..<factors).map { column in rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot() }
        for column in 0..<factors {
            let length = (column..<count).reduce(0) { $0 + matrix[$1][column] * matrix[$1][column] }.squareRoot()
            guard length > 1e-12 * scales[column] else {
                throw QuantError(.data, "factor \(column) depends on those before it")
            }
            let pivot = matrix[column][column] > 0 ? -length : length
            diagonal[column] = pivot
            matrix[column][column] -= pivot
            let norm = (column..<count).reduce(0) { $0 + matrix[$1][column] * matrix[$1][column] }
            for other in (column + 1)..<max(column + 1, factors) {
                let share = 2 / norm * (column..<count).reduce(0) { $0 + matrix[$1][column] * matrix[$1][other] }
                for row in column..<count { matrix[row][other] -= share * matrix[row][column] }
            }
            let share = 2 / norm * (column..<count).reduce(0) { $0 + matrix[$1][column] * right[$1] }
            for row in column..<count { right[row] -= share * matrix[row][column] }
        }
        var solved = [Double](repeating: 0, count: factors)
        for column in (0..<factors).reversed() {
            var value = right[column]
            for other in (column + 1)..<max(column + 1, factors) { value -= matrix[column][other] * solved[other] }
            solved[column] = value / diagonal[column]
        }
        return solved
    }
}
