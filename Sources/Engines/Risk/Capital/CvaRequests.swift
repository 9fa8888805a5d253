import HTTP
import Quant

/// Whether a name is of investment grade.
enum CvaQuality: String, CaseIterable {
    case investmentGrade = "investment_grade", highYield = "high_yield"

    static func read(_ fields: FieldReader) -> Bool {
        fields.choice("credit_quality", "high_yield also where it is not rated.", CvaQuality.self) == .investmentGrade
    }
}

/// Exposure under one netting agreement.
struct CvaNettingSetBody: RequestBody {
    let set: CvaNettingSet

    static func read(_ fields: FieldReader) -> CvaNettingSetBody {
        CvaNettingSetBody(
            set: CvaNettingSet(
                exposure: fields.number("ead", "Exposure at default, as for counterparty credit risk.", from: 0,
                                        upTo: CapitalConventions.largestAmount),
                maturity: fields.number(
                    "maturity", "Effective maturity in years, not capped at five.", from: 0, upTo: 100)))
    }
}

/// A credit default swap bought on one name.
struct CvaSingleNameHedgeBody: RequestBody {
    let hedge: CvaSingleNameHedge

    static func read(_ fields: FieldReader) -> CvaSingleNameHedgeBody {
        CvaSingleNameHedgeBody(
            hedge: CvaSingleNameHedge(
                notional: fields.number("notional", "Protection bought.", from: 0,
                                        upTo: CapitalConventions.largestAmount),
                maturity: fields.number("maturity", "Years left.", from: 0, upTo: 100),
                sector: fields.choice("sector", "Of the name.", CvaSector.self),
                isInvestmentGrade: CvaQuality.read(fields),
                relation: fields.choice("relation", "How the name is bound to the counterparty.", CvaHedgeRelation.self)
            ))
    }
}

/// Names of an index that share sector and quality.
struct CvaIndexPartBody: RequestBody {
    let part: CvaIndexHedge.Part

    static func read(_ fields: FieldReader) -> CvaIndexPartBody {
        CvaIndexPartBody(
            part: CvaIndexHedge.Part(
                weight: fields.optionalNumber("weight", "Names, or their share; 1 unless said.", above: 0,
                                              upTo: CapitalConventions.largestAmount) ?? 1,
                sector: fields.choice("sector", "Of the names.", CvaSector.self),
                isInvestmentGrade: CvaQuality.read(fields)))
    }
}

/// Protection bought on an index.
struct CvaIndexHedgeBody: RequestBody {
    let hedge: CvaIndexHedge

    static func read(_ fields: FieldReader) -> CvaIndexHedgeBody {
        let parts = fields.array("parts", "What its names are.", CvaIndexPartBody.self, limit: 100).map(\.part)
        fields.require(fields.isDescribing || !fields.has("parts") || !parts.isEmpty, "parts", "must not be empty")
        return CvaIndexHedgeBody(
            hedge: CvaIndexHedge(
                notional: fields.number("notional", "Protection bought.", from: 0,
                                        upTo: CapitalConventions.largestAmount),
                maturity: fields.number("maturity", "Years left.", from: 0, upTo: 100), parts: parts))
    }
}

/// A counterparty with its exposures and hedges.
struct CvaCounterpartyBody: RequestBody {
    let counterparty: CvaCounterparty

    static func read(_ fields: FieldReader) -> CvaCounterpartyBody {
        let sets = fields.array("netting_sets", "What it owes.", CvaNettingSetBody.self, limit: 1_000).map(\.set)
        fields.require(
            fields.isDescribing || !fields.has("netting_sets") || !sets.isEmpty, "netting_sets", "must not be empty")
        return CvaCounterpartyBody(
            counterparty: CvaCounterparty(
                id: fields.string("id", "What people call it.", length: 1...100),
                sector: fields.choice("sector", "What it does.", CvaSector.self),
                isInvestmentGrade: CvaQuality.read(fields),
                nettingSets: sets,
                hedges: fields.array(
                    "hedges", "Single-name hedges of its spread.", CvaSingleNameHedgeBody.self, required: false,
                    limit: 1_000
                ).map(\.hedge)))
    }
}

/// Everything that CVA capital is made of.
struct CvaCapitalBody: RequestBody {
    let counterparties: [CvaCounterparty], indexHedges: [CvaIndexHedge], usesInternalModel: Bool

    static func read(_ fields: FieldReader) -> CvaCapitalBody {
        let counterparties = fields.array(
            "counterparties", "All of the bank's.", CvaCounterpartyBody.self, limit: 10_000
        )
        .map(\.counterparty)
        if !fields.isDescribing {
            fields.require(
                !fields.has("counterparties") || !counterparties.isEmpty, "counterparties", "must not be empty")
            var known: Set<String> = []
            for (index, counterparty) in counterparties.enumerated() where !known.insert(counterparty.id).inserted {
                fields.refuse(at: ["counterparties", "\(index)", "id"], "appears twice")
            }
        }
        return CvaCapitalBody(
            counterparties: counterparties,
            indexHedges: fields.array(
                "index_hedges", "Index hedges of all.", CvaIndexHedgeBody.self, required: false, limit: 1_000
            )
            .map(\.hedge),
            usesInternalModel: fields.bool(
                "internal_model", "Whether exposures come of an internal model, discounted already.",
                default: false))
    }

    func measured() throws(QuantError) -> BasicCva {
        try BasicCva(counterparties, indexHedges: indexHedges, usesInternalModel: usesInternalModel)
    }
}
