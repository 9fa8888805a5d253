/// The lower triangle L of a symmetric positive definite matrix A = L·Lᵀ, row by row.
public struct Cholesky: Sendable, Equatable {
    /// Rows of the matrix.
    public let count: Int
    /// L, with zeros above the diagonal.
    public let lower: [Double]

    /// Factors a matrix given row by row; nil where it is not positive definite.
    public init?(_ matrix: [Double], count: Int) {
        precondition(matrix.count == count * count, "not a square matrix")
        var lower = [Double](repeating: 0, count: count * count)
        for row in 0..<count {
            for column in 0...row {
                var value = matrix[row * count + column]
                for index in 0..<column { value -= lower[row * count + index] * lower[column * count + index] }
                if row == column {
                    guard value > 0, value.isFinite else { return nil }
                    lower[row * count + row] = value.squareRoot()
                } else {
                    lower[row * count + column] = value / lower[column * count + column]
                }
            }
        }
        self.count = count
        self.lower = lower
    }

    /// The x with A·x = b.
    public func solve(_ right: [Double]) -> [Double] {
        precondition(right.count == count, "a right side of another length")
        var x = right
        for row in 0..<count {
            for column in 0..<row { x[row] -= lower[row * count + column] * x[column] }
            x[row] /= lower[row * count + row]
        }
        for row in (0..<count).reversed() {
            for column in (row + 1)..<max(count, row + 1) { x[row] -= lower[column * count + row] * x[column] }
            x[row] /= lower[row * count + row]
        }
        return x
    }

    /// L·z: independent numbers made to covary as A.
    public func multiply(_ z: [Double]) -> [Double] {
        precondition(z.count == count, "a vector of another length")
        return (0..<count).map { row in (0...row).reduce(0) { $0 + lower[row * count + $1] * z[$1] } }
    }
}
