import HTTP
import Quant

/// Where a sensitivity or a shock lies.
private enum SbmPlace {
    /// Stands where a body has neither: it is refused.
    static let nowhere: (riskClass: SbmRiskClass, bucket: SbmBucket) = (.rates, .currency("XXX"))

    /// Reads the class with its bucket or currency; nil where one of them is wrong, which is told.
    static func read(_ fields: FieldReader) -> (riskClass: SbmRiskClass, bucket: SbmBucket)? {
        let named = fields.optionalChoice("risk_class", "What it is of.", SbmRiskClass.self, required: true)
        let currency = fields.optionalString("currency", "Of girr and fx: the bucket.", length: 3...3)
        let number = fields.optionalInt("bucket", "Of csr, equity and commodity, as MAR21 numbers them.", 1...18)
        guard let riskClass = named else { return nil }
        if let currency, riskClass.buckets == nil { return (riskClass, .currency(currency)) }
        if let number, riskClass.buckets != nil { return (riskClass, .number(number)) }
        let name = riskClass.buckets == nil ? "currency" : "bucket"
        fields.require(fields.has(name), name, "is required of \(riskClass.rawValue)")
        return nil
    }
}

/// One sensitivity.
struct SbmSensitivityBody: RequestBody {
    let sensitivity: SbmSensitivity

    static func read(_ fields: FieldReader) -> SbmSensitivityBody {
        let place = SbmPlace.read(fields)
        let (riskClass, bucket) = place ?? SbmPlace.nowhere
        let measure = fields.optionalChoice("measure", "delta unless said.", SbmSensitivity.Measure.self) ?? .delta
        let sensitivity = SbmSensitivity(
            riskClass, measure, bucket: bucket,
            name: fields.optionalString("name", "The curve, the issuer or the good.", length: 1...100) ?? "",
            basis: fields.optionalChoice("basis", "rate, bond or spot unless said; what the class has.", SbmBasis.self),
            location: fields.optionalString("location", "Where a good is delivered.", length: 1...100) ?? "",
            tenor: fields.optionalNumber("tenor", "Years of the factor, or of the option for vega.", from: 0, upTo: 100)
                ?? 0,
            residual: fields.optionalNumber(
                "residual_maturity", "Of girr vega: years of the underlying after the exercise.", from: 0, upTo: 100)
                ?? 0,
            amount: fields.amount("amount", "Change of value by one unit of the factor, in the reporting currency."))
        if place != nil, let problem = sensitivity.problem { fields.require(false, problem.field, problem.message) }
        return SbmSensitivityBody(sensitivity: sensitivity)
    }
}

/// How value moves when a factor is shocked both ways.
struct SbmShockBody: RequestBody {
    let shock: SbmShock

    static func read(_ fields: FieldReader) -> SbmShockBody {
        let place = SbmPlace.read(fields)
        let (riskClass, bucket) = place ?? SbmPlace.nowhere
        let shock = SbmShock(
            riskClass, bucket: bucket,
            name: fields.optionalString("name", "The issuer or the good.", length: 1...100) ?? "",
            up: fields.amount("up", "Change of value when the factor rises by its curvature weight."),
            down: fields.amount("down", "Change of value when it falls by it."),
            delta: fields.optionalAmount("delta", "Delta of the same instruments over all tenors; 0 unless said.") ?? 0)
        if place != nil, let problem = shock.problem { fields.require(false, problem.field, problem.message) }
        return SbmShockBody(shock: shock)
    }
}

/// An exposure to a default.
struct DefaultExposureBody: RequestBody {
    let exposure: DefaultExposure

    static func read(_ fields: FieldReader) -> DefaultExposureBody {
        DefaultExposureBody(
            exposure: DefaultExposure(
                obligor: fields.string("obligor", "Who may default.", length: 1...100),
                bucket: fields.choice("bucket", "What the obligor is.", DefaultBucket.self),
                quality: fields.choice("quality", "Its rating.", DefaultQuality.self),
                seniority: fields.choice(
                    "seniority", "Covered bond, senior or junior debt, equity.", DefaultSeniority.self),
                notional: fields.amount("notional", "Above 0 where a default costs us, below where it pays."),
                profit: fields.optionalAmount("profit", "Market value less notional; 0 unless said.") ?? 0,
                maturity: fields.optionalNumber("maturity", "Years; 1 unless said.", from: 0, upTo: 100) ?? 1))
    }
}

/// Notionals that bear the residual add-on.
struct ResidualRiskBody: RequestBody {
    let residual: ResidualRisk

    static func read(_ fields: FieldReader) -> ResidualRiskBody {
        ResidualRiskBody(
            residual: ResidualRisk(
                exotic: fields.optionalNumber(
                    "exotic", "Gross notional with exotic underlyings; 0 unless said.", from: 0,
                    upTo: CapitalConventions.largestAmount) ?? 0,
                other: fields.optionalNumber(
                    "other", "Gross notional with other residual risks; 0 unless said.", from: 0,
                    upTo: CapitalConventions.largestAmount) ?? 0))
    }
}

/// Everything that market risk capital is made of; what is left out is not measured.
struct MarketRiskBody: RequestBody {
    /// Most items of each list, and most places that goods are delivered at.
    static let mostItems = 20_000, mostLocations = 90

    let sensitivities: [SbmSensitivity]?, shocks: [SbmShock]?, defaults: [DefaultExposure]?, residual: ResidualRisk?
    let options: SbmOptions

    static func read(_ fields: FieldReader) -> MarketRiskBody {
        let currency =
            fields.optionalString("reporting_currency", "What amounts are in; USD unless said.", length: 3...3) ?? "USD"
        let sensitivities = fields.array(
            "sensitivities", "Deltas and vegas.", SbmSensitivityBody.self, required: false,
            limit: mostItems
        ).map(\.sensitivity)
        let shocks = fields.array("shocks", "For curvature.", SbmShockBody.self, required: false, limit: mostItems).map(
            \.shock)
        let defaults = fields.array(
            "default_exposures", "For default risk.", DefaultExposureBody.self, required: false,
            limit: mostItems
        ).map(\.exposure)
        let residual = fields.optionalObject("residual", "For the residual risk add-on.", ResidualRiskBody.self)?
            .residual
        if !fields.isDescribing {
            let names = ["sensitivities", "shocks", "default_exposures", "residual"]
            fields.require(
                names.contains { fields.has($0) }, "sensitivities",
                "one of \(names.joined(separator: ", ")) is required")
            let locations = Set(sensitivities.map(\.location)).count
            fields.require(
                locations <= mostLocations, "sensitivities", "have \(locations) locations; at most \(mostLocations)")
            refuseContradictions(defaults, fields)
            refuseOwnCurrency(currency, [
                ("sensitivities", sensitivities.map { ($0.riskClass, $0.bucket) }),
                ("shocks", shocks.map { ($0.riskClass, $0.bucket) }),
            ], fields)
        }
        return MarketRiskBody(
            sensitivities: fields.has("sensitivities") ? sensitivities : nil,
            shocks: fields.has("shocks") ? shocks : nil,
            defaults: fields.has("default_exposures") ? defaults : nil, residual: residual,
            options: SbmOptions(
                reportingCurrency: currency,
                dividesLiquidWeights: fields.bool(
                    "divide_liquid_weights",
                    "Whether weights of liquid currencies and pairs are divided by √2.",
                    default: false)))
    }

    /// The factors of exchange rates are those to the reporting currency, which has none to itself: MAR21.14.
    private static func refuseOwnCurrency(
        _ currency: String, _ lists: [(name: String, places: [(riskClass: SbmRiskClass, bucket: SbmBucket)])],
        _ fields: FieldReader
    ) {
        for list in lists {
            for (index, place) in list.places.enumerated()
            where place.riskClass == .foreignExchange && place.bucket == .currency(currency) {
                fields.refuse(
                    at: [list.name, "\(index)", "currency"],
                    "is the reporting currency: only rates of other currencies to it are factors (MAR21.14)")
            }
        }
    }

    /// An obligor has one bucket and one quality.
    private static func refuseContradictions(_ exposures: [DefaultExposure], _ fields: FieldReader) {
        var known: [String: DefaultExposure] = [:]
        for (index, exposure) in exposures.enumerated() {
            if let first = known[exposure.obligor] {
                if first.bucket != exposure.bucket {
                    fields.refuse(
                        at: ["default_exposures", "\(index)", "bucket"],
                        "\(exposure.obligor) is \(first.bucket.rawValue) before")
                }
                if first.quality != exposure.quality {
                    fields.refuse(
                        at: ["default_exposures", "\(index)", "quality"],
                        "\(exposure.obligor) is \(first.quality.rawValue) before")
                }
            } else {
                known[exposure.obligor] = exposure
            }
        }
    }

    /// How many numbers are looked at.
    var count: Int { (sensitivities?.count ?? 0) + (shocks?.count ?? 0) + (defaults?.count ?? 0) }

    func measured() throws(QuantError) -> MarketRiskCapital {
        let hasSensitivities = sensitivities != nil || shocks != nil
        return try MarketRiskCapital(
            sensitivities: hasSensitivities
                ? try SensitivitiesCapital(sensitivities ?? [], shocks: shocks ?? [], options: options) : nil,
            defaults: try defaults.map { (exposures) throws(QuantError) in try DefaultRiskCapital(exposures) },
            residual: residual)
    }
}
