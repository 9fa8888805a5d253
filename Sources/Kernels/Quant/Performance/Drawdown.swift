/// The fall from the running peak, the starting value included (empyrical's convention).
public struct Drawdown: Sendable, Equatable {
    /// Deepest fall as a fraction of the peak, 0 or negative.
    public let maximum: Double
    /// Longest run of periods below the running peak.
    public let longestDuration: Int

    /// Of a series of returns of one period each.
    public init(returns: Span<Double>) {
        var value = 1.0
        var peak = 1.0
        var deepest = 0.0
        var run = 0
        var longest = 0
        for index in 0..<returns.count {
            value *= 1 + returns[index]
            if value >= peak {
                peak = value
                run = 0
            } else {
                run += 1
                longest = max(longest, run)
                deepest = min(deepest, value / peak - 1)
            }
        }
        maximum = deepest
        longestDuration = longest
    }

    /// Of an equity curve, its first value being the start.
    public init(curve: Span<Double>) {
        var peak = curve.count > 0 ? curve[0] : 0
        var deepest = 0.0
        var run = 0
        var longest = 0
        for index in 0..<curve.count {
            let value = curve[index]
            if value >= peak {
                peak = value
                run = 0
            } else {
                run += 1
                longest = max(longest, run)
                deepest = min(deepest, value / peak - 1)
            }
        }
        maximum = deepest
        longestDuration = longest
    }
}
