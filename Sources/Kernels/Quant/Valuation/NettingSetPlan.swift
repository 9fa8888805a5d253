import Glibc

/// A netting set made ready for simulation: which flows are still to come at each point of the grid, with the model's
/// bond prices as A·e^(−B·z). At each point it is told twice: just before what is paid there, and just after.
struct NettingSetPlan: Sendable {
    /// What is still to come.
    struct Outlook: Sendable {
        let flows: [Flow]
        let claims: [Claim]
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
    let before: [Outlook]
    let after: [Outlook]
    /// Whether something is paid or fixed there, so that the two differ.
    let isDue: [Bool]
    let resets: [[Reset]]
    let fixings: Int

    init(_ trades: [XvaTrade], _ market: XvaMarket, steps: Int) throws(QuantError) {
        let end = trades.map(\.maturity).max() ?? 0
        let legs = try FloatingLegs(trades)
        let even = (0...steps).map { end * Double($0) / Double(steps) }
        var times = even
        for period in legs.periods where !times.contains(where: { abs($0 - period.start) < 1e-9 }) {
            times.append(period.start)
        }
        times.sort()
        self.times = times
        reported = times.indices.filter { index in even.contains { abs($0 - times[index]) < 1e-12 } }
        fixings = legs.periods.count
        let model = market.rates, curve = market.curve
        func outlook(_ time: Double, isAfter: Bool) -> Outlook {
            // Points within this of each other are one.
            let edge = isAfter ? 1e-9 : -1e-9
            let known = legs.known.filter { $0.time > time + edge }.map { flow in
                let bond = model.bond(curve, from: time, to: max(time, flow.time))
                return Flow(weight: flow.amount * bond.a, reach: bond.b, fixing: nil)
            }
            let floating = legs.periods.indices.filter {
                legs.periods[$0].start < time + edge && legs.periods[$0].end > time + edge
            }.map { index in
                let bond = model.bond(curve, from: time, to: max(time, legs.periods[index].end))
                return Flow(weight: bond.a, reach: bond.b, fixing: index)
            }
            let claims = trades.filter { $0.maturity > time + edge }.compactMap { Self.claim($0, market, at: time) }
            return Outlook(flows: known + floating, claims: claims)
        }
        after = times.map { outlook($0, isAfter: true) }
        before = [outlook(0, isAfter: true)] + times.dropFirst().map { outlook($0, isAfter: false) }
        isDue = times.indices.map { index in
            index > 0 && (legs.known.contains { abs($0.time - times[index]) < 1e-9 }
                || legs.periods.contains { min(abs($0.start - times[index]), abs($0.end - times[index])) < 1e-9 }
                || trades.contains { abs($0.maturity - times[index]) < 1e-9 })
        }
        resets = times.map { time in
            legs.periods.indices.filter { abs(legs.periods[$0].start - time) < 1e-9 }.map { index in
                let bond = model.bond(curve, from: time, to: legs.periods[index].end)
                return Reset(fixing: index, amount: legs.periods[index].notional, weight: bond.a, reach: bond.b)
            }
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

/// Swaps of a netting set as known flows and floating periods; equal ones are one.
private struct FloatingLegs {
    struct Known { let time: Double; var amount: Double }
    struct Period { let start: Double, end: Double; var notional: Double }

    private(set) var known: [Known] = []
    private(set) var periods: [Period] = []

    init(_ trades: [XvaTrade]) throws(QuantError) {
        for trade in trades {
            guard case .swap(let notional, let rate, let paysFixed, let start, let maturity, let fixed, let float) =
                trade else { continue }
            let sign = paysFixed ? -1.0 : 1
            let dates = try Self.dates(start, maturity, fixed)
            for (from, to) in zip(dates, dates.dropFirst()) { add(sign * notional * rate * (to - from), at: to) }
            // A floating leg is worth its notional at its start, less the one at its end.
            add(sign * notional, at: maturity)
            if start > 1e-9 { add(-sign * notional, at: start) }
            let resets = try Self.dates(start, maturity, float)
            for (from, to) in zip(resets, resets.dropFirst()) { 
                add(Period(start: from, end: to, notional: -sign * notional))
            }
        }
    }

    private mutating func add(_ amount: Double, at time: Double) {
        if let index = known.firstIndex(where: { abs($0.time - time) < 1e-9 }) {
            known[index].amount += amount
        } else {
            known.append(Known(time: time, amount: amount))
        }
    }

    private mutating func add(_ period: Period) {
        let same = periods.firstIndex { abs($0.start - period.start) < 1e-9 && abs($0.end - period.end) < 1e-9 }
        if let same { periods[same].notional += period.notional } else { periods.append(period) }
    }

    /// Ends of periods, counted back from maturity, after the start.
    private static func dates(_ start: Double, _ maturity: Double, _ perYear: Int) throws(QuantError) -> [Double] {
        let count = ((maturity - start) * Double(perYear) - 1e-9).rounded(.up)
        guard count >= 1, count <= 2_000 else { throw QuantError(.parameter, "a swap has 1 to 2000 periods a leg") }
        return [start] + (0..<Int(count)).reversed().map { maturity - Double($0) / Double(perYear) }
    }
}
