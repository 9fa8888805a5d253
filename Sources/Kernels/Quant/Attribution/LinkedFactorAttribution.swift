/// `FactorAttribution` over periods, linked by Cariño: the parts sum to the compounded active return.
public struct LinkedFactorAttribution: Sendable, Equatable {
    /// Part of each factor in the active return.
    public let contributions: [Double]
    /// Average active exposure to each factor.
    public let exposures: [Double]
    /// Part that no factor explains, with what the portfolio earned on an instrument otherwise than the benchmark.
    public let specific: Double
    /// Compounded returns of the portfolio and of the benchmark.
    public let portfolioReturn: Double, benchmarkReturn: Double

    /// A period: weights, the benchmark's, exposures (a row an instrument), returns, and the factors' own where they
    /// are given rather than estimated.
    public struct Period: Sendable {
        /// Weights by instrument.
        public var weights: [Double], benchmark: [Double]
        /// Exposures, a row an instrument.
        public var exposures: [[Double]]
        /// Returns by instrument.
        public var returns: [Double]
        /// Returns in the benchmark; nil where they are the same.
        public var benchmarkReturns: [Double]?
        /// Returns by factor; nil for those of least squares.
        public var factorReturns: [Double]?

        /// A period; see the properties.
        public init(
            weights: [Double], benchmark: [Double], exposures: [[Double]], returns: [Double],
            benchmarkReturns: [Double]? = nil, factorReturns: [Double]? = nil
        ) {
            self.weights = weights
            self.benchmark = benchmark
            self.exposures = exposures
            self.returns = returns
            self.benchmarkReturns = benchmarkReturns
            self.factorReturns = factorReturns
        }
    }

    /// Throws `.data` where a period cannot be attributed, lost everything, has other factors than the first, or the
    /// parts would not sum to the whole.
    public init(_ periods: [Period]) throws(QuantError) {
        var parts: [FactorAttribution] = [], rest: [Double] = [], own: [Double] = [], other: [Double] = []
        for period in periods {
            let benchmarkReturns = period.benchmarkReturns ?? period.returns
            guard benchmarkReturns.count == period.returns.count, benchmarkReturns.allSatisfy(\.isFinite) else {
                throw QuantError(.data, "returns in the benchmark must be finite and of the same instruments")
            }
            let part = try FactorAttribution(
                weights: period.weights, benchmark: period.benchmark, exposures: period.exposures,
                returns: period.returns, factorReturns: period.factorReturns)
            guard part.contributions.count == parts.first?.contributions.count ?? part.contributions.count else {
                throw QuantError(.data, "every period must have the same factors")
            }
            parts.append(part)
            own.append(zip(period.weights, period.returns).reduce(0) { $0 + $1.0 * $1.1 })
            other.append(zip(period.benchmark, benchmarkReturns).reduce(0) { $0 + $1.0 * $1.1 })
            // Σ(w − b)r is what the factors and the residuals sum to; Σwr − Σbq is the active return.
            rest.append(part.specificReturn + period.benchmark.indices.reduce(0) {
                $0 + period.benchmark[$1] * (period.returns[$1] - benchmarkReturns[$1])
            })
        }
        let linking = try ActiveLinking(portfolio: own, benchmark: other)
        let factors = 0..<(parts.first?.contributions.count ?? 0)
        contributions = factors.map { factor in linking.linked(parts.map { $0.contributions[factor] }) }
        exposures = factors.map { factor in
            parts.reduce(0) { $0 + $1.exposures[factor] } / Double(parts.count)
        }
        specific = linking.linked(rest)
        portfolioReturn = linking.portfolioReturn
        benchmarkReturn = linking.benchmarkReturn
        try ActiveLinking.check(
            contributions.reduce(specific, +), portfolioReturn - benchmarkReturn, "the factor attribution")
    }
}
