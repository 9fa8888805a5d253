/// Everything that is told of a series of returns, from one look at it: moments and the order of its tails are found
/// once and shared.
public struct ReturnSummary: Sendable, Equatable {
    /// The contract's figures.
    public let performance: Performance
    /// Of the way it took.
    public let path: PathFigures
    /// Value at risk and what lies beyond, four ways.
    public let tail: ReturnTail
    /// How sure the Sharpe ratio is; nil where there is none.
    public let significance: SharpeSignificance?

    /// Of returns of one period each, at least one, all finite; throws `.data` or `.parameter` else.
    public init(returns: [Double], conventions: ReturnConventions = ReturnConventions()) throws(QuantError) {
        let sample = try ReturnSample(returns, conventions)
        performance = Performance(sample, conventions)
        path = PathFigures(finite: returns, conventions)
        tail = ReturnTail(sample, conventions.confidence)
        significance = SharpeSignificance(sample.moments, conventions.riskFreeRateOfPeriod)
    }
}

/// Returns that were checked, with their moments and the order of their tails.
struct ReturnSample {
    let returns: [Double]
    let moments: ReturnMoments
    /// Ordered as far as percentiles at 5 %, at 95 % and at the conventions' confidence need it.
    let order: OrderStatistics

    /// Throws `.data` for no returns or one that is not finite, `.parameter` for conventions that cannot be.
    init(_ returns: [Double], _ conventions: ReturnConventions) throws(QuantError) {
        try conventions.check()
        guard !returns.isEmpty else { throw QuantError(.data, "no returns") }
        guard returns.allSatisfy(\.isFinite) else { throw QuantError(.data, "a return is not finite") }
        self.returns = returns
        moments = ReturnMoments(returns.span)
        let cutoff = Percentile.cutoff(confidence: conventions.confidence), last = Double(returns.count - 1)
        order = OrderStatistics(
            returns, low: Int(Double(returns.count) * max(cutoff, 0.05)) + 2, high: Int(last * 0.95))
    }
}
