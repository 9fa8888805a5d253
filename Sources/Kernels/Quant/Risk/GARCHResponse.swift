import Glibc
import Numerics

/// How a quantile of the days that a GARCH model has rescaled moves with the series, the model being fitted anew.
///
/// All of it is reckoned in units of the series' deviation s, in which the fit is made: u = p/s, θ = (μ, ω, α, β). The
/// gradient g of the loss by θ is 0 at the fit, so θ moves by −g_θ⁻¹·g_u·du (the implicit function theorem). As u and θ
/// do not change with the size of the series, the slope along the series itself is the quantile, whatever becomes of
/// the fit. Where the likelihood is flat in a direction, θ stays in it: so at the bounds of α and β.
struct GARCHResponse {
    private typealias Vector = SIMD4<Double>

    /// ∂h/∂θ and their change along a direction, with the change of h.
    private struct Move {
        var variance = 0.0
        var slopes = Vector.zero
    }

    private let tail: ScenarioTail
    private let series: [Double]
    private let deviation: Double
    /// u − μ by day; h and ∂h/∂θ by day, with the day after the last.
    private let residuals: [Double], variances: [Double], slopes: [Vector]
    private let model: Vector
    /// Minus the change of θ for a gradient, by column.
    private let answer: [Vector]

    init(_ model: GARCH, _ returns: [Double], _ tail: ScenarioTail) {
        let deviation = Statistics.variance(returns).squareRoot()
        let unit = returns.map { $0 / deviation }
        let fitted = Vector(
            model.mean / deviation, model.omega / (deviation * deviation), model.alpha, model.beta)
        let before = GARCH.before(unit, Statistics.mean(unit))
        (residuals, variances, slopes) = Self.path(unit, fitted, before)
        self.tail = tail
        self.deviation = deviation
        self.model = fitted
        series = returns
        answer = Self.answer(unit, fitted, before)
    }

    /// The derivative of the tail's quantile where the series moves by `column` a unit.
    func slope(along column: [Double]) -> Double {
        let growth = Statistics.covariance(column, series) / (deviation * deviation)
        let moves = zip(column, series).map { ($0 - $1 * growth) / deviation }
        var lower = Move(), upper = Move(), gradient = Vector.zero
        var move = first(moves)
        for day in moves.indices {
            if day == tail.lower { lower = move }
            if day == tail.upper { upper = move }
            gradient += bend(day, moves[day], move)
            move = next(move, day, moves[day])
        }
        var fit = Vector.zero
        for (place, column) in answer.enumerated() { fit += column * gradient[place] }
        func relative(_ move: Move, _ day: Int) -> Double {
            (move.variance + (slopes[day] * fit).sum()) / variances[day] / 2
        }
        let today = relative(move, moves.count)
        let moved = tail.mix { day in
            let factor = (variances[moves.count] / variances[day]).squareRoot()
            let then = relative(day == tail.lower ? lower : upper, day)
            return fit[0] + factor * (moves[day] - fit[0] + residuals[day] * (today - then))
        }
        return growth * tail.quantile + deviation * moved
    }

    // MARK: Along a direction

    private func first(_ moves: [Double]) -> Move {
        let middle = Statistics.mean(moves), centre = -Statistics.mean(residuals)
        var sum = 0.0, total = 0.0
        for (day, weight) in zip(moves.indices, GARCH.firstWeights) {
            sum += weight * 2 * (residuals[day] + centre) * (moves[day] - middle)
            total += weight
        }
        let before = sum / total
        return Move(variance: (model[2] + model[3]) * before, slopes: Vector(0, 0, before, before))
    }

    private func next(_ move: Move, _ day: Int, _ change: Double) -> Move {
        let residual: Double = residuals[day], alpha: Double = model[2], beta: Double = model[3]
        var slopes = Vector(-2 * alpha * change, 0, 2 * residual * change, move.variance)
        slopes += move.slopes * beta
        return Move(variance: 2 * alpha * residual * change + beta * move.variance, slopes: slopes)
    }

    /// What a day adds to the change of the gradient.
    private func bend(_ day: Int, _ change: Double, _ move: Move) -> Vector {
        let h: Double = variances[day], e: Double = residuals[day], square: Double = e * e / h
        let byVariance: Double = (0.5 * (2 * square - 1) * move.variance - e * change) / (h * h)
        let bySlope: Double = 0.5 * (1 - square) / h
        var bend: Vector = slopes[day] * byVariance
        bend += move.slopes * bySlope
        bend[0] -= (change - e * move.variance / h) / h
        return bend
    }

    // MARK: The fit

    private static func path(
        _ unit: [Double], _ model: Vector, _ before: Double
    ) -> (residuals: [Double], variances: [Double], slopes: [Vector]) {
        let alpha = model[2], beta = model[3]
        var variance = model[1] + (alpha + beta) * before, slope = Vector(0, 1, before, before)
        var residuals: [Double] = [], variances = [variance], slopes = [slope]
        for value in unit {
            let e = value - model[0]
            var next = Vector(-2 * alpha * e, 1, e * e, variance)
            next += slope * beta
            slope = next
            variance = model[1] + alpha * e * e + beta * variance
            residuals.append(e)
            variances.append(variance)
            slopes.append(slope)
        }
        return (residuals, variances, slopes)
    }

    private static func gradient(_ unit: [Double], _ model: Vector, _ before: Double) -> Vector {
        let (residuals, variances, slopes) = path(unit, model, before)
        var gradient = Vector.zero
        for (day, e) in residuals.enumerated() {
            let h: Double = variances[day], bySlope: Double = 0.5 * (1 - e * e / h) / h
            gradient += slopes[day] * bySlope
            gradient[0] -= e / h
        }
        return gradient
    }

    /// θ of free numbers, as the fit has them: μ, ln ω and the logits of α + β and of α's share; and ∂θ by each.
    private static func parameters(_ point: Vector) -> (model: Vector, by: [Vector]) {
        let sum = 1 / (1 + exp(-point[2])), share = 1 / (1 + exp(-point[3])), omega = exp(point[1])
        let bySum = sum * (1 - sum), byShare = sum * share * (1 - share)
        return (
            Vector(point[0], omega, sum * share, sum * (1 - share)),
            [
                Vector(1, 0, 0, 0), Vector(0, omega, 0, 0), Vector(0, 0, bySum * share, bySum * (1 - share)),
                Vector(0, 0, byShare, -byShare),
            ])
    }

    /// −∂θ/∂g: the inverse of the curvature of the loss by the free numbers, without directions in which it has none.
    private static func answer(_ unit: [Double], _ model: Vector, _ before: Double) -> [Vector] {
        func logit(_ share: Double) -> Double {
            let inside = min(max(share, 1e-12), 1 - 1e-12)
            return log(inside / (1 - inside))
        }
        let sum = model[2] + model[3]
        let point = Vector(model[0], log(model[1]), logit(sum), logit(sum > 0 ? model[2] / sum : 0.5))
        func slopes(_ point: Vector) -> [Double] {
            let (model, by) = parameters(point)
            let gradient = gradient(unit, model, before)
            return by.map { ($0 * gradient).sum() }
        }
        let step = 1e-4
        var curvature = [Double](repeating: 0, count: 16)
        for axis in 0..<4 {
            var up = point, down = point
            up[axis] += step
            down[axis] -= step
            for (other, change) in zip(slopes(up), slopes(down)).map({ ($0 - $1) / (2 * step) }).enumerated() {
                curvature[axis * 4 + other] += change / 2
                curvature[other * 4 + axis] += change / 2
            }
        }
        guard let eigen = SymmetricEigen(curvature, count: 4) else { return [Vector](repeating: .zero, count: 4) }
        let least = 1e-6 * (eigen.values.max() ?? 0)
        let inverse = eigen.matrix { $0 > least ? 1 / $0 : 0 }
        let by = parameters(point).by
        return (0..<4).map { column in
            var answer = Vector.zero
            for a in 0..<4 {
                for b in 0..<4 {
                    let share: Double = inverse[a * 4 + b] * by[b][column]
                    answer -= by[a] * share
                }
            }
            return answer
        }
    }
}
