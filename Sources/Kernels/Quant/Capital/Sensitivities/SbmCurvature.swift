/// How a position's value moves when a factor is shocked both ways, in the reporting currency: MAR21.5.
public struct SbmShock: Sendable, Equatable {
    /// What it is of.
    public var riskClass: SbmRiskClass
    /// Where the factor lies.
    public var bucket: SbmBucket
    /// The issuer or the commodity; empty for currencies and their curves.
    public var name: String
    /// Change of value when the factor rises by its curvature weight.
    public var up: Double
    /// Change of value when it falls by it.
    public var down: Double
    /// Delta of the same instruments to the factor, over all tenors: what the weight times it explains is taken out.
    public var delta: Double

    /// A shock; see the properties.
    public init(
        _ riskClass: SbmRiskClass, bucket: SbmBucket, name: String = "", up: Double, down: Double, delta: Double = 0
    ) {
        self.riskClass = riskClass
        self.bucket = bucket
        self.name = name
        self.up = up
        self.down = down
        self.delta = delta
    }

    /// The field that cannot be, and why; nil where all is well.
    public var problem: (field: String, message: String)? {
        if let found = riskClass.problem(of: bucket) { return found }
        for (field, value) in [("up", up), ("down", down), ("delta", delta)] where !value.isFinite {
            return (field, "must be a finite number")
        }
        return riskClass.hasNames && name.isEmpty ? ("name", "is required of \(riskClass.rawValue)") : nil
    }
}

/// Curvature of one class: MAR21.5 and MAR21.96 to MAR21.101.
struct SbmCurvature {
    /// By scenario, in the order low, medium, high.
    let capital: [Double]
    let buckets: [SbmBucketRisk]

    /// Shocks of one class.
    init(_ shocks: [SbmShock], _ options: SbmOptions) {
        guard let riskClass = shocks.first?.riskClass else {
            capital = SbmScenario.allCases.map { _ in 0 }
            buckets = []
            return
        }
        // CVR of every factor, a loss above 0: MAR21.5(2).
        var risks: [SbmBucket: [String: (up: Double, down: Double)]] = [:]
        for shock in shocks {
            let explained = SbmWeights.curvature(riskClass, shock.bucket, options) * shock.delta
            let name = riskClass.hasNames ? shock.name : ""
            var risk = risks[shock.bucket]?[name] ?? (0, 0)
            risk.up -= shock.up - explained
            risk.down -= shock.down + explained
            risks[shock.bucket, default: [:]][name] = risk
        }
        let keys = risks.keys.sorted()
        let sides = keys.map { bucket in
            let own = (risks[bucket] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
            return SbmScenario.allCases.map { Self.worse(riskClass, bucket, own, $0) }
        }
        capital = SbmScenario.allCases.indices.map { index in
            let scenario = SbmScenario.allCases[index]
            var total = 0.0
            for a in keys.indices {
                total += sides[a][index].position * sides[a][index].position
                for b in 0..<a where sides[a][index].sum >= 0 || sides[b][index].sum >= 0 {
                    let gamma = SbmCorrelations.buckets(riskClass, keys[b], keys[a])
                    total += 2 * scenario.scaled(gamma * gamma) * sides[a][index].sum * sides[b][index].sum
                }
            }
            return total.notBelowZero.squareRoot()
        }
        buckets = keys.indices.map { index in
            SbmBucketRisk(
                bucket: keys[index], factors: risks[keys[index]]?.count ?? 0, sum: sides[index][1].sum,
                positions: sides[index].map(\.position))
        }
    }

    /// K of the worse side with the sum of that side: MAR21.5(3).
    private static func worse(
        _ riskClass: SbmRiskClass, _ bucket: SbmBucket, _ risks: [(up: Double, down: Double)], _ scenario: SbmScenario
    ) -> (position: Double, sum: Double) {
        let up = position(riskClass, bucket, risks.map(\.up), scenario)
        let down = position(riskClass, bucket, risks.map(\.down), scenario)
        let sums = (risks.reduce(0) { $0 + $1.up }, risks.reduce(0) { $0 + $1.down })
        return up > down || (up == down && sums.0 > sums.1) ? (up, sums.0) : (down, sums.1)
    }

    /// √max(0, Σmax(CVR, 0)² + ΣΣρ²·CVR·CVR), without pairs that both gain; sums stand for pairs, as one correlation
    /// holds within a bucket: MAR21.5(3), MAR21.100.
    private static func position(
        _ riskClass: SbmRiskClass, _ bucket: SbmBucket, _ risks: [Double], _ scenario: SbmScenario
    ) -> Double {
        if SbmCorrelations.sumsAbsolutely(riskClass, bucket) { return risks.reduce(0) { $0 + $1.notBelowZero } }
        let name = SbmCorrelations.names(riskClass, bucket), correlation = scenario.scaled(name * name)
        var sum = 0.0, squares = 0.0, gains = 0.0, gainSquares = 0.0, losses = 0.0
        for risk in risks {
            sum += risk
            squares += risk * risk
            if risk < 0 {
                gains += risk
                gainSquares += risk * risk
            } else {
                losses += risk * risk
            }
        }
        let pairs = (sum * sum - squares) - (gains * gains - gainSquares)
        return (losses + correlation * pairs).notBelowZero.squareRoot()
    }
}
