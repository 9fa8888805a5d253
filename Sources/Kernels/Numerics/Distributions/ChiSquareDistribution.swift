import Glibc

/// The chi-square distribution with `degrees` of freedom, which need not be whole.
public struct ChiSquareDistribution: Sendable, Equatable {
    /// Degrees of freedom, above 0.
    public let degrees: Double

    /// A distribution; degrees of freedom must be above 0.
    public init(degrees: Double) {
        precondition(degrees > 0, "degrees of freedom must be above 0")
        self.degrees = degrees
    }

    /// P(X ≤ x), the regularised lower incomplete gamma function P(k/2, x/2).
    public func cumulative(_ x: Double) -> Double { IncompleteGamma.lower(degrees / 2, x / 2) }

    /// Density at x.
    public func density(_ x: Double) -> Double {
        guard x > 0 else { return 0 }
        let half = degrees / 2
        return exp((half - 1) * log(x / 2) - x / 2 - lgamma(half)) / 2
    }

    /// The x with P(X ≤ x) = p: Newton's steps, kept in a bracket, from Wilson and Hilferty's approximation (1931), or
    /// from the first term of the series deep in the lower tail.
    public func quantile(_ probability: Double) -> Double {
        guard probability > 0, probability < 1 else {
            return probability == 0 ? 0 : (probability == 1 ? .infinity : .nan)
        }
        let spread = 2 / (9 * degrees)
        let cube = 1 - spread + NormalDistribution.quantile(probability) * spread.squareRoot()
        let half = degrees / 2
        let tail = 2 * exp((log(probability) + lgamma(half + 1)) / half)
        var x = max(cube < 0.4 ? tail : degrees * cube * cube * cube, 1e-300)
        var low = 0.0
        var high = Double.infinity
        for _ in 0..<200 {
            let error = cumulative(x) - probability
            if error < 0 { low = x } else { high = x }
            var next = x - error / density(x)
            if !(next > low && next < high) { next = high.isFinite ? (low + high) / 2 : 2 * x }
            if abs(next - x) <= 2e-16 * x { return next }
            x = next
        }
        return x
    }
}

/// The regularised incomplete gamma function.
enum IncompleteGamma {
    /// P(a, x) by its series below a + 1 and Lentz's continued fraction of Q above (Numerical Recipes 6.2).
    static func lower(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return x == 0 ? 0 : .nan }
        guard x.isFinite else { return 1 }
        let front = exp(a * log(x) - x - lgamma(a))
        if x < a + 1 {
            var term = 1 / a
            var sum = term
            var n = a
            for _ in 0..<100_000 {
                n += 1
                term *= x / n
                sum += term
                if term < sum * 1e-17 { break }
            }
            return sum * front
        }
        var b = x + 1 - a
        var c = 1e300
        var d = 1 / b
        var fraction = d
        for i in 1..<100_000 {
            let an = -Double(i) * (Double(i) - a)
            b += 2
            d = an * d + b
            if abs(d) < 1e-300 { d = 1e-300 }
            c = b + an / c
            if abs(c) < 1e-300 { c = 1e-300 }
            d = 1 / d
            fraction *= d * c
            if abs(d * c - 1) < 1e-16 { break }
        }
        return 1 - front * fraction
    }
}
