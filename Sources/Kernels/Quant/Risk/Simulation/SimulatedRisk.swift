import Numerics

/// Value at risk read from simulated paths, with how far chance may have moved it.
public struct SimulatedRisk: Sendable, Equatable {
    /// The measures; components sum to VaR.
    public let risk: ValueAtRisk
    /// How far chance may have moved them.
    private let error: SimulationError
    /// One standard error of VaR.
    public var valueError: Double { error.value }
    /// One standard error of ES.
    public var shortfallError: Double { error.shortfall }
    /// Frobenius distance of the repair of the correlations, 0 where nothing was done.
    public let repair: Double

    /// Paths that one task makes at a time.
    private static let slice = 16_384

    /// Simulates on as many threads as `tasks`; the answer does not depend on how many.
    ///
    /// Parametric margins: componentᵢ by regression of the instrument on the portfolio, as in `monteCarlo`. Empirical
    /// margins: the mean of wᵢrᵢ over the paths nearest to VaR (a thousandth of them, 20 at least), scaled to sum to
    /// VaR.
    public static func simulate(
        returns: [[Double]], weights: [Double], copula: CopulaSimulation.Copula = .gaussian,
        margins: CopulaSimulation.Margins = .parametric, simulations: Int = 100_000, seed: UInt64 = 0,
        settings: ValueAtRisk.Settings = ValueAtRisk.Settings(), tasks: Int = 2
    ) async throws -> SimulatedRisk {
        try ValueAtRisk.check(returns, weights, settings)
        guard simulations >= 2, simulations <= ValueAtRisk.largestSimulation else {
            throw QuantError(.parameter, "simulations must be from 2 to \(ValueAtRisk.largestSimulation)")
        }
        // Nothing of it runs where the caller does: that may be a loop that serves others.
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await measure(returns, weights, copula, margins, simulations, seed, settings, max(1, tasks))
        }
    }

    @concurrent private static func measure(
        _ returns: [[Double]], _ weights: [Double], _ copula: CopulaSimulation.Copula,
        _ margins: CopulaSimulation.Margins, _ simulations: Int, _ seed: UInt64, _ settings: ValueAtRisk.Settings,
        _ tasks: Int
    ) async throws -> SimulatedRisk {
        let model = try CopulaSimulation(
            returns: returns, weights: weights, copula: copula, margins: margins, horizonDays: settings.horizonDays,
            seed: seed)
        let outcomes = await paths(model, simulations, tasks: tasks)
        return SimulatedRisk(model, outcomes, returns, settings)
    }

    /// The portfolio's return of each path, in order.
    private static func paths(_ model: CopulaSimulation, _ count: Int, tasks: Int) async -> [Double] {
        let slices = stride(from: 0, to: count, by: slice).map { $0..<min($0 + slice, count) }
        return await withTaskGroup(of: [(Int, [Double])].self) { group in
            for worker in 0..<min(tasks, slices.count) {
                group.addTask(executorPreference: globalConcurrentExecutor) {
                    stride(from: worker, to: slices.count, by: tasks).map { ($0, model.paths(slices[$0])) }
                }
            }
            var parts = [[Double]](repeating: [], count: slices.count)
            for await made in group { for (place, values) in made { parts[place] = values } }
            var all: [Double] = []
            all.reserveCapacity(count)
            for part in parts { all += part }
            return all
        }
    }

    private init(
        _ model: CopulaSimulation, _ outcomes: [Double], _ returns: [[Double]], _ settings: ValueAtRisk.Settings
    ) {
        let tail = ScenarioTail(outcomes, confidence: settings.confidence)
        error = SimulationError(outcomes, tail, settings)
        repair = model.repair
        let component = Self.components(model, outcomes, tail.quantile, returns).map { -$0 * settings.value }
        risk = ValueAtRisk(
            valueAtRisk: -settings.value * tail.quantile, expectedShortfall: -settings.value * tail.tailMean,
            component: component, marginal: zip(component, model.weights).map { $1 == 0 ? 0 : $0 / $1 })
    }

    /// Each instrument's part of the percentile; they sum to it.
    private static func components(
        _ model: CopulaSimulation, _ outcomes: [Double], _ quantile: Double, _ returns: [[Double]]
    ) -> [Double] {
        let days = model.root * model.root
        if model.margins == .parametric {
            let moments = PortfolioMoments(returns, model.weights)
            let variance = moments.deviation * moments.deviation
            return model.weights.indices.map { index in
                let slope = variance == 0 ? 0 : moments.product[index] / variance
                return model.weights[index] * (moments.means[index] * days + slope * (quantile - moments.mean * days))
            }
        }
        let wanted = min(outcomes.count, max(20, outcomes.count / 1_000))
        let distances = outcomes.map { abs($0 - quantile) }
        let reach = OrderStatistics(distances, low: wanted, high: outcomes.count).values[wanted - 1]
        let means = model.meanContributions(distances.indices.filter { distances[$0] <= reach })
        let total = means.reduce(0, +)
        return total == 0 ? means : means.map { $0 * quantile / total }
    }
}
