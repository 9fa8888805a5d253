import Glibc

/// What a counterparty does: the rows of MAR50.16.
public enum CvaSector: String, Sendable, CaseIterable {
    case sovereign, localGovernment = "local_government", financial, industrial, consumer, technology, healthCare =
        "health_care"
    case other

    /// Supervisory risk weight of a name: MAR50.16.
    public func riskWeight(isInvestmentGrade: Bool) -> Double {
        switch self {
        case .sovereign: isInvestmentGrade ? 0.005 : 0.02
        case .localGovernment: isInvestmentGrade ? 0.01 : 0.04
        case .financial: isInvestmentGrade ? 0.05 : 0.12
        case .industrial: isInvestmentGrade ? 0.03 : 0.07
        case .consumer: isInvestmentGrade ? 0.03 : 0.085
        case .technology: isInvestmentGrade ? 0.02 : 0.055
        case .healthCare: isInvestmentGrade ? 0.015 : 0.05
        case .other: isInvestmentGrade ? 0.05 : 0.12
        }
    }
}

/// How a hedge's name is bound to the counterparty: MAR50.26.
public enum CvaHedgeRelation: String, Sendable, CaseIterable {
    case direct, legal, sectorAndRegion = "sector_and_region"

    /// r, the supervisory correlation of their spreads: MAR50.26.
    public var correlation: Double {
        switch self {
        case .direct: 1
        case .legal: 0.8
        case .sectorAndRegion: 0.5
        }
    }
}

/// Constants of MAR50.
public enum CvaConstants {
    /// ρ, of the spreads of any two counterparties: MAR50.14.
    public static let correlation = 0.5
    /// D, the discount scalar: MAR50.14 and MAR50.20.
    public static let scalar = 0.65
    /// β, what hedges cannot take away: MAR50.20.
    public static let unhedged = 0.25
    /// α, that the exposure at default was multiplied by: MAR50.15.
    public static let alpha = 1.4
    /// Of an index's mean risk weight: MAR50.24.
    public static let indexScale = 0.7
    /// Of the supervisory discount: MAR50.15.
    static let discountRate = 0.05

    /// Mean discount over a maturity in years: MAR50.15, MAR50.23, MAR50.24.
    static func discount(_ maturity: Double) -> Double {
        let reach = discountRate * maturity
        return reach > 1e-12 ? -expm1(-reach) / reach : 1
    }
}
