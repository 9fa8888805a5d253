import Glibc
import Numerics

/// A netting set made ready for simulation: which flows are still to come at each point of the profile, with the model's
/// bond prices as A·e^(−B·z). A point is told twice, just before what is paid there and just after.
struct NettingSetPlan: Sendable {
    /// Flows and claims that are worth something.
    struct Outlook: Sendable {
        var flows: [Flow] = []
        var claims: [Claim] = []
    }

    /// What is still to come at a point.
    struct Point: Sendable {
        /// Before it and after it.
        var stays = Outlook()
        /// Paid there: before it alone.
        var paid = Outlook()
        /// Fixed there: after it alone.
        var begun: [Flow] = []
    }

    /// A known flow, or one whose amount a path fixes: worth weight·e^(−reach·z), times the fixing.
    struct Flow: Sendable {
        let weight: Double, reach: Double
        /// Which fixing of the path it is scaled by; nil for a known amount.
        let fixing: Int?
    }

    /// The start of a floating period: the path's fixing is made here, amount/P(t, end).
    struct Reset: Sendable {
        let fixing: Int
        let amount: Double, weight: Double, reach: Double
    }

    /// A claim on an asset that is still alive.
    struct Claim: Sendable {
        let asset: Int
        let quantity: Double, strike: Double
        /// Discount and carry until maturity; the deviation of the forward's logarithm.
        let weight: Double, reach: Double, carry: Double, deviation: Double
        /// Nil for a forward.
        let isCall: Bool?
    }

    /// Years, from 0, with every start of a floating period.
    let times: [Double]
    /// Places in `times` of the profile's points.
    let reported: [Int]
    /// Of each of the profile's points.
    let points: [Point]
    /// By place in `times`.
    let resets: [[Reset]]
    let fixings: Int

    /// Points within this of each other are one.
    private static let edge = 1e-9

    /// Throws `.parameter` for what would take too much memory or, on so many paths, too much time.
    init(_ trades: [XvaTrade], _ market: XvaMarket, steps: Int, paths: Int) throws(QuantError) {
        let legs = try FloatingLegs(trades)
        let grid = SimulationGrid(
            until: trades.map(\.maturity).max() ?? 0, steps: steps, starts: legs.periods.map(\.start))
        times = grid.times
        reported = grid.reported
        fixings = legs.periods.count
        let claims = trades.filter { !$0.isSwap }.sorted { $0.maturity < $1.maturity }
        let size = market.assets.count + 2
        try Self.check(legs, claims, grid, paths: paths, size: size)
        let model = market.rates, curve = market.curve
        var resets = [[Reset]](repeating: [], count: grid.times.count)
        for (index, place) in grid.starts.enumerated() {
            let bond = model.bond(curve, from: grid.times[place], to: legs.periods[index].end)
            resets[place].append(
                Reset(fixing: index, amount: legs.periods[index].notional, weight: bond.a, reach: bond.b))
        }
        self.resets = resets
        points = Self.points(legs, claims, grid.reported.map { grid.times[$0] }, market)
    }

    /// How much is held and done: every flow and claim at every point, every point of time, every fixing.
    private static func check(
        _ legs: FloatingLegs, _ claims: [XvaTrade], _ grid: SimulationGrid, paths: Int, size: Int
    ) throws(QuantError) {
        let ends = legs.periods.map(\.end).sorted()
        var flows = 0, alive = 0
        for place in grid.reported {
            let time = grid.times[place]
            flows += legs.known.count - legs.known.firstPlace { $0.time > time - edge }
            flows += legs.periods.firstPlace { $0.start >= time + edge } - ends.firstPlace { $0 > time - edge }
            alive += claims.count - claims.firstPlace { $0.maturity > time - edge }
        }
        guard flows + alive <= ValuationAdjustments.largestPlan,
              grid.times.count * size * size <= ValuationAdjustments.largestSimulation else {
            throw QuantError(
                .parameter,
                "\(flows + alive) flows over all points and \(grid.times.count) points of time are too many: "
                    + "fewer trades, payments or steps")
        }
        // A claim takes as long as several flows, a step as long as its random numbers.
        let work = flows + 8 * alive + legs.periods.count + grid.times.count * (2 * size + size * size / 8)
        let (total, isTooLarge) = work.multipliedReportingOverflow(by: paths)
        guard !isTooLarge, total <= ValuationAdjustments.largestWork else {
            throw QuantError(
                .parameter,
                "\(paths) paths × \(work) values of flows are more than \(ValuationAdjustments.largestWork): "
                    + "fewer paths, steps, trades or payments")
        }
    }

    private static func points(
        _ legs: FloatingLegs, _ claims: [XvaTrade], _ times: [Double], _ market: XvaMarket
    ) -> [Point] {
        let model = market.rates, curve = market.curve
        var started = 0, running: [Int] = []
        return times.map { time in
            var point = Point()
            for flow in legs.known[legs.known.firstPlace { $0.time > time - edge }...] {
                let bond = model.bond(curve, from: time, to: max(time, flow.time))
                let made = Flow(weight: flow.amount * bond.a, reach: bond.b, fixing: nil)
                if flow.time > time + edge { point.stays.flows.append(made) } else { point.paid.flows.append(made) }
            }
            while started < legs.periods.count, legs.periods[started].start < time + edge {
                running.append(started)
                started += 1
            }
            running.removeAll { legs.periods[$0].end <= time - edge }
            for index in running {
                let period = legs.periods[index], isNew = period.start >= time - edge
                let isOver = period.end <= time + edge
                let bond = model.bond(curve, from: time, to: max(time, period.end))
                let flow = Flow(weight: bond.a, reach: bond.b, fixing: index)
                switch (isNew, isOver) {
                case (false, false): point.stays.flows.append(flow)
                case (false, true): point.paid.flows.append(flow)
                case (true, false): point.begun.append(flow)
                case (true, true): break
                }
            }
            for trade in claims[claims.firstPlace { $0.maturity > time - edge }...] {
                guard let claim = claim(trade, market, at: time) else { continue }
                if trade.maturity > time + edge {
                    point.stays.claims.append(claim)
                } else {
                    point.paid.claims.append(claim)
                }
            }
            return point
        }
    }

    private static func claim(_ trade: XvaTrade, _ market: XvaMarket, at time: Double) -> Claim? {
        let parts: (asset: Int, quantity: Double, strike: Double, isCall: Bool?)
        switch trade {
        case .swap: return nil
        case .forward(let asset, let quantity, let strike, _): parts = (asset, quantity, strike, nil)
        case .option(let asset, let quantity, let strike, _, let isCall): parts = (asset, quantity, strike, isCall)
        }
        let asset = market.assets[parts.asset], span = max(0, trade.maturity - time)
        let bond = market.rates.bond(market.curve, from: time, to: time + span)
        let correlation = market.correlations[parts.asset + 1]
        let variance = asset.volatility * asset.volatility * span + market.rates.integralVariance(span)
            + 2 * correlation * asset.volatility * market.rates.span(span).integralWithMotion
        return Claim(
            asset: parts.asset, quantity: parts.quantity, strike: parts.strike, weight: bond.a, reach: bond.b,
            carry: exp(asset.carry.integral(time) - asset.carry.integral(trade.maturity)),
            deviation: max(0, variance).squareRoot(), isCall: parts.isCall)
    }
}
