import Numerics

/// Value at risk and the mean beyond it of a series of returns, four ways. All are returns, negative for a loss, at
/// the cutoff a = 1 − confidence; under `/risk` they are positive losses.
public struct ReturnTail: Sendable, Equatable {
    /// A quantile and the mean beyond it.
    public struct Pair: Sendable, Equatable {
        /// The return at the cutoff.
        public let valueAtRisk: Double
        /// The mean of what is at or beyond it.
        public let conditional: Double
    }

    /// Linear percentile, and the mean of the ⌊(n−1)a⌋ + 1 smallest (empyrical).
    public let historical: Pair
    /// μ + σΦ⁻¹(a), and μ − σφ(Φ⁻¹(a))/a (quantstats); deviation with n − 1. Nil for one return.
    public let gaussian: Pair?
    /// The same with q = z + (z²−1)S/6 + (z³−3z)K/24 − (2z³−5z)S²/36 for z = Φ⁻¹(a), S and K population skew and excess
    /// kurtosis; the mean is that of q over the tail. Nil where flat.
    public let cornishFisher: Pair?
    /// The ⌈na⌉-th smallest return, and the mean of the na smallest, the last counted in part: what optimisers
    /// minimise (Rockafellar and Uryasev 2000).
    public let rockafellarUryasev: Pair

    /// Of at least one return, all finite; throws `.data` or `.parameter` else.
    public init(returns: [Double], confidence: Double = 0.95) throws(QuantError) {
        self.init(try ReturnSample(returns, ReturnConventions(confidence: confidence)), confidence)
    }

    /// Of a sample that was looked at already, with the confidence it was ordered for.
    init(_ sample: ReturnSample, _ confidence: Double) {
        let returns = sample.returns, order = sample.order, moments = sample.moments
        let cutoff = Percentile.cutoff(confidence: confidence)
        let count = Double(returns.count)
        let part = cutoff * count
        let whole = min(returns.count - 1, Int(part * (1 + 1e-12)))
        let tail = Int(Double(returns.count - 1) * cutoff) + 1
        historical = Pair(
            valueAtRisk: order.linear(cutoff), conditional: order.values[..<tail].reduce(0, +) / Double(tail))
        let below = order.values[..<whole].reduce(0, +), rest = max(0, part - Double(whole))
        // Where the tail ends exactly at a value, that value is the quantile.
        let last = rest > 1e-12 * count || whole == 0 ? whole : whole - 1
        rockafellarUryasev = Pair(
            valueAtRisk: order.values[last], conditional: (below + rest * order.values[whole]) / part)
        let z = NormalDistribution.quantile(cutoff), density = NormalDistribution.density(z) / cutoff
        guard let deviation = moments.sampleDeviation else {
            (gaussian, cornishFisher) = (nil, nil)
            return
        }
        gaussian = Pair(valueAtRisk: moments.mean + deviation * z, conditional: moments.mean - deviation * density)
        guard let skew = moments.skew, let kurtosis = moments.excessKurtosis else {
            cornishFisher = nil
            return
        }
        let quantile = z + (z * z - 1) * skew / 6 + (z * z * z - 3 * z) * kurtosis / 24
            - (2 * z * z * z - 5 * z) * skew * skew / 36
        let mean = density * (-1 - z * skew / 6 + (1 - z * z) * kurtosis / 24 - (1 - 2 * z * z) * skew * skew / 36)
        cornishFisher = Pair(
            valueAtRisk: moments.mean + deviation * quantile, conditional: moments.mean + deviation * mean)
    }
}
