import Glibc
import Numerics

/// How likely a party is to survive, and what is lost where it does not.
public struct PartyCredit: Sendable, Equatable {
    /// Default intensity λ by piece: `rates[i]` holds up to `times[i]` years, the last one for ever.
    public let times: [Double], rates: [Double]
    /// Share that is paid after a default, from 0 to 1.
    public let recovery: Double

    /// Throws for a negative intensity, times that do not rise or a recovery outside 0 to 1.
    public init(times: [Double], hazardRates rates: [Double], recovery: Double) throws(QuantError) {
        guard !rates.isEmpty, times.count == rates.count else {
            throw QuantError(.data, "as many hazard rates as times are needed, one at least")
        }
        guard times[0] > 0, zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw QuantError(.data, "times of hazard rates must rise from above 0")
        }
        guard rates.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw QuantError(.parameter, "a hazard rate must not be below 0")
        }
        guard recovery >= 0, recovery <= 1 else { throw QuantError(.parameter, "a recovery must be from 0 to 1") }
        self.times = times
        self.rates = rates
        self.recovery = recovery
    }

    /// Probability that no default has happened by a time: e^(−∫λ).
    public func survival(_ time: Double) -> Double {
        var total = 0.0, from = 0.0
        for (end, rate) in zip(times, rates) {
            let to = min(time, end)
            if to > from { total += rate * (to - from) }
            from = max(from, end)
        }
        if time > from { total += (rates.last ?? 0) * (time - from) }
        return exp(-total)
    }
}

/// What the adjustments are reckoned with besides the market.
public struct XvaTerms: Sendable, Equatable {
    public let counterparty: PartyCredit, own: PartyCredit
    /// Over the discount rate, a year: what we pay for money, and what we earn on it.
    public let borrowSpread: Double, lendSpread: Double
    /// What capital must earn a year, and the risk weight of the counterparty.
    public let capitalCost: Double, riskWeight: Double

    /// Spreads and costs are shares a year; 0.01 is a hundred basis points.
    public init(
        counterparty: PartyCredit, own: PartyCredit, borrowSpread: Double = 0, lendSpread: Double = 0,
        capitalCost: Double = 0.1, riskWeight: Double = 1
    ) {
        self.counterparty = counterparty
        self.own = own
        self.borrowSpread = borrowSpread
        self.lendSpread = lendSpread
        self.capitalCost = capitalCost
        self.riskWeight = riskWeight
    }
}

/// Adjustments of a netting set's value and its exposure over time, by simulation.
///
/// EE*(t) = E[D(t)·V(t)⁺] and NEE*(t) = E[D(t)·V(t)⁻], D the bank account's discount factor. Integrals are trapezia
/// between the points, from just after one to just before the next where something is paid there: CVA = (1−R_c)·Σ½(EE*ᵢ₋₁+EE*ᵢ)(S_c(tᵢ₋₁)−S_c(tᵢ)), DVA the same of NEE*
/// and our own default; both take the other party as surviving. FVA = Σ½(s_b·EE* − s_l·NEE*)Δt. KVA = k·Σ½K*Δt with
/// K = 8 % · risk weight · 1.4 · EE*. CVA, FVA and KVA are costs and DVA a gain, all positive where they are such.
public struct ValuationAdjustments: Sendable, Equatable {
    public let cva: Double, dva: Double, fva: Double, kva: Double
    /// The parts of FVA: what funding costs and what it earns.
    public let fundingCost: Double, fundingBenefit: Double
    /// One standard error of CVA and of DVA.
    public let cvaError: Double, dvaError: Double
    /// What the netting set is worth without adjustments.
    public let value: Double
    /// Years of the profile.
    public let times: [Double]
    /// EE*(t)/P(0, t) and NEE*(t)/P(0, t) just before what is paid at t: exposures in money of t, under its forward
    /// measure; both positive.
    public let epe: [Double], ene: [Double]
    /// The 95 % percentile of V(t), at least 0, under the bank account's measure.
    public let pfe: [Double]
    /// ΣD/n over P(0, T) at the last point, less 1: what the simulation misses of a bond.
    public let bondError: Double

    /// Paths that one task makes at a time.
    private static let slice = 512
    /// Most values, paths × points, that are held.
    public static let largestSimulation = 20_000_000
    /// Most flows and claims, summed over the points of the profile, that are held.
    public static let largestPlan = 2_000_000
    /// Most values that are made, over all paths: of flows; an option at a point counts as eight, a step as its random
    /// numbers.
    public static let largestWork = 10_000_000_000

    /// Simulates on as many threads as `tasks`; the answer does not depend on how many.
    public static func simulate(
        _ trades: [XvaTrade], _ market: XvaMarket, _ terms: XvaTerms, paths: Int = 10_000, steps: Int = 40,
        seed: UInt64 = 0, tasks: Int = 2
    ) async throws -> ValuationAdjustments {
        try check(trades, market)
        guard paths >= 2, steps >= 1, paths <= largestSimulation, steps <= 2_000,
              paths * (steps + 1) <= largestSimulation else {
            throw QuantError(.parameter, "paths × steps must be at most \(largestSimulation), steps at most 2000")
        }
        // Nothing of it runs where the caller does: that may be a loop that serves others.
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await measure(trades, market, terms, paths, steps, seed, max(1, tasks))
        }
    }

    private static func check(_ trades: [XvaTrade], _ market: XvaMarket) throws(QuantError) {
        guard !trades.isEmpty else { throw QuantError(.data, "a netting set needs a trade") }
        for trade in trades {
            guard trade.maturity > 0, trade.maturity <= 100 else {
                throw QuantError(.parameter, "a maturity must be above 0 and at most 100 years")
            }
            switch trade {
            case .swap(let notional, let rate, _, let start, let maturity, let fixed, let float):
                guard notional.isFinite, rate.isFinite, start >= 0, start < maturity, (1...12).contains(fixed),
                      (1...12).contains(float) else {
                    throw QuantError(.parameter, "a swap starts before it ends and pays 1 to 12 times a year")
                }
            case .forward(let asset, let quantity, let strike, _), .option(let asset, let quantity, let strike, _, _):
                guard market.assets.indices.contains(asset), quantity.isFinite, strike >= 0, strike.isFinite else {
                    throw QuantError(.parameter, "a trade needs an asset of the market and a strike of at least 0")
                }
            }
        }
    }

    @concurrent private static func measure(
        _ trades: [XvaTrade], _ market: XvaMarket, _ terms: XvaTerms, _ paths: Int, _ steps: Int, _ seed: UInt64,
        _ tasks: Int
    ) async throws -> ValuationAdjustments {
        let plan = try NettingSetPlan(trades, market, steps: steps, paths: paths)
        let times = plan.reported.map { plan.times[$0] }
        let model = try ExposurePaths(
            plan, market, seed: seed, counterparty: weights(terms.counterparty, times), own: weights(terms.own, times))
        let starts = stride(from: 0, to: paths, by: slice).map { $0..<min($0 + slice, paths) }
        let parts = await withTaskGroup(of: [(Int, ExposurePaths.Slice)].self) { group in
            for worker in 0..<min(tasks, starts.count) {
                group.addTask(executorPreference: globalConcurrentExecutor) {
                    stride(from: worker, to: starts.count, by: tasks).map { ($0, model.slice(starts[$0])) }
                }
            }
            var parts = [ExposurePaths.Slice?](repeating: nil, count: starts.count)
            for await made in group { for (place, part) in made { parts[place] = part } }
            return parts.compactMap(\.self)
        }
        try Task.checkCancellation()
        guard parts.allSatisfy({ $0.gain.squares.isFinite && $0.loss.squares.isFinite && $0.discount.isFinite }),
              parts.allSatisfy({ $0.values.allSatisfy { $0.allSatisfy(\.isFinite) } }) else {
            throw QuantError(.data, "the simulation left the range of numbers: volatilities or amounts are too large")
        }
        return ValuationAdjustments(parts, paths, times, market, terms)
    }

    /// What one unit of D·V just before and just after each point brings to the adjustment for a party's default.
    private static func weights(_ party: PartyCredit, _ times: [Double]) -> ExposurePaths.Weights {
        let survival = times.map { party.survival($0) }, loss = 0.5 * (1 - party.recovery)
        return ExposurePaths.Weights(
            before: times.indices.map { $0 > 0 ? loss * (survival[$0 - 1] - survival[$0]) : 0 },
            after: times.indices.map { $0 + 1 < times.count ? loss * (survival[$0] - survival[$0 + 1]) : 0 })
    }

    private init(
        _ parts: [ExposurePaths.Slice], _ paths: Int, _ times: [Double], _ market: XvaMarket, _ terms: XvaTerms
    ) {
        let count = Double(paths)
        func mean(_ read: (ExposurePaths.Slice) -> [Double]) -> [Double] {
            times.indices.map { point in parts.reduce(0) { $0 + read($1)[point] } / count }
        }
        func moments(_ read: (ExposurePaths.Slice) -> (sum: Double, squares: Double)) -> (mean: Double, error: Double) {
            let sum = parts.reduce(0) { $0 + read($1).sum }, squares = parts.reduce(0) { $0 + read($1).squares }
            let mean = sum / count
            return (mean, (max(0, squares / count - mean * mean) / (count - 1)).squareRoot())
        }
        func integral(_ before: [Double], _ after: [Double]) -> Double {
            zip(times.indices, times.indices.dropFirst()).reduce(0) {
                $0 + 0.5 * (after[$1.0] + before[$1.1]) * (times[$1.1] - times[$1.0])
            }
        }
        let positive = mean(\.before.positive), negative = mean(\.before.negative)
        let costs = integral(positive, mean(\.after.positive)), gains = integral(negative, mean(\.after.negative))
        (cva, cvaError) = moments(\.gain)
        (dva, dvaError) = moments(\.loss)
        fundingCost = terms.borrowSpread * costs
        fundingBenefit = terms.lendSpread * gains
        fva = fundingCost - fundingBenefit
        kva = terms.capitalCost * 0.08 * terms.riskWeight * 1.4 * costs
        value = positive[0] - negative[0]
        self.times = times
        epe = zip(positive, times).map { $0 / market.curve.discount($1) }
        ene = zip(negative, times).map { $0 / market.curve.discount($1) }
        pfe = times.indices.map { point in
            let outcomes = parts.flatMap { $0.values[point] }
            return max(0, OrderStatistics(outcomes, low: 0, high: Int(0.95 * (count - 1))).linear(0.95))
        }
        let bond = market.curve.discount(times.last ?? 0)
        bondError = parts.reduce(0) { $0 + $1.discount } / count / bond - 1
    }
}
