/// Value at risk and expected shortfall as positive losses in units of `value`.
public struct ValueAtRisk: Sendable, Equatable {
    /// Loss that is not exceeded with the confidence.
    public let valueAtRisk: Double
    /// Mean loss at or beyond it.
    public let expectedShortfall: Double
    /// Each instrument's share of the value at risk, in units of `value`; they sum to it.
    public let component: [Double]
    /// ∂VaR/∂w of each instrument, in units of `value` for one unit of weight.
    public let marginal: [Double]

    /// What is measured.
    public struct Settings: Sendable, Equatable {
        /// Worth of the portfolio.
        public var value: Double
        /// Between 0 and 1.
        public var confidence: Double
        /// Days, above 0.
        public var horizonDays: Double

        /// A unit's worth, 99 %, one day, unless told otherwise.
        public init(value: Double = 1, confidence: Double = 0.99, horizonDays: Double = 1) {
            self.value = value
            self.confidence = confidence
            self.horizonDays = horizonDays
        }
    }

    /// Refuses what cannot be measured.
    static func check(_ returns: [[Double]], _ weights: [Double], _ settings: Settings) throws(QuantError) {
        try checkShape(returns, weights, settings)
        guard returns.allSatisfy({ $0.allSatisfy(\.isFinite) }), weights.allSatisfy(\.isFinite) else {
            throw QuantError(.data, "a return or a weight is not finite")
        }
    }

    /// The same without a look at each return.
    static func checkShape(_ returns: [[Double]], _ weights: [Double], _ settings: Settings) throws(QuantError) {
        guard !returns.isEmpty, returns.count == weights.count else {
            throw QuantError(.data, "\(weights.count) weights for \(returns.count) instruments")
        }
        guard returns[0].count > 1, returns.allSatisfy({ $0.count == returns[0].count }) else {
            throw QuantError(.data, "returns must be of equal length, at least 2")
        }
        guard settings.confidence > 0, settings.confidence < 1 else {
            throw QuantError(.parameter, "the confidence must be between 0 and 1")
        }
        guard settings.horizonDays > 0, settings.horizonDays.isFinite, settings.value.isFinite else {
            throw QuantError(.parameter, "the horizon must be above 0 and the value finite")
        }
    }
}
