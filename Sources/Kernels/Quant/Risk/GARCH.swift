import Glibc
import Numerics

/// σ²_t = ω + α(r_{t−1} − μ)² + βσ²_{t−1} of a series of returns, with a constant mean and normal likelihood
/// (Bollerslev 1986).
///
/// The day before the first is given the same variance for both terms: a mean of the first 75 squared distances from
/// the sample mean with weights 0.94^t.
public struct GARCH: Sendable, Equatable {
    /// μ, per period.
    public let mean: Double
    /// ω, per period.
    public let omega: Double
    /// α.
    public let alpha: Double
    /// β.
    public let beta: Double
    /// Natural logarithm of the likelihood.
    public let logLikelihood: Double
    /// σ²_t of each return.
    public let variances: [Double]
    /// σ² of the period after the last.
    public let nextVariance: Double

    /// Fits by maximum likelihood: Nelder and Mead's simplex from several starts, on returns brought to a deviation of
    /// 1. Throws for fewer than 30 returns or constant ones.
    public init(fitting returns: [Double]) throws(QuantError) {
        guard returns.count >= 30, returns.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "a GARCH model needs 30 finite returns or more, there are \(returns.count)")
        }
        let scale = Statistics.variance(returns).squareRoot()
        guard scale > 0, scale.isFinite else { throw QuantError(.data, "a GARCH model needs returns that move") }
        let unit = returns.map { $0 / scale }
        let middle = Statistics.mean(unit)
        let before = Self.before(unit, middle)
        var best: (point: [Double], value: Double)?
        for (alpha, beta) in [(0.05, 0.9), (0.1, 0.8), (0.2, 0.5)] {
            let start = [middle, log(1 - alpha - beta), Self.logit(alpha + beta), Self.logit(alpha / (alpha + beta))]
            var found = NelderMead.minimum(from: start, step: 0.2) { Self.loss(unit, $0, before) }
            found = NelderMead.minimum(from: found.point, step: 0.05) { Self.loss(unit, $0, before) }
            if found.value < best?.value ?? .infinity { best = found }
        }
        guard let best else { throw QuantError(.data, "no GARCH model fits these returns") }
        let fitted = Self.parameters(best.point)
        let path = Self.path(unit, fitted, before)
        mean = fitted.mean * scale
        omega = fitted.omega * scale * scale
        alpha = fitted.alpha
        beta = fitted.beta
        logLikelihood = -best.value - Double(returns.count) * log(scale)
        variances = path.dropLast().map { $0 * scale * scale }
        nextVariance = (path.last ?? 1) * scale * scale
    }

    private typealias Parameters = (mean: Double, omega: Double, alpha: Double, beta: Double)

    private static func logit(_ share: Double) -> Double { log(share / (1 - share)) }

    /// Free numbers to parameters with ω > 0, α, β ≥ 0 and α + β < 1.
    private static func parameters(_ point: [Double]) -> Parameters {
        let persistence = 1 / (1 + exp(-point[2])), share = 1 / (1 + exp(-point[3]))
        return (point[0], exp(point[1]), persistence * share, persistence * (1 - share))
    }

    /// The variances, one more than there are returns.
    private static func path(_ returns: [Double], _ model: Parameters, _ before: Double) -> [Double] {
        var variance = model.omega + (model.alpha + model.beta) * before
        var path: [Double] = []
        path.reserveCapacity(returns.count + 1)
        for value in returns {
            path.append(variance)
            let residual = value - model.mean
            variance = model.omega + model.alpha * residual * residual + model.beta * variance
        }
        path.append(variance)
        return path
    }

    /// Weights of the first days in the variance before them.
    static let firstWeights = Array(sequence(first: 1.0) { $0 * 0.94 }.prefix(75))

    /// The variance of the day before the first.
    static func before(_ returns: [Double], _ mean: Double) -> Double {
        var total = 0.0, sum = 0.0
        for (value, weight) in zip(returns, firstWeights) {
            sum += weight * (value - mean) * (value - mean)
            total += weight
        }
        return sum / total
    }

    /// Minus the logarithm of the likelihood.
    private static func loss(_ returns: [Double], _ point: [Double], _ before: Double) -> Double {
        let model = parameters(point)
        let path = path(returns, model, before)
        var total = 0.0
        for (value, variance) in zip(returns, path) {
            let residual = value - model.mean
            total += log(variance) + residual * residual / variance
        }
        let result = 0.5 * (total + Double(returns.count) * log(2 * Double.pi))
        return result.isFinite ? result : .infinity
    }
}

/// Nelder and Mead's simplex search (1965).
enum NelderMead {
    static func minimum(
        from start: [Double], step: Double, _ value: ([Double]) -> Double
    ) -> (point: [Double], value: Double) {
        var simplex = [(point: start, value: value(start))]
        for index in start.indices {
            var point = start
            point[index] += step
            simplex.append((point, value(point)))
        }
        for _ in 0..<(400 * start.count) {
            simplex.sort { $0.value < $1.value }
            let best = simplex[0], worst = simplex[simplex.count - 1]
            if abs(worst.value - best.value) <= 1e-13 * (abs(best.value) + 1e-13) { break }
            let centre = start.indices.map { axis in
                simplex.dropLast().reduce(0) { $0 + $1.point[axis] } / Double(start.count)
            }
            func moved(_ factor: Double) -> (point: [Double], value: Double) {
                let point = zip(centre, worst.point).map { $0 + factor * ($1 - $0) }
                return (point, value(point))
            }
            let reflected = moved(-1)
            if reflected.value < best.value {
                let expanded = moved(-2)
                simplex[simplex.count - 1] = expanded.value < reflected.value ? expanded : reflected
            } else if reflected.value < simplex[simplex.count - 2].value {
                simplex[simplex.count - 1] = reflected
            } else {
                let inner = moved(reflected.value < worst.value ? -0.5 : 0.5)
                if inner.value < min(worst.value, reflected.value) {
                    simplex[simplex.count - 1] = inner
                } else {
                    for index in 1..<simplex.count {
                        let point = zip(best.point, simplex[index].point).map { $0 + 0.5 * ($1 - $0) }
                        simplex[index] = (point, value(point))
                    }
                }
            }
        }
        simplex.sort { $0.value < $1.value }
        return simplex[0]
    }
}
