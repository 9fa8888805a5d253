/// Gross notionals that bear the residual risk add-on: MAR23.2 to MAR23.8.
public struct ResidualRisk: Sendable, Equatable {
    /// Of instruments with an exotic underlying.
    public var exotic: Double
    /// Of instruments that bear other residual risks.
    public var other: Double

    /// Of the gross notional: MAR23.8(1) and (2).
    static let exoticRate = 0.01, otherRate = 0.001

    /// Gross notionals in the reporting currency, not below 0.
    public init(exotic: Double = 0, other: Double = 0) {
        self.exotic = exotic
        self.other = other
    }

    /// MAR23.8.
    public var capital: Double { Self.exoticRate * exotic + Self.otherRate * other }
}

/// Standardised capital for market risk: the sum of three parts, MAR20.4. A part without inputs is nil, not 0.
public struct MarketRiskCapital: Sendable, Equatable {
    /// MAR21.
    public let sensitivities: SensitivitiesCapital?
    /// MAR22.
    public let defaults: DefaultRiskCapital?
    /// MAR23.
    public let residual: ResidualRisk?

    /// Throws `.data` where the residual notionals are below 0 or not finite.
    public init(
        sensitivities: SensitivitiesCapital?, defaults: DefaultRiskCapital? = nil, residual: ResidualRisk? = nil
    ) throws(QuantError) {
        if let residual, !(residual.exotic >= 0 && residual.other >= 0 && residual.capital.isFinite) {
            throw QuantError(.data, "residual notionals must be finite and not below 0")
        }
        self.sensitivities = sensitivities
        self.defaults = defaults
        self.residual = residual
        guard (capital * BaselCapital.riskWeightedAssets).isFinite else {
            throw QuantError(.data, "the parts are too large to be summed")
        }
    }

    /// What is to be held, of the parts there are: MAR20.4.
    public var capital: Double { (sensitivities?.capital ?? 0) + (defaults?.capital ?? 0) + (residual?.capital ?? 0) }

    /// Its figures with their paragraphs.
    public var figures: [CapitalFigure] {
        var figures: [CapitalFigure] = []
        if let sensitivities {
            for (scenario, capital) in zip(SbmScenario.allCases, sensitivities.scenarios) {
                figures.append(
                    CapitalFigure(
                        "sensitivities_\(scenario.rawValue)", "Sensitivities, \(scenario.rawValue) correlations",
                        capital, "MAR21.6"))
            }
            figures.append(
                CapitalFigure("sensitivities", "Sensitivities-based method", sensitivities.capital, "MAR21.7"))
        }
        if let defaults { figures.append(CapitalFigure("default_risk", "Default risk", defaults.capital, "MAR22.26")) }
        if let residual {
            figures.append(CapitalFigure("residual_risk", "Residual risk add-on", residual.capital, "MAR23.8"))
        }
        figures.append(CapitalFigure("capital", "Capital for market risk", capital, "MAR20.4"))
        figures.append(
            CapitalFigure(
                "risk_weighted_assets", "Risk-weighted assets",
                capital * BaselCapital.riskWeightedAssets, "MAR20.1"))
        return figures
    }
}
