import Glibc
import Numerics

/// Simulated portfolio returns of instruments that depend on each other by a Gaussian or a t copula.
///
/// Path i is a pure function of the seed and i: any range can be made on any thread, with the same bits.
public struct CopulaSimulation: Sendable {
    /// How the instruments move together.
    public enum Copula: Sendable, Equatable {
        case gaussian
        /// A t copula; degrees of freedom above 2.
        case student(degrees: Double)
    }

    /// What each instrument's returns look like alone.
    public enum Margins: String, Sendable, Equatable, CaseIterable {
        /// Normal under a Gaussian copula, t with the copula's degrees under a t copula; mean and variance of the
        /// sample.
        case parametric
        /// The instrument's own history, by its linear percentile.
        case empirical
    }

    /// Instruments.
    public let count: Int
    /// What was added to the correlations to factor them: the Frobenius distance, 0 where nothing was.
    public let repair: Double
    let random: WidePhilox
    let ziggurat = Ziggurat()
    let degrees: Double?
    let margins: Margins
    let drift: Double
    /// L'(w·σ) where the margins are parametric.
    let load: [Double]
    let factor: [Double]
    let sorted: [[Double]]
    let weights: [Double]
    let root: Double
    let table: [Double]

    /// Correlations and variances with ddof 1; weights fractions of the portfolio. A correlation that is not positive
    /// definite is repaired with a floor of 1e-10 of its largest eigenvalue.
    public init(
        returns: [[Double]], weights: [Double], copula: Copula = .gaussian, margins: Margins = .parametric,
        horizonDays: Double = 1, seed: UInt64 = 0
    ) throws(QuantError) {
        try ValueAtRisk.check(returns, weights, .init(horizonDays: horizonDays))
        if case .student(let degrees) = copula {
            guard degrees > 2, degrees.isFinite else {
                throw QuantError(.parameter, "degrees of freedom must be above 2: the variance is infinite")
            }
            self.degrees = degrees
        } else {
            degrees = nil
        }
        count = weights.count
        random = WidePhilox(seed: seed)
        self.margins = margins
        self.weights = weights
        root = horizonDays.squareRoot()
        drift = Statistics.dot(weights, returns.map(Statistics.mean)) * horizonDays
        let plain = Statistics.covarianceMatrix(returns)
        let size = count
        let deviations = (0..<size).map { plain[$0 * size + $0].squareRoot() }
        // A constant instrument depends on nothing.
        var correlation = plain.indices.map { index in
            let scale = deviations[index / size] * deviations[index % size]
            return scale > 0 ? plain[index] / scale : 0
        }
        for index in 0..<size { correlation[index * size + index] = 1 }
        var distance = 0.0
        var found = Cholesky(correlation, count: size)
        if found == nil, let mended = PositiveDefinite(correlation, count: size) {
            distance = mended.distance
            found = Cholesky(mended.matrix, count: size)
        }
        guard let found else { throw QuantError(.data, "the correlations cannot be made positive definite") }
        repair = distance
        factor = found.lower
        let scaled = zip(weights, deviations).map { $0 * $1 * horizonDays.squareRoot() }
        load = (0..<size).map { column in
            (column..<size).reduce(0) { $0 + found.lower[$1 * size + column] * scaled[$1] }
        }
        sorted = margins == .empirical ? returns.map { $0.sorted() } : []
        table = margins == .empirical ? Self.probabilities(degrees) : []
    }

    /// Portfolio returns of the paths of a range.
    public func paths(_ range: Range<Int>) -> [Double] {
        ziggurat.withTables { tables in
            load.withUnsafeBufferPointer { load in
                [Double](unsafeUninitializedCapacity: range.count) { out, filled in
                    var scratch = [Double](repeating: 0, count: 2 * count)
                    for path in range {
                        out[filled] = margins == .parametric
                            ? drift + linear(path, load, tables) : bent(path, &scratch, tables)
                        filled += 1
                    }
                }
            }
        }
    }

    /// Σ load·ε of a path, scaled where the copula is a t.
    @inline(__always)
    private func linear(_ path: Int, _ load: UnsafeBufferPointer<Double>, _ tables: Ziggurat.Tables) -> Double {
        let path = UInt64(path)
        var sums = SIMD4<Double>.zero
        var index = 0
        while index + 4 <= count {
            let words = random.block(SIMD4(path, UInt64(index / 4), 0, 0))
            sums.x += load[index] * normal(words.x, path, index, tables)
            sums.y += load[index + 1] * normal(words.y, path, index + 1, tables)
            sums.z += load[index + 2] * normal(words.z, path, index + 2, tables)
            sums.w += load[index + 3] * normal(words.w, path, index + 3, tables)
            index += 4
        }
        var total = (sums.x + sums.y) + (sums.z + sums.w)
        if index < count {
            let words = random.block(SIMD4(path, UInt64(index / 4), 0, 0))
            for place in index..<count { total += load[place] * normal(words[place - index], path, place, tables) }
        }
        guard let degrees else { return total }
        return total * mix(path, degrees, tables) * ((degrees - 2) / degrees).squareRoot()
    }

    @inline(__always)
    private func normal(_ word: UInt64, _ path: UInt64, _ place: Int, _ tables: Ziggurat.Tables) -> Double {
        let random = random
        return tables.normal(word) { random.block(SIMD4(path, UInt64(place), 1, $0)).x }
    }

    /// √(ν/χ²ν) of a path, by Marsaglia and Tsang's gamma numbers (2000).
    private func mix(_ path: UInt64, _ degrees: Double, _ tables: Ziggurat.Tables) -> Double {
        let d = degrees / 2 - 1.0 / 3, c = 1 / (9 * d).squareRoot()
        var attempt: UInt64 = 0
        while true {
            let words = random.block(SIMD4(path, attempt, 2, 0))
            let random = random
            let z = tables.normal(words.x) { random.block(SIMD4(path, attempt, 3, $0)).x }
            let cube = (1 + c * z) * (1 + c * z) * (1 + c * z)
            let uniform = (Double(words.y >> 12) + 0.5) * 0x1p-52
            if cube > 0, log(uniform) < 0.5 * z * z + d - d * cube + d * log(cube) {
                return (degrees / (2 * d * cube)).squareRoot()
            }
            attempt += 1
        }
    }

    /// A path with empirical margins: each instrument's own percentile of its share of the copula.
    private func bent(_ path: Int, _ scratch: inout [Double], _ tables: Ziggurat.Tables) -> Double {
        let total = contributions(path, &scratch, tables)
        return total
    }

    /// Fills `scratch[count...]` with wᵢrᵢ of a path and returns their sum.
    private func contributions(_ path: Int, _ scratch: inout [Double], _ tables: Ziggurat.Tables) -> Double {
        let place = UInt64(path)
        for index in 0..<count {
            if index % 4 == 0 {
                let words = random.block(SIMD4(place, UInt64(index / 4), 0, 0))
                for lane in 0..<min(4, count - index) {
                    scratch[index + lane] = normal(words[lane], place, index + lane, tables)
                }
            }
        }
        let scale = degrees.map { mix(place, $0, tables) } ?? 1
        var total = 0.0
        for row in 0..<count {
            var value = 0.0
            for column in 0...row { value += factor[row * count + column] * scratch[column] }
            let share = probability(value * scale)
            let rank = share * Double(sorted[row].count - 1)
            let low = min(Int(rank), sorted[row].count - 2)
            let outcome = sorted[row][low] + (sorted[row][low + 1] - sorted[row][low]) * (rank - Double(low))
            scratch[count + row] = weights[row] * outcome * root
            total += scratch[count + row]
        }
        return total
    }

    /// Steps of the table of probabilities.
    private static let steps = 8192

    /// F at y = s/(1 − |s|) for s from −1 to 1.
    private static func probabilities(_ degrees: Double?) -> [Double] {
        let student = degrees.map { StudentDistribution(degrees: $0) }
        return (0...steps).map { step in
            let s = 2 * Double(step) / Double(steps) - 1
            if abs(s) >= 1 { return s < 0 ? 0 : 1 }
            let y = s / (1 - abs(s))
            return student?.cumulative(y) ?? NormalDistribution.cumulative(y)
        }
    }

    /// F(y) between two steps of the table; within 1e-7.
    private func probability(_ y: Double) -> Double {
        let place = (y / (1 + abs(y)) + 1) * 0.5 * Double(Self.steps)
        let low = min(Int(place), Self.steps - 1)
        return table[low] + (table[low + 1] - table[low]) * (place - Double(low))
    }

    /// Mean wᵢrᵢ over some paths.
    func meanContributions(_ chosen: [Int]) -> [Double] {
        var sums = [Double](repeating: 0, count: count)
        ziggurat.withTables { tables in
            var scratch = [Double](repeating: 0, count: 2 * count)
            for path in chosen {
                _ = contributions(path, &scratch, tables)
                for index in 0..<count { sums[index] += scratch[count + index] }
            }
        }
        return sums.map { $0 / Double(max(1, chosen.count)) }
    }
}
