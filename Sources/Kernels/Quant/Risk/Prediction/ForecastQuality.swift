/// How good probabilities were, now that it is known what happened.
public struct ForecastQuality: Sendable, Equatable {
    /// Probabilities between two tenths, and what happened to those.
    public struct Bin: Sendable, Equatable {
        /// From this probability on.
        public let from: Double
        public let count: Int
        /// Mean probability, and the share in which it happened; 0 in an empty bin.
        public let predicted: Double, observed: Double
    }

    /// How many forecasts, and in how many it happened.
    public let count: Int, events: Int
    /// Mean squared distance of probability and outcome (Brier 1950): 0 is perfect.
    public let brier: Double
    /// The same of a forecaster who always says the rate known before.
    public let baseBrier: Double
    /// 1 − brier/baseBrier: above 0 is better than the base rate; 0 where that was perfect.
    public let skill: Double
    /// Mean of base minus model squared distance over its standard error, clusters of rows being what is independent.
    public let significance: Double
    /// Number of these clusters.
    public let clusters: Int
    /// Mean over the bins' forecasts of |predicted − observed|: the expected calibration error.
    public let calibrationError: Double
    /// Ten bins of equal width.
    public let bins: [Bin]

    /// Better than the base rate beyond chance: at least 20 clusters, and twice its standard error above it.
    public var beatsBaseRate: Bool { clusters >= 20 && skill > 0 && significance >= 2 }

    /// Compares forecasts with outcomes. All arrays are as long; `base` is what was known of the rate at each; rows with the
    /// same `cluster` depend on each other.
    public init(probabilities: [Double], base: [Double], happened: [Bool], clusters: [Int]) {
        count = happened.count
        events = happened.count { $0 }
        var own = 0.0, known = 0.0, sums = [Double](repeating: 0, count: 10), met = [Int](repeating: 0, count: 10)
        var sizes = met, gains: [Int: (sum: Double, count: Int)] = [:]
        for index in happened.indices {
            let outcome = happened[index] ? 1.0 : 0, probability = probabilities[index]
            let square = (probability - outcome) * (probability - outcome)
            let other = (base[index] - outcome) * (base[index] - outcome)
            own += square
            known += other
            gains[clusters[index], default: (0, 0)].sum += other - square
            gains[clusters[index], default: (0, 0)].count += 1
            let bin = probability > 0 ? Int(min(9, probability * 10)) : 0
            sums[bin] += probability
            sizes[bin] += 1
            if happened[index] { met[bin] += 1 }
        }
        let size = Double(max(1, count))
        brier = own / size
        baseBrier = known / size
        skill = known > 0 ? 1 - own / known : 0
        bins = (0..<10).map { bin in
            let each = Double(max(1, sizes[bin]))
            return Bin(from: Double(bin) / 10, count: sizes[bin], predicted: sums[bin] / each, observed: Double(met[bin]) / each)
        }
        calibrationError = bins.map { Double($0.count) * abs($0.predicted - $0.observed) }.reduce(0, +) / size
        self.clusters = gains.count
        // Deviations of the clusters' sums from what their sizes would have: a ratio's variance.
        let mean = (known - own) / size
        let spread = gains.sorted { $0.key < $1.key }.map { $0.value.sum - mean * Double($0.value.count) }
        let scale = gains.count > 1 ? Double(gains.count) / Double(gains.count - 1) : 0
        let error = (spread.map { $0 * $0 }.reduce(0, +) * scale).squareRoot() / size
        significance = error > 0 ? mean / error : 0
    }
}
