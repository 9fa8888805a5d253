import Glibc

/// How correlations are scaled: MAR21.6.
public enum SbmScenario: String, Sendable, CaseIterable {
    case low, medium, high

    /// A correlation in the scenario.
    public func scaled(_ correlation: Double) -> Double {
        switch self {
        case .low: max(2 * correlation - 1, 0.75 * correlation)
        case .medium: correlation
        case .high: min(1.25 * correlation, 1)
        }
    }
}

/// Where a sensitivity lies beside its name: what correlations depend on.
struct SbmCell: Hashable {
    let tenor: Double, residual: Double
    let basis: SbmBasis?
    let location: String
}

/// Correlations of MAR21 within and across buckets.
enum SbmCorrelations {
    /// Of the same curve's tenors: slope and least, MAR21.46.
    private static let rateSlope = 0.03, leastRate = 0.4
    /// Of different curves, bases, locations, and of spot with repo: MAR21.45, MAR21.54, MAR21.78, MAR21.83.
    private static let near = 0.999
    /// Inflation with a curve's tenor: MAR21.48.
    private static let inflation = 0.4
    /// Of option maturities: MAR21.93 and MAR21.94.
    private static let vegaSlope = 0.01
    /// Names and tenors of credit: MAR21.54 and MAR21.55.
    private static let creditName = 0.35, creditIndex = 0.8, creditTenor = 0.65
    /// Of two commodities of a bucket: MAR21.83(1).
    private static let commodity = [0.55, 0.95, 0.4, 0.8, 0.6, 0.65, 0.55, 0.45, 0.15, 0.4, 0.15]
    /// Of two tenors of a commodity: MAR21.83(2).
    private static let commodityTenor = 0.99
    /// Sectors of credit in the order 1/9, 2/10, … 7/15, 8, 16, 17, 18, above the diagonal: MAR21.57(2).
    private static let sectors: [[Double]] = [
        [0.75, 0.10, 0.20, 0.25, 0.20, 0.15, 0.10, 0, 0.45, 0.45],
        [0.05, 0.15, 0.20, 0.15, 0.10, 0.10, 0, 0.45, 0.45],
        [0.05, 0.15, 0.20, 0.05, 0.20, 0, 0.45, 0.45],
        [0.20, 0.25, 0.05, 0.05, 0, 0.45, 0.45],
        [0.25, 0.05, 0.15, 0, 0.45, 0.45],
        [0.05, 0.20, 0, 0.45, 0.45],
        [0.05, 0, 0.45, 0.45],
        [0, 0.45, 0.45],
        [0, 0],
        [0.75]
    ]

    /// Of two names of a bucket: MAR21.54, MAR21.55, MAR21.78, MAR21.83.
    static func names(_ riskClass: SbmRiskClass, _ bucket: SbmBucket) -> Double {
        switch riskClass {
        case .rates: near
        case .credit: bucket.number >= 17 ? creditIndex : creditName
        case .equity:
            switch bucket.number {
            case 1...4: 0.15
            case 5...8: 0.25
            case 9: 0.075
            case 10: 0.125
            default: 0.8
            }
        case .commodity: commodity[bucket.number - 1]
        case .foreignExchange: 1
        }
    }

    /// Of two delta or vega factors of a bucket, in the medium scenario.
    static func factors(
        _ riskClass: SbmRiskClass, _ measure: SbmSensitivity.Measure, _ bucket: SbmBucket, _ a: SbmCell, _ b: SbmCell,
        sameName: Bool
    ) -> Double {
        let name = sameName ? 1 : names(riskClass, bucket)
        if measure == .vega {
            let residual = riskClass == .rates ? decay(a.residual, b.residual, vegaSlope) : 1
            // Options on rates know one curve a currency.
            return min(1, (riskClass == .rates ? 1 : name) * decay(a.tenor, b.tenor, vegaSlope) * residual)
        }
        switch riskClass {
        case .rates: return rates(a, b, name: name, sameName: sameName)
        case .credit: return name * (a.tenor == b.tenor ? 1 : creditTenor) * (a.basis == b.basis ? 1 : near)
        case .equity: return name * (a.basis == b.basis ? 1 : near)
        case .commodity:
            return name * (a.tenor == b.tenor ? 1 : commodityTenor) * (a.location == b.location ? 1 : near)
        case .foreignExchange: return 1
        }
    }

    /// MAR21.45 to MAR21.49.
    private static func rates(_ a: SbmCell, _ b: SbmCell, name: Double, sameName: Bool) -> Double {
        if a.basis == .crossCurrency || b.basis == .crossCurrency { return a.basis == b.basis && sameName ? 1 : 0 }
        if a.basis == .inflation || b.basis == .inflation { return a.basis == b.basis ? 1 : inflation }
        return name * (a.tenor == b.tenor ? 1 : max(leastRate, decay(a.tenor, b.tenor, rateSlope)))
    }

    /// exp(−slope·|a − b|/min(a, b)).
    private static func decay(_ a: Double, _ b: Double, _ slope: Double) -> Double {
        a == b ? 1 : exp(-slope * abs(a - b) / min(a, b))
    }

    /// Of two buckets: MAR21.50, MAR21.57, MAR21.80, MAR21.85, MAR21.89.
    static func buckets(_ riskClass: SbmRiskClass, _ a: SbmBucket, _ b: SbmBucket) -> Double {
        switch riskClass {
        case .rates: return 0.5
        case .foreignExchange: return 0.6
        case .credit: return credit(a.number, b.number)
        case .equity:
            if a.number == 11 || b.number == 11 { return 0 }
            if a.number <= 10 && b.number <= 10 { return 0.15 }
            return a.number >= 12 && b.number >= 12 ? 0.75 : 0.45
        case .commodity: return a.number == 11 || b.number == 11 ? 0 : 0.2
        }
    }

    /// Rating times sector: MAR21.57.
    private static func credit(_ a: Int, _ b: Int) -> Double {
        // Investment grade is 1 to 8, high yield and not rated 9 to 15; the rest has no grade.
        func isGraded(_ bucket: Int) -> Bool { bucket <= 15 }
        let rating = isGraded(a) && isGraded(b) && (a <= 8) != (b <= 8) ? 0.5 : 1
        func sector(_ bucket: Int) -> Int {
            switch bucket {
            case 1...7: bucket - 1
            case 8: 7
            case 9...15: bucket - 9
            default: bucket - 8
            }
        }
        let low = min(sector(a), sector(b)), high = max(sector(a), sector(b))
        return rating * (low == high ? 1 : sectors[low][high - low - 1])
    }

    /// Buckets of what fits nowhere, whose risks are summed without offset: MAR21.56, MAR21.79.
    static func sumsAbsolutely(_ riskClass: SbmRiskClass, _ bucket: SbmBucket) -> Bool {
        (riskClass == .credit && bucket.number == 16) || (riskClass == .equity && bucket.number == 11)
    }
}
