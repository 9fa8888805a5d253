import Glibc
import Numerics

/// Made-up utilisations of limits, to fit a breach model on before a platform has a history of its own.
///
/// A price moves with Student-t returns (5 degrees) whose volatility switches between a calm and a restless state
/// (three times as much; left with probabilities 1/400 and 1/100 a check). A portfolio trades at random times towards a
/// random share of what its limit allows. Four limits are kept over it by turns: exposure, value at risk (exposure times
/// exponentially weighted volatility), drawdown, and loss since the day began (780 checks a day).
public struct BreachSimulation: Sendable {
    /// The limits that series stand for, by turns.
    public enum Kind: Int, CaseIterable, Sendable { case exposure, valueAtRisk, drawdown, dailyLoss }

    private let random: Philox

    /// The same seed makes the same series, on any number of threads.
    public init(seed: UInt64) { random = Philox(seed: seed) }

    /// Utilisations of one limit over so many checks.
    public func utilizations(series: Int, checks: Int) -> [Double] {
        let kind = Kind(rawValue: series % Kind.allCases.count) ?? .exposure
        let scale = 0.0004 * exp(1.2 * random.normal(0, stream: stream(series, 1)))
        var state = State(target: 0.4 + 0.5 * random.uniforms(1, stream: stream(series, 1)).x)
        var values: [Double] = []
        values.reserveCapacity(checks)
        for check in 0..<checks {
            step(&state, scale: scale, check: UInt64(check), series: series)
            values.append(state.utilization(kind, scale: scale))
        }
        return values
    }

    /// Rows of many series.
    public func samples(series count: Int, checks: Int, horizon: Int, every: Int) -> BreachSamples {
        var all = BreachSamples()
        for id in 0..<count {
            all.add(utilizations(series: id, checks: checks), series: id, horizon: horizon, every: every)
        }
        return all
    }

    private struct State {
        var target: Double, exposure = 0.0, equity = 1.0, peak = 1.0, dayStart = 1.0, variance = 0.0, price = 1.0
        var isRestless = false

        init(target: Double) {
            self.target = target
            exposure = target
        }

        /// Limits are set so that restless times press against them.
        func utilization(_ kind: Kind, scale: Double) -> Double {
            switch kind {
            case .exposure: exposure
            case .valueAtRisk: exposure * variance.squareRoot() / (2 * scale)
            case .drawdown: (1 - equity / peak) / (60 * scale)
            case .dailyLoss: max(0, 1 - equity / dayStart) / (35 * scale)
            }
        }
    }

    private func step(_ state: inout State, scale: Double, check: UInt64, series: Int) {
        let chance = random.uniforms(check, stream: stream(series, 2)), trade = random.uniforms(check, stream: stream(series, 3))
        if chance.x < (state.isRestless ? 0.01 : 0.0025) { state.isRestless.toggle() }
        let move = scale * (state.isRestless ? 3 : 1) * student(check, series)
        state.variance = check == 0 ? move * move : 0.97 * state.variance + 0.03 * move * move
        let value = state.exposure * (1 + move)
        state.equity = max(0.05, state.equity + state.exposure * move)
        if check % 780 == 0 { state.dayStart = state.equity }
        state.peak = max(state.peak, state.equity)
        // Now and then it trades part of the way to what it wants; sometimes it wants something else.
        if chance.y < 0.002 { state.target = 0.3 + 0.8 * trade.y }
        state.exposure = trade.x < 0.02 ? value + 0.5 * (state.target - value) : value
        // A drawdown that lasts is forgotten in the end, as limits are set anew.
        if check % 7800 == 0 { state.peak = state.equity }
    }

    /// Student's t with five degrees of freedom, scaled to a variance of 1.
    private func student(_ check: UInt64, _ series: Int) -> Double {
        let normal = random.normal(check, stream: stream(series, 4))
        var squares = 0.0
        for part in 0..<5 {
            let each = random.normal(check, stream: stream(series, 5 + part))
            squares += each * each
        }
        return normal / (squares / 5).squareRoot() * (3.0 / 5).squareRoot()
    }

    private func stream(_ series: Int, _ part: Int) -> UInt64 { UInt64(series) * 16 + UInt64(part) }
}
