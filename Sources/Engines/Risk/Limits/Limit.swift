import EngineKit
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
    /// Arithmetic over the others and equity and cash.
    case expression
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
    var threshold: Double
    /// What it looks at.
    let scope: LimitScope
    /// The least value that passes; nil for none.
    let minimum: Double?
    /// From above this value on it warns, whatever `warnAt` says; nil for none.
    let softThreshold: Double?
    /// What an `expression` limit works out; nil for other types.
    let expression: MetricExpression?
    /// Rises by one with each change.
    var version = 1
    /// The share of the threshold from which it warns.
    let warnAt: Double
    let method: RiskMethod
    let confidence: Double
    let horizonDays: Int
    /// The share of daily volume that one may trade.
    let participation: Double
    /// How many of the newest stored daily bars volumes are means of.
    var volumeDays = MeanVolume.usualDays
    /// The instrument whose stored daily bars beta is measured against; nil where its returns are sent with a check.
    var benchmark: String?
    let isActive: Bool
    /// Whether one alone may loosen it.
    var approval = LimitApproval.none
    /// When it holds; always where there is none.
    var schedule: LimitSchedule?
    /// How its threshold follows volatility or its regime; not where there is none.
    var adjust: LimitAdjustment?
    /// The threshold that this has led to; its own where nil. No part of its definition.
    var adjusted: Double?

    static func read(_ fields: FieldReader) -> Limit {
        let text = fields.optionalString(
            "scope",
            "all, firm, or client:, portfolio:, strategy:, trader:, symbol: or sector: and a name; all when left out.",
            length: 1...300)
        let portfolio = fields.optionalString("portfolio_id", "The portfolio it holds for; all when left out.",
            length: 1...200)
        // A limit of several portfolios is told with null here: beside its scope that decides nothing.
        if text != nil { fields.allowNull("portfolio_id") }
        let named = text.flatMap { LimitScope($0) }
        if text != nil {
            fields.require(named != nil, "scope", "must be all, firm, client:<id>, portfolio:<id>, strategy:<id>, "
                + "trader:<name>, symbol:<name> or sector:<name>")
        }
        if let portfolio, let named, named != .all, named != .portfolio(portfolio) {
            fields.refuse(at: ["portfolio_id"], "contradicts the scope \(named.text): leave one of them out")
        }
        let scope = portfolio.map { .portfolio($0) } ?? named ?? .all
        let type = fields.choice("type", "What it looks at.", LimitType.self)
        fields.require(!scope.isPart || type.isOfParts, "scope", "\(type.rawValue) cannot be judged on a part of a portfolio")
        let expression = fields.optionalString(
            "expression", "For the type expression: arithmetic over types of limits, equity and cash.", length: 1...1000)
        var parsed: MetricExpression?
        if let expression {
            do throws(MetricExpression.Fault) { parsed = try MetricExpression(expression) } catch {
                fields.refuse(at: ["expression"], error.message)
            }
        }
        if let fault = scope.fault(of: type, parsed) { fields.refuse(at: ["scope"], fault) }
        if !fields.isDescribing {
            fields.require((type == .expression) == (expression != nil), "expression",
                           type == .expression ? "is required of this type" : "belongs to the type expression")
        }
        let threshold = fields.number(
            "threshold", "The largest value that passes; in currency or as a fraction, by type.", from: 0)
        let minimum = fields.optionalNumber("minimum", "The least value that passes; none when left out.")
        let soft = fields.optionalNumber("soft_threshold", "Above it, it warns; none when left out.", from: 0)
        fields.require(minimum.map { $0 <= threshold } ?? true, "minimum", "is above threshold: nothing keeps both")
        fields.require(soft.map { $0 <= threshold } ?? true, "soft_threshold", "must not be above threshold")
        let adjust = fields.optionalObject(
            "auto_adjust", "Has the threshold follow volatility or its regime.",
            LimitAdjustment.self)
        if let adjust, adjust.symbol == nil {
            switch scope {
            case .portfolio, .symbol: break
            default:
                fields.refuse(
                    at: ["auto_adjust"], "needs a symbol, or a scope portfolio: or symbol:, whose returns are read")
            }
        }
        let benchmark = fields.optionalSymbol(
            "benchmark", "For beta: the instrument whose stored daily bars it is measured against; without it beta needs "
                + "returns that are sent along.")?
            .text
        if benchmark != nil, !(parsed.map { $0.metrics.contains(LimitType.beta.rawValue) } ?? (type == .beta)) {
            fields.refuse(at: ["benchmark"], "belongs to the type beta, or to an expression that reads beta")
        }
        return Limit(
            id: fields.optionalString("id", "An id of the caller's; one is made when left out.", length: 1...64) ?? "",
            type: type, threshold: threshold, scope: scope, minimum: minimum, softThreshold: soft, expression: parsed,
            version: fields.optionalInt("version", "For a change: the version it is meant for.", 1...Int.max) ?? 0,
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
            volumeDays: fields.optionalInt(
                "volume_days", "For liquidity_days: how many of the newest stored daily bars the volume is the mean of; "
                    + "\(MeanVolume.usualDays) unless said.", 1...DailyColumn.bars) ?? MeanVolume.usualDays,
            benchmark: benchmark,
            isActive: fields.bool("active", "Whether it is judged.", default: true),
            approval: fields.optionalChoice(
                "approval", "four-eyes: what loosens it waits until another person approves; none unless said.",
                LimitApproval.self) ?? .none,
            schedule: fields.optionalObject("schedule", "When it holds, or with which threshold; always when left out.",
                                            LimitSchedule.self),
            adjust: adjust)
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
        json.string(scope.text)
        json.key("portfolio_id")
        if let portfolioID { json.string(portfolioID) } else { json.null() }
        for (name, value) in [("minimum", minimum), ("soft_threshold", softThreshold)] {
            guard let value else { continue }
            json.key(name)
            json.double(value)
        }
        if let expression {
            json.key("expression")
            json.string(expression.text)
        }
        json.key("version")
        json.int(max(1, version))
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
        json.field("volume_days", volumeDays)
        if let benchmark { json.field("benchmark", benchmark) }
        json.key("active")
        json.bool(isActive)
        json.key("approval")
        json.string(approval.rawValue)
        if let schedule {
            json.key("schedule")
            schedule.write(to: &json)
        }
        if let adjust {
            json.key("auto_adjust")
            adjust.write(to: &json)
        }
        json.endObject()
    }

    /// Whether it holds for a portfolio.
    func applies(to portfolio: String) -> Bool {
        isActive && !scope.isGroup && (portfolioID == nil || portfolioID == portfolio)
    }

    /// Whether it looks at orders of a strategy; those of all others too, unless it is of one.
    func applies(toStrategy strategy: String) -> Bool {
        if case .strategy(let name) = scope { name == strategy } else { true }
    }

    /// The portfolio it holds for; nil for all of them.
    var portfolioID: String? { if case .portfolio(let name) = scope { name } else { nil } }

    /// Whether it reads the values of a type: it is of it, or its expression names it.
    func isReading(_ other: LimitType) -> Bool {
        expression.map { $0.metrics.contains(other.rawValue) } ?? (type == other)
    }

    /// Types whose values it reads: its own, or those of its expression.
    var reads: [LimitType] {
        expression.map { $0.metrics.compactMap { LimitType(rawValue: $0) } } ?? [type]
    }
}
