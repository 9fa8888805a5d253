import HTTP

/// Which alerts are asked for.
struct RiskAlertQuery: RequestParameters {
    let kind: RiskAlertKind, portfolio: String?, severity: RiskSeverity?, state: RiskAlertState?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> RiskAlertQuery {
        RiskAlertQuery(
            kind: parameters.choice("kind", "alert unless said.", RiskAlertKind.self) ?? .alert,
            portfolio: parameters.optionalText("portfolio_id", "Only of this portfolio."),
            severity: parameters.choice("severity", "Only these.", RiskSeverity.self),
            state: parameters.choice("state", "Only these.", RiskAlertState.self), page: .read(parameters))
    }
}

/// A new alert or rule.
struct RiskAlertBody: RequestBody {
    let kind: RiskAlertKind, title: String, severity: RiskSeverity, portfolio: String, type: LimitType?, message: String

    static func read(_ fields: FieldReader) -> RiskAlertBody {
        RiskAlertBody(
            kind: fields.optionalChoice("kind", "alert unless said; a rule makes alerts of events.",
                RiskAlertKind.self) ?? .alert,
            title: fields.string("title", "What people read.", length: 1...200),
            severity: fields.optionalChoice("severity", "For a rule that of the least event; critical unless said.",
                RiskSeverity.self) ?? .critical,
            portfolio: fields.optionalString("portfolio_id", "Only of this portfolio; all when left out.",
                length: 0...200) ?? "",
            type: fields.optionalChoice("type", "Only limits of this type; all when left out.", LimitType.self),
            message: fields.optionalString("message", "More words.", length: 0...4000) ?? "")
    }
}

/// What somebody did about an alert.
struct RiskAlertChange: RequestBody {
    let target: ChangeTarget, state: RiskAlertState, note: String?

    static func read(_ fields: FieldReader) -> RiskAlertChange {
        let target = ChangeTarget.read(
            fields, "alert_id", "The alert or rule.", all: "all alerts of this portfolio that are not closed")
        let state = fields.choice("state", "acknowledged, escalated, closed, or open again.", RiskAlertState.self)
        fields.require(!target.isAll || [.acknowledged, .closed].contains(state), "state",
                       "must be acknowledged or closed for a portfolio")
        return RiskAlertChange(
            target: target, state: state, note: fields.optionalString("note", "What was done.", length: 0...4000))
    }
}

/// Portfolios to follow.
struct MonitorBody: RequestBody {
    let portfolios: [String], seconds: Double

    static func read(_ fields: FieldReader) -> MonitorBody {
        let portfolios = fields.strings("portfolio_ids", "Portfolios; all that risk was told of when left out.",
            required: false)
        return MonitorBody(
            portfolios: portfolios,
            seconds: fields.optionalNumber("interval_seconds", "5 unless said.", from: 1, upTo: 86_400) ?? 5)
    }
}

/// On or off.
struct KillSwitchBody: RequestBody {
    let isOn: Bool, reason: String

    enum State: String, CaseIterable { case on, off }

    static func read(_ fields: FieldReader) -> KillSwitchBody {
        let state = fields.choice("state", "on stops every order; off lets them pass again.", State.self)
        return KillSwitchBody(isOn: state == .on, reason: fields.string("reason", "Why.", length: 1...1000))
    }
}

/// A portfolio for one run of the Monte Carlo.
struct MonteCarloBody: RequestBody {
    let simulations: Int, isBenchmark: Bool, seed: UInt64, assets: Int

    static func read(_ fields: FieldReader) -> MonteCarloBody {
        MonteCarloBody(
            simulations: fields.optionalInt("simulations", "Paths; 1000000 unless said.", 2...10_000_000) ?? 1_000_000,
            isBenchmark: fields.bool("benchmark", "Runs on one thread as well and tells both times.", default: false),
            seed: UInt64(fields.optionalInt("seed", "The same seed gives the same result.", 0...Int.max) ?? 0),
            assets: fields.optionalInt("assets", "Instruments of the made-up portfolio; 10 unless said.", 1...50) ?? 10)
    }
}
