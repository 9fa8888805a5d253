/// Choices that the framework leaves to the bank.
public struct SbmOptions: Sendable, Equatable {
    /// The currency that amounts are in.
    public var reportingCurrency: String
    /// Whether weights of liquid currencies and currency pairs are divided by √2: MAR21.44 and MAR21.88.
    public var dividesLiquidWeights: Bool

    /// Choices; see the properties.
    public init(reportingCurrency: String = "USD", dividesLiquidWeights: Bool = false) {
        self.reportingCurrency = reportingCurrency
        self.dividesLiquidWeights = dividesLiquidWeights
    }
}

/// Risk weights of MAR21.
enum SbmWeights {
    /// By tenor: MAR21.42.
    private static let rateTenors: [Double: Double] = [
        0.25: 0.017, 0.5: 0.017, 1: 0.016, 2: 0.013, 3: 0.012, 5: 0.011, 10: 0.011, 15: 0.011, 20: 0.011, 30: 0.011
    ]
    /// Inflation and cross-currency basis: MAR21.43.
    private static let otherRates = 0.016
    /// The largest of MAR21.42, by which curvature shifts a curve: MAR21.99.
    private static let largestRate = 0.017
    /// Currencies whose weights may be divided, beside the reporting one: MAR21.44.
    private static let liquidCurrencies: Set<String> = ["EUR", "USD", "GBP", "AUD", "JPY", "SEK", "CAD"]
    /// By bucket: MAR21.53.
    private static let credit = [
        0.005, 0.01, 0.05, 0.03, 0.03, 0.02, 0.015, 0.025, 0.02, 0.04, 0.12, 0.07, 0.085, 0.055, 0.05, 0.12, 0.015, 0.05
    ]
    /// By bucket, of prices; of repo rates a hundredth: MAR21.77.
    private static let equity = [0.55, 0.60, 0.45, 0.55, 0.30, 0.35, 0.40, 0.50, 0.70, 0.50, 0.70, 0.15, 0.25]
    private static let repoScale = 0.01
    /// By bucket: MAR21.82.
    private static let commodity = [0.30, 0.35, 0.60, 0.80, 0.40, 0.45, 0.20, 0.35, 0.25, 0.35, 0.50]
    /// Of every currency: MAR21.87.
    private static let foreignExchange = 0.15
    /// Currencies of the pairs against the dollar, and of the crosses of these, that may be divided: MAR21.88.
    private static let liquidPairs: Set<String> = [
        "USD", "EUR", "JPY", "GBP", "AUD", "CAD", "CHF", "MXN", "CNY", "NZD", "RUB", "HKD", "SGD", "TRY", "KRW", "SEK",
        "ZAR",
        "INR", "NOK", "BRL"
    ]
    /// RWσ, and days of the horizon that it is of: MAR21.92.
    private static let volatility = 0.55, volatilityDays = 10.0

    /// Of a sensitivity that has no problem.
    static func weight(_ sensitivity: SbmSensitivity, _ options: SbmOptions) -> Double {
        if sensitivity.measure == .vega { return vega(sensitivity.riskClass, sensitivity.bucket) }
        switch sensitivity.riskClass {
        case .rates:
            let plain = sensitivity.basis == .rate ? rateTenors[sensitivity.tenor] ?? otherRates : otherRates
            return plain / divisor(.rates, sensitivity.bucket, options)
        case .equity:
            return equity[sensitivity.bucket.number - 1] * (sensitivity.basis == .repo ? repoScale : 1)
        default: return curvature(sensitivity.riskClass, sensitivity.bucket, options)
        }
    }

    /// The shift of a curvature factor: MAR21.98 and MAR21.99.
    static func curvature(_ riskClass: SbmRiskClass, _ bucket: SbmBucket, _ options: SbmOptions) -> Double {
        switch riskClass {
        case .rates: largestRate / divisor(.rates, bucket, options)
        case .credit: credit[bucket.number - 1]
        case .equity: equity[bucket.number - 1]
        case .commodity: commodity[bucket.number - 1]
        case .foreignExchange: foreignExchange / divisor(.foreignExchange, bucket, options)
        }
    }

    /// √2 for what is liquid, where the bank takes it; else 1.
    private static func divisor(_ riskClass: SbmRiskClass, _ bucket: SbmBucket, _ options: SbmOptions) -> Double {
        guard options.dividesLiquidWeights, case .currency(let code) = bucket else { return 1 }
        let isLiquid =
            riskClass == .rates
            ? liquidCurrencies.contains(code) || code == options.reportingCurrency
            : liquidPairs.contains(code) && liquidPairs.contains(options.reportingCurrency)
        return isLiquid ? 2.0.squareRoot() : 1
    }

    /// min(RWσ·√(LH/10), 1) with the liquidity horizon LH of the class: MAR21.92.
    private static func vega(_ riskClass: SbmRiskClass, _ bucket: SbmBucket) -> Double {
        let horizon: Double =
            switch riskClass {
            case .rates: 60
            case .credit, .commodity: 120
            // Large companies and indices against small ones and others.
            case .equity: (9...11).contains(bucket.number) ? 60 : 20
            case .foreignExchange: 40
            }
        return min(1, volatility * (horizon / volatilityDays).squareRoot())
    }
}
