import Glibc
import Numerics

/// Paths of a market and what a netting set is worth on each. A path is a pure function of the seed and its number.
struct ExposurePaths: Sendable {
    /// What a point of the grid adds to the state, from independent normal numbers.
    private struct Step: Sendable {
        let decay: Double, reach: Double
        /// Rows: z, ∫z, the assets' motions; lower triangle.
        let factor: [Double]
        /// −ln of the discount factor between the points, the convexity of the model included.
        let growth: Double
        /// What each asset's logarithm grows by besides interest.
        let drift: [Double]
    }

    private let plan: NettingSetPlan
    private let market: XvaMarket
    private let steps: [Step]
    private let random: WidePhilox
    private let ziggurat = Ziggurat()
    /// What one unit of D·V⁺ and of D·V⁻ brings to the sums of a path: just after each point, and just before it.
    private let counterparty: Weights, own: Weights

    /// By reported point.
    struct Weights: Sendable {
        let before: [Double], after: [Double]
    }

    /// Σ D·V⁺ and Σ D·V⁻ (positive) by reported point.
    struct Exposures: Sendable {
        var positive: [Double], negative: [Double]

        mutating func add(_ worth: Double, at point: Int) {
            if worth > 0 { positive[point] += worth } else { negative[point] -= worth }
        }
    }

    /// Sums over a range of paths, and every value at the reported points.
    struct Slice: Sendable {
        var before: Exposures, after: Exposures
        /// Σ and Σ² of the paths' weighted sums.
        var gain = (sum: 0.0, squares: 0.0), loss = (sum: 0.0, squares: 0.0)
        /// Just before each reported point, by path.
        var values: [[Double]]
        /// ΣD at the last point, which is known: the check of the simulation.
        var discount = 0.0
    }

    init(_ plan: NettingSetPlan, _ market: XvaMarket, seed: UInt64, counterparty: Weights, own: Weights)
        throws(QuantError) {
        self.plan = plan
        self.market = market
        self.counterparty = counterparty
        self.own = own
        random = WidePhilox(seed: seed)
        var steps: [Step] = []
        for (from, to) in zip(plan.times, plan.times.dropFirst()) {
            let span = market.rates.span(to - from), size = market.assets.count + 2
            var covariance = [Double](repeating: 0, count: size * size)
            covariance[0] = span.variance
            covariance[1] = span.covariance
            covariance[size] = span.covariance
            covariance[size + 1] = span.integralVariance
            for asset in market.assets.indices {
                let row = asset + 2, correlation = market.correlations[asset + 1]
                covariance[row * size] = correlation * span.withMotion
                covariance[row * size + 1] = correlation * span.integralWithMotion
                covariance[row] = covariance[row * size]
                covariance[size + row] = covariance[row * size + 1]
                for other in market.assets.indices {
                    covariance[row * size + other + 2] = (to - from)
                        * market.correlations[(asset + 1) * (market.assets.count + 1) + other + 1]
                }
            }
            guard let factor = SemidefiniteFactor(covariance, count: size) else {
                throw QuantError(.data, "the correlations contradict each other: no such random numbers exist")
            }
            let convexity = 0.5 * (market.rates.integralVariance(to) - market.rates.integralVariance(from))
            steps.append(Step(
                decay: span.decay, reach: span.reach, factor: factor.lower,
                growth: market.curve.integral(to) - market.curve.integral(from) + convexity,
                drift: market.assets.map {
                    -($0.carry.integral(to) - $0.carry.integral(from)) - 0.5 * $0.volatility * $0.volatility * (to - from)
                }))
        }
        self.steps = steps
    }

    /// Simulates the paths of a range, until the task is cancelled.
    func slice(_ range: Range<Int>) -> Slice {
        let points = plan.reported.count
        let zeros = [Double](repeating: 0, count: points), none = Exposures(positive: zeros, negative: zeros)
        var slice = Slice(
            before: none, after: none,
            values: [[Double]](repeating: [Double](repeating: 0, count: range.count), count: points))
        var state = State(
            assets: market.assets.map { log($0.spot) }, fixings: plan.fixings, size: market.assets.count + 2)
        let start = state.logs
        ziggurat.withTables { tables in
            for path in range {
                if Task.isCancelled { return }
                state.start(start)
                var point = 0, gain = 0.0, loss = 0.0
                for index in plan.times.indices {
                    if index > 0 { advance(&state, steps[index - 1], UInt64(path), UInt64(index), tables) }
                    let isReported = point < points && plan.reported[point] == index
                    let stays = isReported ? value(state, plan.points[point].stays) : 0
                    let before = isReported ? stays + value(state, plan.points[point].paid) : 0
                    for reset in plan.resets[index] {
                        state.fixings[reset.fixing] = reset.amount / (reset.weight * exp(-reset.reach * state.rate))
                    }
                    guard isReported else { continue }
                    let isFirst = index == 0
                    let after = stays + value(state, plan.points[point].begun)
                    let discount = exp(-state.interest)
                    let early = discount * (isFirst ? after : before), late = discount * after
                    slice.values[point][path - range.lowerBound] = isFirst ? after : before
                    slice.before.add(early, at: point)
                    slice.after.add(late, at: point)
                    gain += counterparty.before[point] * max(0, early) + counterparty.after[point] * max(0, late)
                    loss -= own.before[point] * min(0, early) + own.after[point] * min(0, late)
                    point += 1
                }
                slice.gain.sum += gain
                slice.gain.squares += gain * gain
                slice.loss.sum += loss
                slice.loss.squares += loss * loss
                slice.discount += exp(-state.interest)
            }
        }
        return slice
    }

    /// One path where it stands.
    private struct State {
        var rate = 0.0
        /// ∫r from today.
        var interest = 0.0
        var logs: [Double]
        var fixings: [Double]
        var normals: [Double], moves: [Double]

        init(assets: [Double], fixings count: Int, size: Int) {
            logs = assets
            fixings = [Double](repeating: 0, count: count)
            normals = [Double](repeating: 0, count: size)
            moves = normals
        }

        mutating func start(_ logs: [Double]) {
            rate = 0
            interest = 0
            for index in logs.indices { self.logs[index] = logs[index] }
        }
    }

    private func advance(
        _ state: inout State, _ step: Step, _ path: UInt64, _ index: UInt64, _ tables: Ziggurat.Tables
    ) {
        let size = state.normals.count, random = random
        var place = 0
        while place < size {
            let words = random.block(SIMD4(path, index, UInt64(place / 4), 0))
            for lane in 0..<min(4, size - place) {
                let number = UInt64(place + lane)
                state.normals[place + lane] = tables.normal(words[lane]) {
                    random.block(SIMD4(path, index, number, $0 + 1)).x
                }
            }
            place += 4
        }
        for row in 0..<size {
            var move = 0.0
            for column in 0...row { move += step.factor[row * size + column] * state.normals[column] }
            state.moves[row] = move
        }
        let earned = step.growth + state.rate * step.reach + state.moves[1]
        state.rate = state.rate * step.decay + state.moves[0]
        state.interest += earned
        for asset in state.logs.indices {
            state.logs[asset] += earned + step.drift[asset] + market.assets[asset].volatility * state.moves[asset + 2]
        }
    }

    private func value(_ state: borrowing State, _ outlook: NettingSetPlan.Outlook) -> Double {
        var value = value(state, outlook.flows)
        for claim in outlook.claims {
            let held = exp(state.logs[claim.asset]) * claim.carry
            let owed = claim.strike * claim.weight * exp(-claim.reach * state.rate)
            value += claim.quantity * Self.worth(held, owed, claim.deviation, claim.isCall)
        }
        return value
    }

    private func value(_ state: borrowing State, _ flows: [NettingSetPlan.Flow]) -> Double {
        var value = 0.0
        for flow in flows {
            let worth = flow.weight * exp(-flow.reach * state.rate)
            if let fixing = flow.fixing { value += worth * state.fixings[fixing] } else { value += worth }
        }
        return value
    }

    /// Black's formula on present values; the difference itself for a forward.
    static func worth(_ held: Double, _ owed: Double, _ deviation: Double, _ isCall: Bool?) -> Double {
        guard let isCall else { return held - owed }
        if !(deviation > 0) || !(owed > 0) { return max(0, isCall ? held - owed : owed - held) }
        let up = log(held / owed) / deviation + deviation / 2, down = up - deviation
        return isCall
            ? held * NormalDistribution.cumulative(up) - owed * NormalDistribution.cumulative(down)
            : owed * NormalDistribution.cumulative(-down) - held * NormalDistribution.cumulative(-up)
    }
}
