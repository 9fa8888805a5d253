/// Delta or vega of one bucket: what its factors make together in each scenario.
public struct SbmBucketRisk: Sendable, Equatable {
    /// Which one.
    public let bucket: SbmBucket
    /// Net sensitivities in it.
    public let factors: Int
    /// S, the sum of weighted sensitivities: MAR21.4(5).
    public let sum: Double
    /// K by scenario, in the order low, medium, high: MAR21.4(4).
    public let positions: [Double]
}

/// Delta or vega of one class: MAR21.4.
struct SbmAggregation {
    let buckets: [SbmBucketRisk]
    /// By scenario, in the order low, medium, high.
    let capital: [Double]

    private struct Key: Hashable {
        let name: String, cell: SbmCell
    }

    /// Sensitivities of one class and measure.
    init(_ sensitivities: [SbmSensitivity], _ options: SbmOptions) {
        guard let first = sensitivities.first else {
            buckets = []
            capital = SbmScenario.allCases.map { _ in 0 }
            return
        }
        let riskClass = first.riskClass, measure = first.measure
        // Netted by factor: MAR21.4(2), then weighted: MAR21.4(3).
        var netted: [SbmBucket: [Key: Double]] = [:]
        for sensitivity in sensitivities {
            let cell = SbmCell(
                tenor: sensitivity.basis == .inflation || sensitivity.basis == .crossCurrency ? 0 : sensitivity.tenor,
                residual: sensitivity.residual, basis: sensitivity.basis, location: sensitivity.location)
            let isOne = sensitivity.basis == .inflation || (riskClass == .rates && measure == .vega)
            let key = Key(name: isOne ? "" : sensitivity.name, cell: cell)
            netted[sensitivity.bucket, default: [:]][key, default: 0] +=
                sensitivity.amount * SbmWeights.weight(sensitivity, options)
        }
        buckets = netted.keys.sorted().map { Self.risk(riskClass, measure, $0, netted[$0] ?? [:]) }
        capital = Self.across(riskClass, buckets)
    }

    /// K of a bucket, √max(0, ΣΣρWS·WS). Correlations depend on two factors' cells and on whether they share a name, so
    /// that sums over names stand for pairs of names.
    private static func risk(
        _ riskClass: SbmRiskClass, _ measure: SbmSensitivity.Measure, _ bucket: SbmBucket, _ weighted: [Key: Double]
    ) -> SbmBucketRisk {
        let sorted = weighted.sorted { ($0.key.name, $0.key.cell) < ($1.key.name, $1.key.cell) }
        let sum = sorted.reduce(0) { $0 + $1.value }
        if SbmCorrelations.sumsAbsolutely(riskClass, bucket) {
            let all = sorted.reduce(0) { $0 + abs($1.value) }
            return SbmBucketRisk(
                bucket: bucket, factors: sorted.count, sum: sum,
                positions: SbmScenario.allCases.map { _ in all })
        }
        var places: [SbmCell: Int] = [:], cells: [SbmCell] = [], sums: [Double] = []
        let placed = sorted.map { entry -> (name: String, place: Int, value: Double) in
            let place = places[entry.key.cell] ?? cells.count
            if place == cells.count {
                places[entry.key.cell] = place
                cells.append(entry.key.cell)
                sums.append(0)
            }
            sums[place] += entry.value
            return (entry.key.name, place, entry.value)
        }
        let count = cells.count
        // Products of sensitivities that share a name, by pair of cells.
        var own = [Double](repeating: 0, count: count * count)
        var start = 0
        while start < placed.count {
            var end = start
            while end < placed.count, placed[end].name == placed[start].name { end += 1 }
            for a in start..<end {
                for b in start..<end {
                    own[placed[a].place * count + placed[b].place] += placed[a].value * placed[b].value
                }
            }
            start = end
        }
        var squares = SbmScenario.allCases.map { _ in 0.0 }
        for a in 0..<count {
            for b in 0..<count {
                let same = own[a * count + b], others = sums[a] * sums[b] - same
                let within = SbmCorrelations.factors(riskClass, measure, bucket, cells[a], cells[b], sameName: true)
                let between = SbmCorrelations.factors(riskClass, measure, bucket, cells[a], cells[b], sameName: false)
                for (index, scenario) in SbmScenario.allCases.enumerated() {
                    squares[index] += scenario.scaled(within) * same + scenario.scaled(between) * others
                }
            }
        }
        return SbmBucketRisk(
            bucket: bucket, factors: sorted.count, sum: sum,
            positions: squares.map { $0.notBelowZero.squareRoot() })
    }

    /// √(ΣK² + ΣΣγ·S·S), with S held within ±K where that would be the root of less than nothing: MAR21.4(5).
    private static func across(_ riskClass: SbmRiskClass, _ buckets: [SbmBucketRisk]) -> [Double] {
        SbmScenario.allCases.enumerated().map { index, scenario in
            func total(_ sums: [Double]) -> Double {
                var total = 0.0
                for (a, bucket) in buckets.enumerated() {
                    total += bucket.positions[index] * bucket.positions[index]
                    for b in 0..<a {
                        let gamma = scenario.scaled(
                            SbmCorrelations.buckets(riskClass, buckets[b].bucket, bucket.bucket))
                        total += 2 * gamma * sums[a] * sums[b]
                    }
                }
                return total
            }
            let plain = total(buckets.map(\.sum))
            if plain >= 0 { return plain.squareRoot() }
            let held = buckets.map { max(-$0.positions[index], min($0.sum, $0.positions[index])) }
            return total(held).notBelowZero.squareRoot()
        }
    }
}

extension SbmCell: Comparable {
    static func < (a: SbmCell, b: SbmCell) -> Bool {
        (a.tenor, a.residual, a.basis?.rawValue ?? "", a.location) < (
            b.tenor, b.residual, b.basis?.rawValue ?? "", b.location
        )
    }
}
