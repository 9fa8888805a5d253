import Glibc

/// Figures of returns against a benchmark's, with the definitions of empyrical-reloaded 0.7.1.
public struct BenchmarkComparison: Sendable, Equatable {
    /// (1 + mean of (r−f) − beta·(b−f))^periods − 1.
    public var alpha: Double?
    /// Cov(r, b)/Var(b).
    public var beta: Double?
    /// Deviation (ddof 1) of r − b, × √periods.
    public var trackingError: Double?
    /// Mean of r − b over its deviation (ddof 1), × √periods.
    public var informationRatio: Double?
    /// Annual return of r over that of b, on the periods where b rose.
    public var upCapture: Double?
    /// Annual return of r over that of b, on the periods where b fell.
    public var downCapture: Double?
    /// Pearson correlation; nil where a side is constant.
    public var correlation: Double?

    /// Both series of equal length, at least one, all finite.
    public init(
        returns: [Double], benchmark: [Double], conventions: ReturnConventions = ReturnConventions()
    ) throws(QuantError) {
        try conventions.check()
        guard !returns.isEmpty, returns.count == benchmark.count else {
            throw QuantError(.data, "\(returns.count) returns against \(benchmark.count) of the benchmark")
        }
        guard returns.allSatisfy(\.isFinite), benchmark.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "a return is not finite")
        }
        let own = ReturnMoments(returns.span)
        let other = ReturnMoments(benchmark.span)
        var product = 0.0
        for index in returns.indices { product += (returns[index] - own.mean) * (benchmark[index] - other.mean) }
        let active = returns.indices.map { returns[$0] - benchmark[$0] }
        let activeMoments = ReturnMoments(active.span)
        let periods = conventions.periodsPerYear
        let riskFree = conventions.riskFreeRateOfPeriod
        let beta = returns.count < 2 ? nil : Performance.ratio(product, other.squares)
        self.beta = beta
        alpha = beta.map { pow(1 + (own.mean - riskFree) - $0 * (other.mean - riskFree), periods) - 1 }
            .flatMap { $0.isFinite ? $0 : nil }
        trackingError = activeMoments.sampleDeviation.map { $0 * periods.squareRoot() }
        informationRatio = activeMoments.sampleDeviation.flatMap {
            Performance.ratio(activeMoments.mean * periods.squareRoot(), $0)
        }
        correlation = Performance.ratio(product, (own.squares * other.squares).squareRoot())
        upCapture = Self.capture(returns, benchmark, conventions) { $0 > 0 }
        downCapture = Self.capture(returns, benchmark, conventions) { $0 < 0 }
    }

    private static func capture(
        _ returns: [Double], _ benchmark: [Double], _ conventions: ReturnConventions, _ counts: (Double) -> Bool
    ) -> Double? {
        var count = 0
        var own = 1.0
        var other = 1.0
        for index in returns.indices where counts(benchmark[index]) {
            count += 1
            own *= 1 + returns[index]
            other *= 1 + benchmark[index]
        }
        guard count > 0 else { return nil }
        return Performance.ratio(
            conventions.annualReturn(growth: own, count: count), conventions.annualReturn(growth: other, count: count))
    }
}
