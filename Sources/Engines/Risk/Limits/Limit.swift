import HTTP
import Market
import Wire

/// What a limit looks at; definitions in `LimitValues`.
enum LimitType: String, CaseIterable, Sendable {
    case grossExposure = "gross_exposure", netExposure = "net_exposure", leverage
    case positionSize = "position_size", positionWeight = "position_weight"
    case sectorConcentration = "sector_concentration", herfindahl
    case valueAtRisk = "value_at_risk", expectedShortfall = "expected_shortfall"
    case maxDrawdown = "max_drawdown", dailyLoss = "daily_loss", volatility, beta, turnover
    case orderSize = "order_size", orderRate = "order_rate", liquidityDays = "liquidity_days",
        stressLoss = "stress_loss"
}

/// How VaR and ES are measured.
enum RiskMethod: String, CaseIterable, Sendable {
    case parametric, historical, monteCarlo = "monte_carlo", cornishFisher = "cornish_fisher"
    case filteredHistorical = "filtered_historical"
}

/// A rule over a portfolio: its value must not be above the threshold.
struct Limit: RequestBody {
    var id: String
    let type: LimitType
    let threshold: Double
    /// The portfolio it holds for; nil for all of them.
    let portfolioID: String?
    /// The share of the threshold from which it warns.
    let warnAt: Double
    let method: RiskMethod
    let confidence: Double
    let horizonDays: Int
    /// The share of daily volume that one may trade.
    let participation: Double
    let isActive: Bool

    static func read(_ fields: FieldReader) -> Limit {
        let scope = fields.optionalString("scope", "`portfolio:<id>`, or `all`; all when left out.", length: 1...300)
        let portfolio = fields.optionalString("portfolio_id", "The portfolio it holds for; all when left out.",
            length: 1...200)
        let named = scope.flatMap { $0.hasPrefix("portfolio:") ? String($0.dropFirst(10)) : nil }
        if let scope { fields.require(scope == "all" || named != nil, "scope", "must be all or portfolio:<id>") }
        return Limit(
            id: fields.optionalString("id", "An id of the caller's; one is made when left out.", length: 1...64) ?? "",
            type: fields.choice("type", "What it looks at.", LimitType.self),
            threshold: fields.number("threshold",
                "The largest value that passes; in currency or as a fraction, by type.", from: 0),
            portfolioID: portfolio ?? named,
            warnAt: fields.optionalNumber("warn_at", "Utilization from which it warns; 0.8 unless said.", above: 0,
                upTo: 1) ?? 0.8,
            method: fields.optionalChoice("method", "For VaR and ES; parametric unless said.",
                RiskMethod.self) ?? .parametric,
            confidence: fields.optionalNumber("confidence", "For VaR and ES; 0.99 unless said.", from: 0.5,
                upTo: 0.9999) ?? 0.99,
            horizonDays: fields.optionalInt("horizon_days", "For VaR and ES; 1 unless said.", 1...250) ?? 1,
            participation: fields.optionalNumber("participation",
                "For liquidity_days: share of volume; 0.2 unless said.",
                                                 above: 0, upTo: 1) ?? 0.2,
            isActive: fields.bool("active", "Whether it is judged.", default: true))
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.string(id)
        json.key("type")
        json.string(type.rawValue)
        json.key("threshold")
        json.double(threshold)
        json.key("scope")
        json.string(portfolioID.map { "portfolio:\($0)" } ?? "all")
        json.key("portfolio_id")
        if let portfolioID { json.string(portfolioID) } else { json.null() }
        json.key("warn_at")
        json.double(warnAt)
        json.key("method")
        json.string(method.rawValue)
        json.key("confidence")
        json.double(confidence)
        json.key("horizon_days")
        json.int(horizonDays)
        json.key("participation")
        json.double(participation)
        json.key("active")
        json.bool(isActive)
        json.endObject()
    }

    /// Whether it holds for a portfolio.
    func applies(to portfolio: String) -> Bool { isActive && (portfolioID == nil || portfolioID == portfolio) }
}
