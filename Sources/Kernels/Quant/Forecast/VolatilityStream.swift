/// `VolatilityForecast` fed one return at a time, in constant memory.
///
/// Sums run from the oldest return to the newest, where the batch runs the other way: the two agree to rounding.
public struct VolatilityStream: Sendable, Equatable {
    private let lambda: Double
    private var weighted = 0.0
    private var total = 0.0
    private var squares = 0.0
    /// Returns taken so far.
    public private(set) var count = 0

    /// A stream that has seen no return; `lambda` lies between 0 and 1.
    public init(lambda: Double = 0.94) throws(QuantError) {
        guard lambda > 0, lambda < 1 else { throw QuantError(.parameter, "lambda lies between 0 and 1") }
        self.lambda = lambda
    }

    /// Takes the next return; one that is not finite is passed over.
    public mutating func push(_ value: Double) {
        guard value.isFinite else { return }
        weighted = lambda * weighted + value * value
        total = lambda * total + 1
        squares = lambda * lambda * squares + 1
        count += 1
    }

    /// Variance of one period after the newest return; nil before the second.
    public var variance: Double? { count > 1 ? weighted / total : nil }

    /// The forecast after the newest return; nil before the second.
    public func forecast(
        horizon: Double = 1, periodsPerYear: Double = 252, level: Double = 0.9
    ) -> VolatilityForecast? {
        guard count > 1 else { return nil }
        return try? VolatilityForecast(
            variance: weighted / total, effectiveDegrees: total * total / squares, horizon: horizon,
            periodsPerYear: periodsPerYear, level: level)
    }
}
