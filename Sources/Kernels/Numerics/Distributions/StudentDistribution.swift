import Glibc

/// Student's t distribution with `degrees` of freedom, which need not be whole.
public struct StudentDistribution: Sendable, Equatable {
    /// Degrees of freedom, above 0.
    public let degrees: Double

    /// A distribution; degrees of freedom must be above 0.
    public init(degrees: Double) {
        precondition(degrees > 0, "degrees of freedom must be above 0")
        self.degrees = degrees
    }

    /// Density at x.
    public func density(_ x: Double) -> Double {
        let half = (degrees + 1) / 2
        return exp(lgamma(half) - lgamma(degrees / 2) - half * log1p(x * x / degrees))
            / (degrees * .pi).squareRoot()
    }

    /// P(X ≤ x): half of the regularised incomplete beta function I(ν/(ν+x²); ν/2, ½) in each tail.
    public func cumulative(_ x: Double) -> Double {
        guard !x.isNaN else { return .nan }
        let squared = x * x
        let tail =
            squared < 1
            ? 1 - IncompleteBeta.regularised(squared / (degrees + squared), 0.5, degrees / 2)
            : IncompleteBeta.regularised(degrees / (degrees + squared), degrees / 2, 0.5)
        return x < 0 ? tail / 2 : 1 - tail / 2
    }

    /// The x with P(X ≤ x) = p: Newton's steps kept in a bracket; −∞ at 0, ∞ at 1, NaN outside.
    public func quantile(_ probability: Double) -> Double {
        guard probability > 0, probability < 1 else {
            return probability == 0 ? -.infinity : (probability == 1 ? .infinity : .nan)
        }
        if probability > 0.5 { return -quantile(1 - probability) }
        if probability == 0.5 { return 0 }
        var low = -1.0
        while cumulative(low) > probability, low > -1e300 { low *= 2 }
        var high = 0.0
        var x = max(low, NormalDistribution.quantile(probability))
        for _ in 0..<400 {
            let error = cumulative(x) - probability
            if error > 0 { high = x } else { low = x }
            var next = x - error / density(x)
            if !(next > low && next < high) { next = (low + high) / 2 }
            if abs(next - x) <= 4e-16 * abs(x) { return next }
            x = next
        }
        return x
    }

    /// E[X | X ≥ the quantile of c], c between 0 and 1; needs more than one degree of freedom, else infinite.
    public func tailMean(confidence: Double) -> Double {
        guard degrees > 1 else { return .infinity }
        let x = quantile(confidence)
        return density(x) / (1 - confidence) * (degrees + x * x) / (degrees - 1)
    }
}

/// The regularised incomplete beta function.
enum IncompleteBeta {
    /// I(x; a, b) by Lentz's continued fraction, on the side where it converges fast (Numerical Recipes 6.4).
    static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
        if x < (a + 1) / (a + b + 2) { return front * fraction(x, a, b) / a }
        return 1 - front * fraction(1 - x, b, a) / b
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / kept(1 - (a + b) * x / (a + 1))
        var result = d
        for step in 1..<20_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / kept(1 + even * d)
            c = kept(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / kept(1 + odd * d)
            c = kept(1 + odd / c)
            result *= d * c
            if abs(d * c - 1) < 1e-16 { break }
        }
        return result
    }
}
