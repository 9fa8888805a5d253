import Numerics

/// How far chance may have moved VaR and ES that are read from simulated outcomes: one standard error of each.
public struct SimulationError: Sendable, Equatable {
    /// Of VaR: half the distance of the order statistics √(n·c·(1−c)) ranks to both sides.
    public let value: Double
    /// Of ES: √((variance in the tail + c·(ES − VaR)²)/(n(1−c))) (Manistre and Hancock 2005).
    public let shortfall: Double

    init(_ outcomes: [Double], _ tail: ScenarioTail, _ settings: ValueAtRisk.Settings) {
        let count = Double(outcomes.count), level = 1 - settings.confidence
        let reach = (count * level * settings.confidence).squareRoot(), middle = level * (count - 1)
        let low = max(0, Int((middle - reach).rounded()))
        let high = min(outcomes.count - 1, Int((middle + reach).rounded()))
        let ordered = OrderStatistics(outcomes, low: high + 1, high: outcomes.count).values
        value = (ordered[high] - ordered[low]) / 2 * abs(settings.value)
        var squares = 0.0, inside = 0.0
        for value in outcomes where value <= tail.quantile {
            squares += (value - tail.tailMean) * (value - tail.tailMean)
            inside += 1
        }
        let gap = tail.tailMean - tail.quantile, variance = inside > 1 ? squares / (inside - 1) : 0
        shortfall = ((variance + settings.confidence * gap * gap) / max(1, count * level)).squareRoot()
            * abs(settings.value)
    }
}
