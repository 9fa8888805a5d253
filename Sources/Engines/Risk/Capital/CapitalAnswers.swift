import EngineKit
import HTTP
import Quant
import Wire

extension JSONWriter {
    /// Figures with their paragraphs.
    mutating func figures(_ figures: [CapitalFigure]) {
        array("figures", figures) { json, figure in
            json.object { json in
                json.field("name", figure.name)
                json.field("label", figure.label)
                json.field("value", figure.value)
                json.field("paragraph", figure.paragraph)
            }
        }
    }

    mutating func conventions(_ lines: [(String, String)]) {
        object("conventions") { json in
            for (name, text) in [("version", CapitalConventions.version)] + lines { json.field(name, text) }
        }
    }
}

/// What answers and reports say of their figures.
enum CapitalConventions {
    /// No amount of a request is beyond it: figures square and sum amounts.
    static let largestAmount = 1e18
    static let version =
        "chapters of the Basel Framework in force from 1 January 2023; amounts in the reporting currency"
    static let counterparty = [
        ("exposure", "EAD = 1.4 × (replacement cost + multiplier × add-on)"),
        ("margined", "a margined set has the lower of its margined and unmargined exposures, with the collateral held"),
        ("days", "maturities and margin periods count 250 business days a year")
    ]
    static let creditValuation = [
        ("standalone", "SCVA = 1/1.4 × risk weight × Σ maturity × EAD × mean discount at 5 %"),
        ("approach", "CVA capital is of the full version where there is a hedge, else of the reduced one")
    ]
    static let marketRisk = [
        ("scenario", "sensitivities are summed with low, medium and high correlations; the largest sum counts"),
        ("curvature", "curvature counts losses beyond delta: CVR = −(change of value ∓ weight × delta)")
    ]
    /// What MAR21 to MAR23 ask for and is not measured.
    static let notIncluded = [
        "securitisations: MAR21.10, MAR21.11, MAR22.27 to MAR22.46",
        "vega of inflation and cross-currency basis: MAR21.8(2)",
        "the lower weight of covered bonds rated AA- or higher: MAR21.53",
        "division of currency curvature by 1.5: MAR21.98"
    ]
}

extension FieldReader {
    /// An amount of either sign.
    func amount(_ name: String, _ doc: String) -> Double { optionalAmount(name, doc, required: true) ?? 0 }

    /// An amount of either sign that may be left out.
    func optionalAmount(_ name: String, _ doc: String, required: Bool = false) -> Double? {
        let most = CapitalConventions.largestAmount
        return optionalNumber(name, doc, from: -most, upTo: most, required: required)
    }
}

/// Exposures of netting sets.
struct CounterpartyCapitalAnswer: ResponseBody {
    let exposures: [SaCcrExposure]

    /// Throws `Problem` 422 that names the set.
    init(_ body: CounterpartyCapitalBody) throws {
        exposures = try body.sets.enumerated().map { index, set in
            do throws(QuantError) {
                return try SaCcrExposure(set)
            } catch {
                throw Problem.invalid("/netting_sets/\(index)", error.explanation)
            }
        }
    }

    /// The sum over netting sets: CRE52.1.
    var total: Double { exposures.reduce(0) { $0 + $1.exposureAtDefault } }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.figures([CapitalFigure("exposure_at_default", "Exposure at default", total, "CRE52.1")])
            json.array("netting_sets", exposures) { json, exposure in
                json.object { Self.write(exposure, to: &$0) }
            }
            json.conventions(CapitalConventions.counterparty)
        }
    }

    private static func write(_ exposure: SaCcrExposure, to json: inout JSONWriter) {
        json.field("id", exposure.id)
        json.figures(exposure.figures)
        json.field("margin_days", exposure.marginDays ?? .nan)
        json.field("capped", exposure.isCapped)
        json.array("hedging_sets", exposure.hedgingSets) { json, set in
            json.object { json in
                json.field("asset_class", set.assetClass.rawValue)
                json.field("name", set.name)
                json.field("trades", set.trades)
                json.field("add_on", set.addOn)
                json.field("paragraph", set.assetClass.paragraph)
            }
        }
        json.array("trades", exposure.trades) { json, line in
            json.object { json in
                json.field("id", line.id)
                json.field("adjusted_notional", line.adjustedNotional)
                json.field("delta", line.delta)
                json.field("maturity_factor", line.maturityFactor)
                json.field("effective_notional", line.effectiveNotional)
            }
        }
    }
}

/// Capital for CVA risk.
struct CvaCapitalAnswer: ResponseBody {
    let found: BasicCva

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.figures(found.figures)
            json.array("counterparties", found.lines) { json, line in
                json.object { json in
                    json.field("id", line.id)
                    json.field("standalone", line.standalone)
                    json.field("hedged", line.hedged)
                    json.field("mismatch", line.mismatch)
                }
            }
            json.conventions(CapitalConventions.creditValuation)
        }
    }
}

/// Capital for market risk.
struct MarketRiskAnswer: ResponseBody {
    let found: MarketRiskCapital

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.figures(found.figures)
            json.key("scenario")
            if let sensitivities = found.sensitivities {
                json.string(sensitivities.binding.rawValue)
            } else {
                json.null()
            }
            json.array("parts", found.sensitivities?.parts ?? []) { json, part in
                json.object { json in
                    json.field("risk_class", part.riskClass.rawValue)
                    json.field("component", part.component.rawValue)
                    json.field("paragraph", part.component.paragraph)
                    Self.scenarios(part.capital, &json)
                    json.array("buckets", part.buckets) { json, bucket in
                        json.object { json in
                            json.field("bucket", bucket.bucket.description)
                            json.field("factors", bucket.factors)
                            json.field("sum", bucket.sum)
                            Self.scenarios(bucket.positions, &json)
                        }
                    }
                }
            }
            json.array("default_risk", found.defaults?.lines ?? []) { json, line in
                json.object { json in
                    json.field("bucket", line.bucket.rawValue)
                    json.field("long", line.long)
                    json.field("short", line.short)
                    json.field("hedge_benefit_ratio", line.hedgeBenefit)
                    json.field("capital", line.capital)
                    json.field("paragraph", "MAR22.25")
                }
            }
            json.strings("not_included", CapitalConventions.notIncluded)
            json.conventions(CapitalConventions.marketRisk)
        }
    }

    private static func scenarios(_ values: [Double], _ json: inout JSONWriter) {
        for (scenario, value) in zip(SbmScenario.allCases, values) { json.field(scenario.rawValue, value) }
    }
}
