/// Eigenvalues and eigenvectors of a symmetric matrix: A = Σ λₖ·vₖ·vₖᵀ.
public struct SymmetricEigen: Sendable, Equatable {
    /// Rows of the matrix.
    public let count: Int
    /// Eigenvalues, rising.
    public let values: [Double]
    /// Eigenvector k is row k, of length 1; its sign is free.
    public let vectors: [Double]

    /// Decomposes a symmetric matrix given row by row, by cyclic Jacobi rotations (Golub and Van Loan, 8.5). Only the
    /// part on and above the diagonal is read. Nil where a number is not finite.
    public init?(_ matrix: [Double], count: Int) {
        precondition(matrix.count == count * count, "not a square matrix")
        guard matrix.allSatisfy(\.isFinite) else { return nil }
        var a = matrix
        for row in 0..<count { for column in 0..<row { a[row * count + column] = a[column * count + row] } }
        var v = [Double](repeating: 0, count: count * count)
        for index in 0..<count { v[index * count + index] = 1 }
        for _ in 0..<100 where Self.sweep(&a, &v, count) {}
        let diagonal = (0..<count).map { a[$0 * count + $0] }
        let order = (0..<count).sorted { (diagonal[$0], $0) < (diagonal[$1], $1) }
        self.count = count
        values = order.map { diagonal[$0] }
        vectors = order.flatMap { v[$0 * count..<($0 + 1) * count] }
    }

    /// One round over all pairs; false where nothing was left to rotate. The rows of `v` become the eigenvectors.
    private static func sweep(_ a: inout [Double], _ v: inout [Double], _ count: Int) -> Bool {
        var hasTurned = false
        for p in 0..<count {
            for q in (p + 1)..<max(count, p + 1) {
                let off = a[p * count + q], first = a[p * count + p], second = a[q * count + q]
                let reach = 1e-17 * (abs(first) * abs(second)).squareRoot()
                if abs(off) <= max(reach, 1e-300) {
                    continue
                }
                hasTurned = true
                let theta = (second - first) / (2 * off)
                let tangent = (theta < 0 ? -1.0 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
                let cosine = 1 / (tangent * tangent + 1).squareRoot(), sine = tangent * cosine
                a[p * count + p] = first - tangent * off
                a[q * count + q] = second + tangent * off
                a[p * count + q] = 0
                a[q * count + p] = 0
                for k in 0..<count where k != p && k != q {
                    let left = a[p * count + k], right = a[q * count + k]
                    let turnedLeft = cosine * left - sine * right, turnedRight = sine * left + cosine * right
                    a[p * count + k] = turnedLeft
                    a[k * count + p] = turnedLeft
                    a[q * count + k] = turnedRight
                    a[k * count + q] = turnedRight
                }
                for k in 0..<count {
                    let left = v[p * count + k], right = v[q * count + k]
                    v[p * count + k] = cosine * left - sine * right
                    v[q * count + k] = sine * left + cosine * right
                }
            }
        }
        return hasTurned
    }

    /// Σ f(λₖ)·vₖ·vₖᵀ, row by row.
    public func matrix(_ change: (Double) -> Double) -> [Double] {
        var result = [Double](repeating: 0, count: count * count)
        for k in 0..<count {
            let value = change(values[k])
            for row in 0..<count {
                let scaled = value * vectors[k * count + row]
                for column in 0..<count { result[row * count + column] += scaled * vectors[k * count + column] }
            }
        }
        return result
    }
}
