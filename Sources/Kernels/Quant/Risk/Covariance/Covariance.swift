import Numerics

/// A covariance matrix of instruments, with how it was estimated.
public struct Covariance: Sendable, Equatable {
    /// Row by row, per period of the returns.
    public let matrix: [Double]
    /// Instruments.
    public let count: Int
    /// What was subtracted from the number of observations.
    public let ddof: Int
    /// Share of the target in a shrunk matrix; nil for the others.
    public let shrinkage: Double?

    init(_ matrix: [Double], count: Int, ddof: Int, shrinkage: Double? = nil) {
        self.matrix = matrix
        self.count = count
        self.ddof = ddof
        self.shrinkage = shrinkage
    }

    /// Σ(x−x̄)(y−ȳ)/(n−1).
    public static func sample(_ returns: [[Double]]) throws(QuantError) -> Covariance {
        try check(returns)
        return Covariance(Statistics.covarianceMatrix(returns), count: returns.count, ddof: 1)
    }

    /// Σ wₜ·xₜ·yₜ with wₜ ∝ λ^(n−1−t) summing to 1 and a mean of 0 (RiskMetrics 1996); ddof 0.
    public static func exponential(_ returns: [[Double]], decay: Double = 0.94) throws(QuantError) -> Covariance {
        try check(returns)
        guard decay > 0, decay < 1 else { throw QuantError(.parameter, "the decay must be between 0 and 1") }
        var weights = [Double](repeating: 1, count: returns[0].count)
        for index in weights.indices.dropLast().reversed() { weights[index] = weights[index + 1] * decay }
        let total = weights.reduce(0, +)
        let scaled = returns.map { column in zip(column, weights).map { $0 * ($1 / total).squareRoot() } }
        return Covariance(products(scaled), count: returns.count, ddof: 0)
    }

    /// The sample matrix seen through its `factors` largest principal components: Σλₖvₖvₖᵀ and, on the diagonal, the
    /// variance that they leave, so that every variance is the sample's; ddof 1.
    public static func factorModel(_ returns: [[Double]], factors: Int) throws(QuantError) -> Covariance {
        let plain = try sample(returns)
        let count = plain.count
        guard factors >= 1, factors <= count else {
            throw QuantError(.parameter, "factors must be from 1 to the number of instruments, \(count)")
        }
        guard let eigen = SymmetricEigen(plain.matrix, count: count) else {
            throw QuantError(.data, "the covariance is not finite")
        }
        let cut = count - factors
        var matrix = [Double](repeating: 0, count: count * count)
        for k in cut..<count {
            for row in 0..<count {
                let scaled = max(0, eigen.values[k]) * eigen.vectors[k * count + row]
                for column in 0..<count { matrix[row * count + column] += scaled * eigen.vectors[k * count + column] }
            }
        }
        for index in 0..<count { matrix[index * count + index] = plain.matrix[index * count + index] }
        return Covariance(matrix, count: count, ddof: 1)
    }

    /// The sample correlations with what random matrices explain taken out (Laloux, Cizeau, Bouchaud and Potters 1999).
    ///
    /// Eigenvalues not above Marchenko and Pastur's edge (1 + √(p/n))² are replaced by their mean, which keeps the
    /// trace; the diagonal is set back to 1 and the sample's deviations (ddof 1) are put back.
    public static func cleaned(_ returns: [[Double]]) throws(QuantError) -> Covariance {
        let plain = try sample(returns)
        let count = plain.count
        let deviations = (0..<count).map { plain.matrix[$0 * count + $0].squareRoot() }
        guard deviations.allSatisfy({ $0 > 0 }) else {
            throw QuantError(.data, "an instrument's returns are constant: it has no correlation")
        }
        let correlation = plain.scaled(by: deviations.map { 1 / $0 })
        guard let eigen = SymmetricEigen(correlation, count: count) else {
            throw QuantError(.data, "the correlation is not finite")
        }
        let side = 1 + (Double(count) / Double(returns[0].count)).squareRoot()
        let noise = eigen.values.filter { $0 <= side * side }
        let level = noise.isEmpty ? 0 : noise.reduce(0, +) / Double(noise.count)
        let clean = Covariance(
            eigen.matrix { $0 <= side * side ? level : $0 }, count: count, ddof: 1)
        let diagonal = (0..<count).map { clean.matrix[$0 * count + $0].squareRoot() }
        return Covariance(clean.scaled(by: zip(deviations, diagonal).map { $0 / $1 }), count: count, ddof: 1)
    }

    /// sᵢ·Aᵢⱼ·sⱼ.
    func scaled(by factors: [Double]) -> [Double] {
        matrix.indices.map { matrix[$0] * (factors[$0 / count] * factors[$0 % count]) }
    }

    /// Sums of products of columns.
    static func products(_ columns: [[Double]]) -> [Double] {
        let count = columns.count
        var matrix = [Double](repeating: 0, count: count * count)
        for row in 0..<count {
            for column in 0...row {
                let value = Statistics.dot(columns[row], columns[column])
                matrix[row * count + column] = value
                matrix[column * count + row] = value
            }
        }
        return matrix
    }

    /// Refuses what has no covariance.
    static func check(_ returns: [[Double]]) throws(QuantError) {
        guard let first = returns.first, first.count > 1, returns.allSatisfy({ $0.count == first.count }) else {
            throw QuantError(.data, "a covariance needs columns of equal length, at least 2")
        }
        guard returns.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw QuantError(.data, "a return is not finite")
        }
    }
}
