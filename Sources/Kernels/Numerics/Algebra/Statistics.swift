/// Means and covariances of columns.
public enum Statistics {
    /// Mean, taken about the first value so that a constant column has itself; NaN for none.
    public static func mean(_ values: [Double]) -> Double {
        guard let pivot = values.first else { return .nan }
        var total = 0.0
        for value in values { total += value - pivot }
        return pivot + total / Double(values.count)
    }

    /// Σ(x−x̄)(y−ȳ)/(n − ddof).
    public static func covariance(_ x: [Double], _ y: [Double], ddof: Int = 1) -> Double {
        covariance(x, mean: mean(x), y, mean: mean(y), ddof: ddof)
    }

    /// The same where x̄ and ȳ are known.
    public static func covariance(
        _ x: [Double], mean meanX: Double, _ y: [Double], mean meanY: Double, ddof: Int = 1
    ) -> Double {
        precondition(x.count == y.count, "columns of unequal length")
        var total = 0.0
        for index in x.indices { total += (x[index] - meanX) * (y[index] - meanY) }
        return total / Double(x.count - ddof)
    }

    /// Σ(x−x̄)²/(n − ddof).
    public static func variance(_ values: [Double], ddof: Int = 1) -> Double { covariance(values, values, ddof: ddof) }

    /// Covariances of columns of equal length, row by row.
    public static func covarianceMatrix(_ columns: [[Double]], ddof: Int = 1) -> [Double] {
        let count = columns.count
        let means = columns.map(mean)
        let centred = zip(columns, means).map { column, mean in column.map { $0 - mean } }
        let divisor = Double((columns.first?.count ?? 0) - ddof)
        var matrix = [Double](repeating: 0, count: count * count)
        for row in 0..<count {
            for column in 0...row {
                let value = dot(centred[row], centred[column]) / divisor
                matrix[row * count + column] = value
                matrix[column * count + row] = value
            }
        }
        return matrix
    }

    /// Σ x·y with four partial sums.
    public static func dot(_ x: [Double], _ y: [Double]) -> Double {
        precondition(x.count == y.count, "columns of unequal length")
        var partial = SIMD4<Double>.zero
        var index = 0
        while index + 4 <= x.count {
            let a = SIMD4(x[index], x[index + 1], x[index + 2], x[index + 3])
            let b = SIMD4(y[index], y[index + 1], y[index + 2], y[index + 3])
            partial += a * b
            index += 4
        }
        var total = (partial.x + partial.y) + (partial.z + partial.w)
        while index < x.count {
            total += x[index] * y[index]
            index += 1
        }
        return total
    }
}
