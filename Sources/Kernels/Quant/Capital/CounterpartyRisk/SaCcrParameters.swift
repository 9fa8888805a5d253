/// The five asset classes of the standardised approach to counterparty credit risk: CRE52.24.
public enum SaCcrAssetClass: String, Sendable, CaseIterable {
    case interestRate = "interest_rate", foreignExchange = "foreign_exchange", credit, equity, commodity

    /// The paragraph of its add-on.
    public var paragraph: String {
        switch self {
        case .interestRate: "CRE52.57"
        case .foreignExchange: "CRE52.59"
        case .credit: "CRE52.61"
        case .equity: "CRE52.66"
        case .commodity: "CRE52.70"
        }
    }

    /// What people read.
    public var label: String {
        switch self {
        case .interestRate: "Interest rate"
        case .foreignExchange: "Foreign exchange"
        case .credit: "Credit"
        case .equity: "Equity"
        case .commodity: "Commodity"
        }
    }

    /// Whether its notional is multiplied by the supervisory duration: CRE52.34.
    var hasDuration: Bool { self == .interestRate || self == .credit }
}

/// Rows of the table of supervisory parameters: CRE52.72.
public enum SaCcrSubclass: String, Sendable, CaseIterable {
    case interestRate = "interest_rate", foreignExchange = "foreign_exchange"
    case creditAAA = "AAA", creditAA = "AA", creditA = "A", creditBBB = "BBB", creditBB = "BB", creditB = "B"
    case creditCCC = "CCC", indexInvestmentGrade = "IG", indexSpeculativeGrade = "SG"
    case equityName = "single_name", equityIndex = "index"
    case electricity, oilGas = "oil_gas", metals, agricultural, otherCommodity = "other"

    /// The class it is of.
    public var assetClass: SaCcrAssetClass {
        switch self {
        case .interestRate: .interestRate
        case .foreignExchange: .foreignExchange
        case .equityName, .equityIndex: .equity
        case .electricity, .oilGas, .metals, .agricultural, .otherCommodity: .commodity
        default: .credit
        }
    }

    /// Supervisory factor: CRE52.72, table 2.
    public var factor: Double {
        switch self {
        case .interestRate: 0.005
        case .foreignExchange: 0.04
        case .creditAAA, .creditAA, .indexInvestmentGrade: 0.0038
        case .creditA: 0.0042
        case .creditBBB: 0.0054
        case .creditBB, .indexSpeculativeGrade: 0.0106
        case .creditB: 0.016
        case .creditCCC: 0.06
        case .equityName: 0.32
        case .equityIndex: 0.20
        case .electricity: 0.40
        case .oilGas, .metals, .agricultural, .otherCommodity: 0.18
        }
    }

    /// Correlation with the systematic factor: CRE52.72, table 2; 1 where the table has none.
    public var correlation: Double {
        switch self {
        case .interestRate, .foreignExchange: 1
        case .indexInvestmentGrade, .indexSpeculativeGrade, .equityIndex: 0.8
        case .electricity, .oilGas, .metals, .agricultural, .otherCommodity: 0.4
        default: 0.5
        }
    }

    /// Supervisory option volatility, a year: CRE52.72, table 2.
    public var volatility: Double {
        switch self {
        case .interestRate: 0.5
        case .foreignExchange: 0.15
        case .indexInvestmentGrade, .indexSpeculativeGrade: 0.8
        case .equityName: 1.2
        case .equityIndex: 0.75
        case .electricity: 1.5
        case .oilGas, .metals, .agricultural, .otherCommodity: 0.7
        default: 1
        }
    }

    /// The hedging set of a commodity: CRE52.45(5).
    var commoditySet: String {
        switch self {
        case .electricity, .oilGas: "energy"
        case .metals: "metals"
        case .agricultural: "agricultural"
        default: "other"
        }
    }
}

/// Constants of CRE52 that are no row of the table.
public enum SaCcrConstants {
    /// CRE52.1.
    public static let alpha = 1.4
    /// Floor of the multiplier: CRE52.23.
    public static let floor = 0.05
    /// Rate of the supervisory duration: CRE52.34.
    static let durationRate = 0.05
    /// Business days of a year: CRE52.49.
    public static let businessDays = 250.0
    /// Business days that a maturity and a duration have at least: CRE52.34, CRE52.48.
    static let shortestDays = 10.0
    /// Of a margined maturity factor: CRE52.52.
    static let marginedScale = 1.5
    /// Correlations of the maturity buckets of interest rates, doubled: CRE52.57(5).
    static let neighbours = 1.4, distant = 0.6
    /// Bounds of those buckets in years: CRE52.57(3).
    static let firstBucket = 1.0, secondBucket = 5.0
    /// Factors of basis and volatility transactions: CRE52.73.
    static let basisScale = 0.5, volatilityScale = 5.0
    /// Of a tranche's delta: CRE52.41.
    static let trancheScale = 15.0, trancheSlope = 14.0
    /// Floors of the margin period of risk, in business days: CRE52.50 and CRE52.51.
    static let marginDays = 9.0, longMarginDays = 20.0
    /// More trades than this lengthen the margin period: CRE52.51(1).
    static let manyTrades = 5000
}
