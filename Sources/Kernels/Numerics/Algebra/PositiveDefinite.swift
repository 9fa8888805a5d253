/// A covariance made positive definite by raising its small eigenvalues to a floor (Higham 1988 for the floor 0: the
/// nearest one in the Frobenius norm).
public struct PositiveDefinite: Sendable, Equatable {
    /// The repaired matrix, row by row; the given one where nothing was to be done.
    public let matrix: [Double]
    /// The Frobenius norm of what was added: 0 where nothing was.
    public let distance: Double
    /// The floor, in units of the matrix: `relativeFloor` × its largest eigenvalue.
    public let floor: Double
    /// How many eigenvalues were raised.
    public let raised: Int
    /// The smallest eigenvalue that the given matrix had.
    public let smallest: Double

    /// Repairs a symmetric matrix given row by row; nil where a number is not finite or no eigenvalue is above 0.
    public init?(_ matrix: [Double], count: Int, relativeFloor: Double = 1e-10) {
        guard let eigen = SymmetricEigen(matrix, count: count), let largest = eigen.values.last, largest > 0 else {
            return nil
        }
        let floor = relativeFloor * largest
        self.floor = floor
        smallest = eigen.values[0]
        let low = eigen.values.filter { $0 < floor }
        raised = low.count
        guard !low.isEmpty else {
            self.matrix = matrix
            distance = 0
            return
        }
        self.matrix = eigen.matrix { max($0, floor) }
        distance = low.reduce(0) { $0 + (floor - $1) * (floor - $1) }.squareRoot()
    }
}
