import Numerics
import Quant
import Testing

/// Marginals are what the value at risk does when a weight is moved, and components sum to it.
@Suite struct MarginalTests {
    private typealias Measure = ([[Double]], [Double]) throws -> ValueAtRisk

    /// Two instruments, the first of which became three times as volatile at the end; the second follows it a little.
    private static func returns(_ seed: UInt64, drift: Double = 0) -> [[Double]] {
        let random = Philox(seed: seed)
        let first = (0..<400).map { drift + random.normal($0) * ($0 > 340 ? 0.03 : 0.01) }
        let second = (0..<400).map { drift + random.normal($0, stream: 1) * 0.012 + 0.2 * first[Int($0)] }
        return [first, second]
    }

    /// Central differences of the measure itself over a step.
    private static func bumped(
        _ measure: Measure, _ returns: [[Double]], _ weights: [Double], _ step: Double
    ) throws -> [Double] {
        try weights.indices.map { index in
            let sides = try [step, -step].map { change in
                var moved = weights
                moved[index] += change
                return try measure(returns, moved).valueAtRisk
            }
            return (sides[0] - sides[1]) / (2 * step)
        }
    }

    private static func sumsToTheWhole(_ risk: ValueAtRisk, _ tolerance: Double = 1e-10) -> Bool {
        abs(risk.component.reduce(0, +) - risk.valueAtRisk) <= tolerance * abs(risk.valueAtRisk)
    }

    @Test func filteredHistoryMovesItsVariancesWithTheWeights() throws {
        let measure: Measure = { try .filteredHistorical(returns: $0, weights: $1, settings: .init(value: 1e6)) }
        for (seed, weights) in [(3, [0.5, 0.5]), (4, [1, -0.7]), (5, [-0.2, 1.2])] as [(UInt64, [Double])] {
            let returns = Self.returns(seed)
            let risk = try measure(returns, weights), wanted = try Self.bumped(measure, returns, weights, 1e-7)
            #expect(firstDifference(risk.marginal, wanted, tolerance: 1e-5) == nil, "\(risk.marginal) \(wanted)")
            #expect(Self.sumsToTheWhole(risk))
        }
        // Nothing moves on the first days: their variance is the sample's, and 0 where nothing ever moved.
        let still = try ValueAtRisk.filteredHistorical(returns: [[0, 0, 0], [0, 0, 0]], weights: [1, 1])
        #expect(still.valueAtRisk == 0 && still.marginal == [0, 0])
    }

    /// The search for the model stops within about 1e-6 of it, so the step is wide and the tolerance with it.
    @Test func aGarchModelIsFittedAnew() throws {
        let measure: Measure = { try .garchHistorical(returns: $0, weights: $1, settings: .init(value: 1e6)) }
        for (seed, weights) in [(3, [0.5, 0.5]), (4, [1, -0.7]), (5, [0.9, 0.3])] as [(UInt64, [Double])] {
            let returns = Self.returns(seed)
            let risk = try measure(returns, weights), wanted = try Self.bumped(measure, returns, weights, 2e-3)
            #expect(firstDifference(risk.marginal, wanted, tolerance: 1e-3) == nil, "\(risk.marginal) \(wanted)")
            #expect(Self.sumsToTheWhole(risk))
        }
    }

    /// Long and short of equal drift: the mean of the portfolio is 0, and nothing is divided by it.
    @Test func aMarketNeutralPortfolioHasMarginalsOfTheSizeOfItsLegs() throws {
        let returns = Self.returns(7, drift: 0.001), weights = [1.0, -1.0]
        let means = returns.map(Statistics.mean)
        for shift in [0, 1e-12, -1e-9] {
            let level = [returns[0], returns[1].map { $0 + means[0] - means[1] + shift }]
            let measure: Measure = { try .garchHistorical(returns: $0, weights: $1) }
            let risk = try measure(level, weights)
            let wanted = try Self.bumped(measure, level, weights, 2e-3)
            for (found, bumped) in zip(risk.marginal, wanted) { #expect(abs(found - bumped) < 5e-4) }
            #expect(Self.sumsToTheWhole(risk))
        }
    }

    @Test func studentsDegreesMoveWithTheWeightsUnlessGiven() throws {
        let returns = Self.returns(3), settings = ValueAtRisk.Settings(value: 1e6, horizonDays: 10)
        for degrees in [nil, 5.0] {
            for weights in [[0.5, 0.5], [1, -0.7]] {
                let measure: Measure = {
                    try .student(returns: $0, weights: $1, degrees: degrees, settings: settings)
                }
                let risk = try measure(returns, weights), wanted = try Self.bumped(measure, returns, weights, 1e-6)
                #expect(firstDifference(risk.marginal, wanted, tolerance: 1e-6) == nil, "\(risk.marginal) \(wanted)")
                #expect(Self.sumsToTheWhole(risk))
            }
        }
    }
}
