import Glibc
import Numerics

/// Logistic regression with a ridge penalty on standardised columns, fitted by Newton's method (iteratively reweighted
/// least squares). The same rows give the same bits.
public struct LogisticRegression: Sendable, Equatable {
    /// Mean and deviation of each column, which are taken out before the weights apply; a column without spread has
    /// deviation 1 and weight 0.
    public let means: [Double], deviations: [Double]
    /// Weight a column, in log odds a standard deviation.
    public let weights: [Double]
    /// Log odds at the columns' means.
    public let intercept: Double

    public init(means: [Double], deviations: [Double], weights: [Double], intercept: Double) {
        self.means = means
        self.deviations = deviations
        self.weights = weights
        self.intercept = intercept
    }

    /// Fits. `rows` holds the columns' values row after row; `penalty` is the ridge on the sum of the log losses and
    /// leaves the intercept free. nil without rows, and where all labels are the same.
    public init?(rows: [Double], labels: [Bool], penalty: Double = 1) {
        let count = labels.count, positives = labels.count { $0 }
        guard count > 0, positives > 0, positives < count else { return nil }
        let width = rows.count / count
        var means = [Double](repeating: 0, count: width), deviations = means
        for row in 0..<count { for column in 0..<width { means[column] += rows[row * width + column] / Double(count) } }
        for row in 0..<count {
            for column in 0..<width {
                let away = rows[row * width + column] - means[column]
                deviations[column] += away * away / Double(count)
            }
        }
        let flat = deviations.map { !($0 > 1e-24) }
        deviations = deviations.map { $0 > 1e-24 ? $0.squareRoot() : 1 }
        var columns = [Double](repeating: 0, count: rows.count)
        for row in 0..<count {
            for column in 0..<width where !flat[column] {
                columns[row * width + column] = (rows[row * width + column] - means[column]) / deviations[column]
            }
        }
        let rate = Double(positives) / Double(count)
        var beta = [Double](repeating: 0, count: width + 1)
        beta[width] = log(rate / (1 - rate))
        for _ in 0..<100 {
            guard let step = Self.step(columns, labels, beta, width, penalty) else { break }
            for index in beta.indices { beta[index] += step[index] }
            if step.allSatisfy({ abs($0) < 1e-10 }) { break }
        }
        self.init(means: means, deviations: deviations, weights: Array(beta[..<width]), intercept: beta[width])
    }

    /// Newton's step: the Hessian's inverse times the gradient.
    private static func step(
        _ columns: [Double], _ labels: [Bool], _ beta: [Double], _ width: Int, _ penalty: Double
    ) -> [Double]? {
        let size = width + 1
        var hessian = [Double](repeating: 0, count: size * size), gradient = [Double](repeating: 0, count: size)
        for row in labels.indices {
            var odds = beta[width]
            for column in 0..<width { odds += beta[column] * columns[row * width + column] }
            let probability = probability(ofLogOdds: odds), away = (labels[row] ? 1 : 0) - probability
            let weight = max(1e-12, probability * (1 - probability))
            for column in 0..<width {
                let value = columns[row * width + column], weighted = weight * value
                gradient[column] += away * value
                for other in 0...column { hessian[column * size + other] += weighted * columns[row * width + other] }
                hessian[width * size + column] += weighted
            }
            gradient[width] += away
            hessian[width * size + width] += weight
        }
        for column in 0..<width {
            gradient[column] -= penalty * beta[column]
            hessian[column * size + column] += penalty
        }
        for row in 0..<size { for column in 0..<row { hessian[column * size + row] = hessian[row * size + column] } }
        return Cholesky(hessian, count: size)?.solve(gradient)
    }

    /// 1 / (1 + e^-x), without overflow.
    public static func probability(ofLogOdds odds: Double) -> Double {
        if odds >= 0 { return 1 / (1 + exp(-odds)) }
        let small = exp(odds)
        return small / (1 + small)
    }

    /// The probability at one row.
    public func probability(_ row: some Collection<Double>) -> Double {
        Self.probability(ofLogOdds: contributions(row).reduce(intercept, +))
    }

    /// What each column adds to the log odds at a row, against the columns' means.
    public func contributions(_ row: some Collection<Double>) -> [Double] {
        zip(zip(row, weights), zip(means, deviations)).map { pair, scale in pair.1 * (pair.0 - scale.0) / scale.1 }
    }
}
