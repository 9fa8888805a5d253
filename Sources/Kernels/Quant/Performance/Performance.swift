import Glibc

/// The figures of a series of simple returns, with the definitions of empyrical-reloaded 0.7.1. A ratio over zero is
/// nil, and so is a figure that needs more returns than there are.
public struct Performance: Sendable, Equatable {
    /// Π(1+r) − 1.
    public var totalReturn: Double
    /// (1 + total return)^(periods/n) − 1, geometric.
    public var annualReturn: Double
    /// Deviation (ddof 1) × √periods.
    public var annualVolatility: Double?
    /// √(mean of min(r,0)²) × √periods: over all returns, not the negative ones only.
    public var downsideRisk: Double
    /// Mean of r − f over its deviation (ddof 1), × √periods; f the risk-free rate of a period.
    public var sharpeRatio: Double?
    /// Mean of r − f × periods over the downside risk about f.
    public var sortinoRatio: Double?
    /// Annual return over the depth of the deepest drawdown; nil without one.
    public var calmarRatio: Double?
    /// Σ of r − f above 0 over −Σ of r − f below 0.
    public var omegaRatio: Double?
    /// Deepest fall from the running peak, the start included; 0 or negative.
    public var maxDrawdown: Double
    /// Longest run of periods below the running peak, the start included.
    public var maxDrawdownDuration: Int
    /// R² of the least-squares line through the cumulated log returns.
    public var stability: Double?
    /// |95th percentile| over |5th percentile|, linear.
    public var tailRatio: Double?
    /// Population skewness m₃/m₂^1.5.
    public var skew: Double?
    /// Population excess kurtosis m₄/m₂² − 3.
    public var kurtosis: Double?
    /// Linear percentile of the returns at 1 − confidence: a return, so negative for a loss.
    public var valueAtRisk: Double
    /// Mean of the ⌊(n−1)(1−confidence)⌋ + 1 smallest returns.
    public var conditionalValueAtRisk: Double

    /// Figures of returns of one period each, at least one, all finite.
    public init(returns: [Double], conventions: ReturnConventions = ReturnConventions()) throws(QuantError) {
        self.init(try ReturnSample(returns, conventions), conventions)
    }

    /// Figures of a sample that was looked at already.
    init(_ sample: ReturnSample, _ conventions: ReturnConventions) {
        let returns = sample.returns, moments = sample.moments, order = sample.order
        let pass = ReturnPass(returns.span, riskFree: conventions.riskFreeRateOfPeriod)
        let drawdown = Drawdown(returns: returns.span)
        let periods = conventions.periodsPerYear
        let root = periods.squareRoot()
        let excess = moments.mean - conventions.riskFreeRateOfPeriod

        totalReturn = pass.growth - 1
        annualReturn = conventions.annualReturn(growth: pass.growth, count: returns.count)
        annualVolatility = moments.sampleDeviation.map { $0 * root }
        downsideRisk = (pass.downSquares / Double(returns.count)).squareRoot() * root
        sharpeRatio = moments.sampleDeviation.flatMap { Self.ratio(excess * root, $0) }
        sortinoRatio = Self.ratio(
            excess * periods, (pass.shortfallSquares / Double(returns.count)).squareRoot() * root)
        maxDrawdown = drawdown.maximum
        maxDrawdownDuration = drawdown.longestDuration
        calmarRatio = Self.ratio(annualReturn, -drawdown.maximum)
        omegaRatio = Self.ratio(pass.gains, pass.losses)
        stability = Self.stability(returns.span)
        skew = moments.skew
        kurtosis = moments.excessKurtosis
        let cutoff = Percentile.cutoff(confidence: conventions.confidence)
        let last = Double(returns.count - 1)
        tailRatio = Self.ratio(abs(order.linear(0.95)), abs(order.linear(0.05)))
        valueAtRisk = order.linear(cutoff)
        let tail = Int(last * cutoff) + 1
        conditionalValueAtRisk = order.values[..<tail].reduce(0, +) / Double(tail)
    }

    /// Figures of the n − 1 returns of an equity curve, whose values are finite and above 0.
    public init(equityCurve curve: [Double], conventions: ReturnConventions = ReturnConventions()) throws(QuantError) {
        try self.init(returns: Self.returns(of: curve), conventions: conventions)
    }

    /// The n − 1 simple returns of an equity curve; a curve at or below 0 has none.
    public static func returns(of curve: [Double]) throws(QuantError) -> [Double] {
        guard curve.count > 1 else { throw QuantError(.data, "an equity curve needs two values") }
        guard curve.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw QuantError(.data, "an equity curve must be finite and above 0")
        }
        return (1..<curve.count).map { curve[$0] / curve[$0 - 1] - 1 }
    }

    /// Nil over 0.
    static func ratio(_ above: Double, _ below: Double) -> Double? {
        let value = above / below
        return below == 0 || !value.isFinite ? nil : value
    }

    private static func stability(_ returns: Span<Double>) -> Double? {
        guard returns.count > 1 else { return nil }
        var path = [Double](repeating: 0, count: returns.count)
        var total = 0.0
        for index in 0..<returns.count {
            guard returns[index] > -1 else { return nil }
            total += log1p(returns[index])
            path[index] = total
        }
        let moments = ReturnMoments(path.span)
        let middle = Double(path.count - 1) / 2
        var product = 0.0
        var time = 0.0
        for index in path.indices {
            product += (Double(index) - middle) * (path[index] - moments.mean)
            time += (Double(index) - middle) * (Double(index) - middle)
        }
        return ratio(product * product, time * moments.squares)
    }
}
