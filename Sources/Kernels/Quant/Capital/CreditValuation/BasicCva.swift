/// Exposure to a counterparty under one netting agreement.
public struct CvaNettingSet: Sendable, Equatable {
    /// Exposure at default, as for counterparty credit risk.
    public var exposure: Double
    /// M, the effective maturity in years without the cap of five: MAR50.15.
    public var maturity: Double

    /// A netting set; see the properties.
    public init(exposure: Double, maturity: Double) {
        self.exposure = exposure
        self.maturity = maturity
    }
}

/// A credit default swap bought on one name: MAR50.18.
public struct CvaSingleNameHedge: Sendable, Equatable {
    /// Protection bought; below 0 sold.
    public var notional: Double
    /// Years left.
    public var maturity: Double
    /// What the name does.
    public var sector: CvaSector
    /// Of investment grade; high yield and not rated otherwise.
    public var isInvestmentGrade: Bool
    /// How the name is bound to the counterparty.
    public var relation: CvaHedgeRelation

    /// A hedge; see the properties.
    public init(
        notional: Double, maturity: Double, sector: CvaSector, isInvestmentGrade: Bool, relation: CvaHedgeRelation
    ) {
        self.notional = notional
        self.maturity = maturity
        self.sector = sector
        self.isInvestmentGrade = isInvestmentGrade
        self.relation = relation
    }

    /// RW·M·B·DF, what both SNH and HMA are made of: MAR50.23.
    var weighted: Double {
        sector.riskWeight(isInvestmentGrade: isInvestmentGrade) * maturity * notional * CvaConstants.discount(maturity)
    }
}

/// Protection bought on an index: MAR50.24.
public struct CvaIndexHedge: Sendable, Equatable {
    /// A part of its names that share a sector and a quality.
    public struct Part: Sendable, Equatable {
        /// Names, or their share; relative to the others.
        public var weight: Double
        /// What the names do.
        public var sector: CvaSector
        /// Of investment grade; high yield and not rated otherwise.
        public var isInvestmentGrade: Bool

        /// A part; see the properties.
        public init(weight: Double = 1, sector: CvaSector, isInvestmentGrade: Bool) {
            self.weight = weight
            self.sector = sector
            self.isInvestmentGrade = isInvestmentGrade
        }
    }

    /// Protection bought; below 0 sold.
    public var notional: Double
    /// Years left.
    public var maturity: Double
    /// What its names are; at least one.
    public var parts: [Part]

    /// A hedge; see the properties.
    public init(notional: Double, maturity: Double, parts: [Part]) {
        self.notional = notional
        self.maturity = maturity
        self.parts = parts
    }

    /// The mean risk weight of its names times 0.7: MAR50.24.
    var riskWeight: Double {
        let names = parts.reduce(0) { $0 + $1.weight }
        let sum = parts.reduce(0) { $0 + $1.weight * $1.sector.riskWeight(isInvestmentGrade: $1.isInvestmentGrade) }
        return CvaConstants.indexScale * sum / names
    }
}

/// A counterparty with what is owed and how it is hedged.
public struct CvaCounterparty: Sendable, Equatable {
    /// What people call it.
    public var id: String
    /// What the name does.
    public var sector: CvaSector
    /// High yield and not rated otherwise.
    public var isInvestmentGrade: Bool
    /// What it owes; at least one.
    public var nettingSets: [CvaNettingSet]
    /// Single-name hedges of its spread.
    public var hedges: [CvaSingleNameHedge]

    /// A counterparty; see the properties.
    public init(
        id: String, sector: CvaSector, isInvestmentGrade: Bool, nettingSets: [CvaNettingSet],
        hedges: [CvaSingleNameHedge] = []
    ) {
        self.id = id
        self.sector = sector
        self.isInvestmentGrade = isInvestmentGrade
        self.nettingSets = nettingSets
        self.hedges = hedges
    }

    /// Throws `.data` where a number cannot be.
    func check() throws(QuantError) {
        guard !nettingSets.isEmpty else {
            throw QuantError(.data, "\(id): a counterparty has at least one netting set")
        }
        guard
            nettingSets.allSatisfy({
                $0.exposure.isFinite && $0.exposure >= 0 && $0.maturity.isFinite && $0.maturity >= 0
            }),
            hedges.allSatisfy({ $0.notional.isFinite && $0.maturity.isFinite && $0.maturity >= 0 })
        else {
            throw QuantError(.data, "\(id): exposures and maturities must be finite and not below 0, notionals finite")
        }
    }
}

/// Capital for the risk of credit valuation adjustments by the basic approach, MAR50.13 to MAR50.26: the reduced
/// version, and the full one where there are hedges.
public struct BasicCva: Sendable, Equatable {
    /// What a counterparty brings.
    public struct Line: Sendable, Equatable {
        /// The counterparty.
        public let id: String
        /// SCVA, on its own: MAR50.15.
        public let standalone: Double
        /// SNH, what hedges of its name take away: MAR50.23.
        public let hedged: Double
        /// HMA, what does not fit of them, squared: MAR50.25.
        public let mismatch: Double
    }

    /// By counterparty, in their order.
    public let lines: [Line]
    /// K reduced: MAR50.14.
    public let reduced: Double
    /// IH, what index hedges take away: MAR50.24.
    public let indexHedges: Double
    /// K hedged: MAR50.21; nil without a hedge.
    public let hedged: Double?

    /// K full, or K reduced without a hedge: MAR50.20.
    public var aggregate: Double {
        hedged.map { CvaConstants.unhedged * reduced + (1 - CvaConstants.unhedged) * $0 } ?? reduced
    }
    /// What is to be held: MAR50.14, MAR50.20.
    public var capital: Double { CvaConstants.scalar * aggregate }

    /// Measures counterparties with their hedges. `usesInternalModel` leaves exposures undiscounted, as such a model
    /// has discounted them. Throws `.data` for what cannot be.
    public init(
        _ counterparties: [CvaCounterparty], indexHedges: [CvaIndexHedge] = [], usesInternalModel: Bool = false
    ) throws(QuantError) {
        for counterparty in counterparties { try counterparty.check() }
        for hedge in indexHedges {
            guard hedge.notional.isFinite, hedge.maturity.isFinite, hedge.maturity >= 0, !hedge.parts.isEmpty,
                hedge.parts.allSatisfy({ $0.weight.isFinite && $0.weight > 0 })
            else {
                throw QuantError(
                    .data, "an index hedge has a finite notional, a maturity from 0, and parts that weigh above 0")
            }
        }
        lines = counterparties.map { Self.line($0, usesInternalModel) }
        reduced = Self.together(lines.map(\.standalone), less: 0, plus: 0)
        self.indexHedges = indexHedges.reduce(0) {
            $0 + $1.riskWeight * $1.maturity * $1.notional * CvaConstants.discount($1.maturity)
        }
        let isHedged = !indexHedges.isEmpty || counterparties.contains { !$0.hedges.isEmpty }
        hedged =
            isHedged
            ? Self.together(
                lines.map { $0.standalone - $0.hedged }, less: self.indexHedges,
                plus: lines.reduce(0) { $0 + $1.mismatch }) : nil
        guard (capital * BaselCapital.riskWeightedAssets).isFinite else {
            throw QuantError(.data, "exposures or notionals are too large to be measured")
        }
    }

    private static func line(_ counterparty: CvaCounterparty, _ usesInternalModel: Bool) -> Line {
        let weight = counterparty.sector.riskWeight(isInvestmentGrade: counterparty.isInvestmentGrade)
        let owed = counterparty.nettingSets.reduce(0) { sum, set in
            sum + set.maturity * set.exposure * (usesInternalModel ? 1 : CvaConstants.discount(set.maturity))
        }
        var taken = 0.0, mismatch = 0.0
        for hedge in counterparty.hedges {
            let r = hedge.relation.correlation, weighted = hedge.weighted
            taken += r * weighted
            mismatch += (1 - r * r) * weighted * weighted
        }
        return Line(
            id: counterparty.id, standalone: weight * owed / CvaConstants.alpha, hedged: taken, mismatch: mismatch)
    }

    /// √((ρΣx − I)² + (1 − ρ²)Σx² + H): MAR50.14, MAR50.21.
    private static func together(_ parts: [Double], less index: Double, plus mismatch: Double) -> Double {
        let rho = CvaConstants.correlation
        let systematic = rho * parts.reduce(0, +) - index
        let own = (1 - rho * rho) * parts.reduce(0) { $0 + $1 * $1 }
        return (systematic * systematic + own + mismatch).squareRoot()
    }

    /// Its figures with their paragraphs.
    public var figures: [CapitalFigure] {
        [CapitalFigure("k_reduced", "K reduced", reduced, "MAR50.14")]
            + (hedged.map {
                [
                    CapitalFigure("index_hedges", "Index hedges, IH", indexHedges, "MAR50.24"),
                    CapitalFigure("k_hedged", "K hedged", $0, "MAR50.21"),
                    CapitalFigure("k_full", "K full", aggregate, "MAR50.20")
                ]
            } ?? [])
            + [
                CapitalFigure("capital", "Capital for CVA risk", capital, hedged == nil ? "MAR50.14" : "MAR50.20"),
                CapitalFigure(
                    "risk_weighted_assets", "Risk-weighted assets", capital * BaselCapital.riskWeightedAssets, "MAR50.1"
                )
            ]
    }
}
