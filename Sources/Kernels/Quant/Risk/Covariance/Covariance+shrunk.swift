import Numerics

extension Covariance {
    /// The sample matrix (ddof 0) shrunk to a scaled identity (Ledoit and Wolf 2004, "A well-conditioned estimator for
    /// large-dimensional covariance matrices"): δ·m·I + (1−δ)·S, m the mean variance, δ = min(b², d²)/d².
    public static func ledoitWolf(_ returns: [[Double]]) throws(QuantError) -> Covariance {
        let (columns, plain) = try centred(returns)
        let count = returns.count
        let periods = Double(returns[0].count)
        let level = (0..<count).reduce(0) { $0 + plain[$1 * count + $1] } / Double(count)
        let squares = columns.map { $0.map { $0 * $0 } }
        let total = Covariance.products(squares).reduce(0, +) / periods
        let power = plain.reduce(0) { $0 + $1 * $1 }
        let distance = power - Double(count) * level * level
        let spread = min((total - power) / periods, distance)
        let share = spread > 0 && distance > 0 ? spread / distance : 0
        var matrix = plain.map { $0 * (1 - share) }
        for index in 0..<count { matrix[index * count + index] += share * level }
        return Covariance(matrix, count: count, ddof: 0, shrinkage: share)
    }

    /// The sample matrix (ddof 0) shrunk to one with the same variances and one correlation for all pairs (Ledoit and
    /// Wolf 2004, "Honey, I shrunk the sample covariance matrix").
    public static func constantCorrelation(_ returns: [[Double]]) throws(QuantError) -> Covariance {
        let (columns, plain) = try centred(returns)
        let count = returns.count
        let periods = Double(returns[0].count)
        let deviations = (0..<count).map { plain[$0 * count + $0].squareRoot() }
        guard deviations.allSatisfy({ $0 > 0 }) else {
            throw QuantError(.data, "an instrument's returns are constant: it has no correlation")
        }
        guard count > 1 else { return Covariance(plain, count: 1, ddof: 0, shrinkage: 0) }
        var sum = 0.0
        for row in 0..<count {
            for column in 0..<count where column != row {
                sum += plain[row * count + column] / (deviations[row] * deviations[column])
            }
        }
        let mean = sum / Double(count * (count - 1))
        let target = plain.indices.map { index in
            let (row, column) = (index / count, index % count)
            return row == column ? plain[index] : mean * deviations[row] * deviations[column]
        }
        let squares = columns.map { $0.map { $0 * $0 } }
        let fourth = Covariance.products(squares)
        var spread = 0.0, common = 0.0
        for row in 0..<count {
            let cubes = zip(squares[row], columns[row]).map { $0 * $1 }
            for column in 0..<count {
                let index = row * count + column
                let variance = fourth[index] / periods - plain[index] * plain[index]
                spread += variance
                if row == column {
                    common += variance
                } else {
                    let own = Statistics.dot(cubes, columns[column]) / periods - plain[row * count + row] * plain[index]
                    common += mean * deviations[column] / deviations[row] * own
                }
            }
        }
        let distance = zip(plain, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let share = distance > 0 ? min(1, max(0, (spread - common) / distance / periods)) : 0
        let matrix = zip(plain, target).map { (1 - share) * $0 + share * $1 }
        return Covariance(matrix, count: count, ddof: 0, shrinkage: share)
    }

    /// Columns about their means, and their covariance with ddof 0.
    private static func centred(_ returns: [[Double]]) throws(QuantError) -> (columns: [[Double]], plain: [Double]) {
        try check(returns)
        let columns = returns.map { column in
            let mean = Statistics.mean(column)
            return column.map { $0 - mean }
        }
        let periods = Double(returns[0].count)
        return (columns, products(columns).map { $0 / periods })
    }
}
