import Glibc

/// Free numbers of a chain of two regimes: any are allowed.
struct RegimePoint {
    /// μ, ln σ₀, ln σ₁, logit p₀₀, logit p₁₁.
    var values: InlineArray<5, Double>

    init(_ values: InlineArray<5, Double>) { self.values = values }

    init(_ given: VolatilityRegimes.Parameters) {
        func logit(_ share: Double) -> Double { log(share / (1 - share)) }
        values = [
            given.mean, log(given.calm), log(given.restless), logit(given.calmStays), logit(given.restlessStays),
        ]
    }

    /// The model of returns that are `scale` times as large.
    func scaled(by scale: Double) -> VolatilityRegimes.Parameters {
        VolatilityRegimes.Parameters(
            mean: values[0] * scale, calm: exp(values[1]) * scale, restless: exp(values[2]) * scale,
            calmStays: Self.share(values[3]), restlessStays: Self.share(values[4]))
    }

    static func share(_ value: Double) -> Double { 1 / (1 + exp(-value)) }
}

extension VolatilityRegimes.Parameters {
    /// Whether the calm regime is the calmer one.
    var isOrdered: Bool { calm <= restless }

    /// The same with the regimes' names changed.
    var swapped: VolatilityRegimes.Parameters {
        VolatilityRegimes.Parameters(
            mean: mean, calm: restless, restless: calm, calmStays: restlessStays, restlessStays: calmStays)
    }
}

/// Filter, smoother and fit of a chain of two regimes with normal returns.
struct RegimeChain {
    /// A regime whose deviation is a smaller part of that of all returns stands on equal returns.
    private static let leastDeviation = log(0.01)

    let returns: [Double]

    init(_ returns: [Double]) { self.returns = returns }

    /// What the filter finds.
    struct Pass {
        var logLikelihood = 0.0
        /// P(s_t = 1 | r_1…r_{t−1}) and P(s_t = 1 | r_1…r_t).
        var predicted: [Double] = [], filtered: [Double] = []
    }

    /// Expected counts, given all returns.
    private struct Expectation {
        /// By regime: Σw, Σw·r, Σw·r².
        var weight = SIMD2<Double>.zero, sum = SIMD2<Double>.zero, squares = SIMD2<Double>.zero
        /// Steps that stay in the regime and steps that leave it.
        var stays = SIMD2<Double>.zero, leaves = SIMD2<Double>.zero
        /// Of the first period.
        var first = SIMD2<Double>.zero
    }

    /// Hamilton's filter.
    func filter(_ point: RegimePoint) -> Pass {
        let mean = point.values[0], stay = SIMD2(RegimePoint.share(point.values[3]), RegimePoint.share(point.values[4]))
        let logs = SIMD2(point.values[1], point.values[2])
        let precision = SIMD2(exp(-2 * logs[0]), exp(-2 * logs[1]))
        var pass = Pass()
        pass.predicted.reserveCapacity(returns.count)
        pass.filtered.reserveCapacity(returns.count)
        var next = (1 - stay[0]) / (2 - stay[0] - stay[1])
        if !next.isFinite { next = 0.5 }
        for value in returns {
            pass.predicted.append(next)
            let away = value - mean
            let densities = precision * (-0.5 * away * away) - logs
            // The larger density is taken out, so that no return is too far away for both.
            let top = max(densities[0], densities[1])
            let calm = (1 - next) * exp(densities[0] - top), restless = next * exp(densities[1] - top)
            let both = calm + restless, now = restless / both
            pass.logLikelihood += log(both) + top
            pass.filtered.append(now)
            next = now * stay[1] + (1 - now) * (1 - stay[0])
        }
        pass.logLikelihood -= 0.5 * Double(returns.count) * log(2 * Double.pi)
        return pass
    }

    /// Kim's smoother, summed up.
    private func expectation(_ pass: Pass, _ point: RegimePoint) -> Expectation {
        let stay = SIMD2(RegimePoint.share(point.values[3]), RegimePoint.share(point.values[4]))
        var found = Expectation(), last = returns.count - 1
        var smooth = SIMD2(1 - pass.filtered[last], pass.filtered[last])
        while true {
            let value = returns[last]
            found.weight += smooth
            found.sum += smooth * value
            found.squares += smooth * (value * value)
            if last == 0 { break }
            let now = SIMD2(1 - pass.filtered[last - 1], pass.filtered[last - 1])
            let told = SIMD2(1 - pass.predicted[last], pass.predicted[last])
            // Where a regime was as good as impossible nothing came from it.
            let ratio = SIMD2(told[0] > 0 ? smooth[0] / told[0] : 0, told[1] > 0 ? smooth[1] / told[1] : 0)
            let stays = now * stay * ratio
            let leaves = now * (1 - stay) * SIMD2(ratio[1], ratio[0])
            found.stays += stays
            found.leaves += leaves
            smooth = stays + leaves
            last -= 1
        }
        found.first = smooth
        return found
    }

    // MARK: Fitting

    /// The best of what several starts lead to; nil where each ends on equal returns. The returns' deviation is 1.
    var fitted: RegimePoint? {
        let mean = returns.reduce(0, +) / Double(returns.count)
        var best: (point: RegimePoint, value: Double)?
        for (calm, restless, calmStays, restlessStays) in Self.starts {
            var point = RegimePoint(VolatilityRegimes.Parameters(
                mean: mean, calm: calm, restless: restless, calmStays: calmStays, restlessStays: restlessStays))
            for _ in 0..<20 { point = maximised(point) }
            guard let found = climbed(from: point) else { continue }
            // Starts that lead to the same place differ in the last digits: the first of them stays.
            if found.value > (best?.value ?? -.infinity) + 1e-9 { best = found }
        }
        return best?.point
    }

    private static let starts = [
        (0.6, 1.6, 0.95, 0.90), (0.8, 2.5, 0.98, 0.80), (0.5, 1.2, 0.98, 0.98), (0.9, 4.0, 0.97, 0.50),
        (0.3, 1.1, 0.70, 0.95),
    ]

    /// One step of expectation and maximisation.
    private func maximised(_ point: RegimePoint) -> RegimePoint {
        let found = expectation(filter(point), point)
        let precision = SIMD2(exp(-2 * point.values[1]), exp(-2 * point.values[2]))
        let mean = (found.sum * precision).sum() / (found.weight * precision).sum()
        let squares = squares(found, about: mean)
        func deviation(_ regime: Int) -> Double {
            guard found.weight[regime] > 1e-6 else { return point.values[regime + 1] }
            return max(0.5 * log(squares[regime] / found.weight[regime]), Self.leastDeviation + 0.1)
        }
        func odds(_ regime: Int) -> Double {
            min(12, max(-12, log((found.stays[regime] + 1e-9) / (found.leaves[regime] + 1e-9))))
        }
        return RegimePoint([mean, deviation(0), deviation(1), odds(0), odds(1)])
    }

    /// The log-likelihood and its gradient; nil outside of what is allowed.
    private func slope(_ point: RegimePoint) -> (value: Double, gradient: InlineArray<5, Double>)? {
        let values = point.values
        guard values[1] > Self.leastDeviation, values[2] > Self.leastDeviation else { return nil }
        let pass = filter(point)
        guard pass.logLikelihood.isFinite else { return nil }
        let found = expectation(pass, point), mean = values[0]
        let precision = SIMD2(exp(-2 * values[1]), exp(-2 * values[2]))
        let squares = squares(found, about: mean) * precision - found.weight
        let stay = SIMD2(RegimePoint.share(values[3]), RegimePoint.share(values[4]))
        // ln π₀ = ln(1 − p₁₁) − ln(2 − p₀₀ − p₁₁), and the other way round.
        let rest = 1 / (2 - stay[0] - stay[1])
        let crossed = SIMD2(found.first[1], found.first[0])
        var odds = found.stays * (1 - stay) - found.leaves * stay
        odds += (stay * (1 - stay)) * rest - crossed * stay
        let pull = ((found.sum - found.weight * mean) * precision).sum()
        return (pass.logLikelihood, [pull, squares[0], squares[1], odds[0], odds[1]])
    }

    /// Σw(r − mean)² by regime.
    private func squares(_ found: Expectation, about mean: Double) -> SIMD2<Double> {
        found.squares - found.sum * (2 * mean) + found.weight * (mean * mean)
    }

    /// BFGS from a point to where the likelihood rises no more.
    private func climbed(from start: RegimePoint) -> (point: RegimePoint, value: Double)? {
        guard var (value, gradient) = slope(start) else { return nil }
        var point = start
        var inverse = (0..<5).map { row in (0..<5).map { row == $0 ? 1e-3 : 0.0 } }
        for _ in 0..<300 {
            var direction = InlineArray<5, Double>(repeating: 0)
            for row in 0..<5 { for column in 0..<5 { direction[row] += inverse[row][column] * gradient[column] } }
            var rise = 0.0
            for axis in 0..<5 { rise += direction[axis] * gradient[axis] }
            if !(rise > 1e-12) { break }
            // Steps of the size of the parameters at most, halved until the likelihood rises as the slope says.
            var length = 1.0
            for axis in 0..<5 { length = min(length, 2 / max(1e-300, abs(direction[axis]))) }
            var taken: (point: RegimePoint, value: Double, gradient: InlineArray<5, Double>)?
            for _ in 0..<40 {
                var tried = point
                for axis in 0..<5 { tried.values[axis] += length * direction[axis] }
                if let found = slope(tried), found.value >= value + 1e-4 * length * rise {
                    taken = (tried, found.value, found.gradient)
                    break
                }
                length /= 2
            }
            guard let taken else { break }
            update(&inverse, from: (point, gradient), to: (taken.point, taken.gradient))
            (point, value, gradient) = (taken.point, taken.value, taken.gradient)
        }
        return (point, value)
    }

    /// The inverse of the negative Hessian after a step.
    private func update(
        _ inverse: inout [[Double]], from old: (point: RegimePoint, gradient: InlineArray<5, Double>),
        to new: (point: RegimePoint, gradient: InlineArray<5, Double>)
    ) {
        var step = [Double](repeating: 0, count: 5), change = step, product = step
        var curvature = 0.0
        for axis in 0..<5 {
            step[axis] = new.point.values[axis] - old.point.values[axis]
            change[axis] = old.gradient[axis] - new.gradient[axis]
            curvature += step[axis] * change[axis]
        }
        // Where the likelihood does not bend downwards the step tells nothing of its peak.
        if !(curvature > 1e-12) { return }
        for row in 0..<5 { for column in 0..<5 { product[row] += inverse[row][column] * change[column] } }
        var size = 0.0
        for axis in 0..<5 { size += change[axis] * product[axis] }
        for row in 0..<5 {
            for column in 0..<5 {
                inverse[row][column] += (1 + size / curvature) * step[row] * step[column] / curvature
                    - (product[row] * step[column] + step[row] * product[column]) / curvature
            }
        }
    }
}
