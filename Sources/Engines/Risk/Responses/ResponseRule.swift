import EngineKit
import HTTP
import Wire

/// What is done about a limit that is not kept.
enum ResponseAction: String, CaseIterable, Sendable {
    /// Tells channels once.
    case notify
    /// Tells channel after channel until somebody acknowledges.
    case escalate
    /// Denies new orders of the scope until a person releases it.
    case block
    /// Orders that bring the value to a fraction of the limit.
    case reduce
    /// Orders that sell and buy back all of the scope.
    case flatten

    /// Whether it places orders.
    var trades: Bool { self == .reduce || self == .flatten }
    /// Whether it does more than to tell.
    var acts: Bool { trades || self == .block }
}

/// How far from being kept a limit must be.
enum ResponseSeverity: String, CaseIterable, Sendable {
    /// From its soft threshold or `warn_at` on.
    case soft
    /// Beyond its threshold or minimum.
    case hard
}

/// Channels that are told a while after a rule has begun.
struct EscalationStep: RequestBody, Equatable {
    let seconds: Int, channels: [String]

    static func read(_ fields: FieldReader) -> EscalationStep {
        EscalationStep(
            seconds: fields.int(
                "after_seconds", "After the rule has begun, unless somebody acknowledged.", 0...2_592_000),
            channels: fields.strings("channels", "Ids of channels."))
    }
}

/// A rule: where it matches, something is done, once for each breach; orders that were given up are planned again.
struct ResponseRule: RequestBody, Equatable {
    var id: String
    let title: String, action: ResponseAction, severity: ResponseSeverity
    /// Only limits of this type, of this scope, and breaches of this portfolio; nil for all.
    let type: LimitType?, scope: LimitScope?, portfolio: String?
    /// How long it must have lasted.
    let seconds: Int
    let channels: [String], steps: [EscalationStep]
    /// For reduce: the share of the limit that is aimed at.
    let fraction: Double
    let isActive: Bool

    static func read(_ fields: FieldReader) -> ResponseRule {
        let action = fields.choice("action", "What is done.", ResponseAction.self)
        let type = fields.optionalChoice("limit_type", "Only limits of this type; all when left out.", LimitType.self)
        let text = fields.optionalString("scope", "Only limits of this scope; all when left out.", length: 1...300)
        let scope = text.flatMap { LimitScope($0) }
        let channels = fields.strings("channels", "For notify: ids of channels.", required: false)
        let steps = fields.array("steps", "For escalate: whom to tell when.", EscalationStep.self, required: false,
                                 limit: 20)
        if !fields.isDescribing {
            fields.require(text == nil || scope != nil, "scope", "is no scope of a limit")
            fields.require((action == .notify) == !channels.isEmpty, "channels",
                           action == .notify ? "is required to notify" : "belongs to notify")
            fields.require((action == .escalate) == !steps.isEmpty, "steps",
                           action == .escalate ? "is required to escalate" : "belongs to escalate")
            fields.require(action != .reduce || type.map { ReductionPlan.types.contains($0) } ?? true, "limit_type",
                           "no sale brings a limit of this type to a fraction of itself")
        }
        return ResponseRule(
            id: fields.optionalString("id", "An id of the caller's; one is made when left out.", length: 1...64) ?? "",
            title: fields.string("title", "What people read.", length: 1...200), action: action,
            severity: fields.optionalChoice("severity", "soft: from a warning on; hard unless said.",
                                            ResponseSeverity.self) ?? .hard,
            type: type, scope: scope,
            portfolio: fields.optionalString(
                "portfolio_id", "Only this portfolio; all when left out.", length: 1...200),
            seconds: fields.optionalInt(
                "for_seconds", "How long it must have lasted; 0 unless said.", 0...2_592_000) ?? 0,
            channels: channels, steps: steps,
            fraction: fields.optionalNumber("fraction", "For reduce: the share of the limit aimed at; 0.9 unless said.",
                                            above: 0, upTo: 1) ?? 0.9,
            isActive: fields.bool("active", "Whether it is followed.", default: true))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("title", title)
            json.field("action", action.rawValue)
            json.field("severity", severity.rawValue)
            if let type { json.field("limit_type", type.rawValue) }
            if let scope { json.field("scope", scope.text) }
            if let portfolio { json.field("portfolio_id", portfolio) }
            json.field("for_seconds", seconds)
            if !channels.isEmpty { json.strings("channels", channels) }
            if !steps.isEmpty {
                json.array("steps", steps) { json, step in
                    json.object { json in
                        json.field("after_seconds", step.seconds)
                        json.strings("channels", step.channels)
                    }
                }
            }
            json.field("fraction", fraction)
            json.field("active", isActive)
        }
    }

    /// Whether it is about a breach.
    func matches(_ breach: BreachCase) -> Bool {
        isActive && (type ?? breach.type) == breach.type && (scope ?? breach.scope) == breach.scope
            && (portfolio ?? breach.portfolioID) == breach.portfolioID
    }

    /// Whether a check is as bad as it asks; for what trades, of a value that is known.
    func isAsked(by check: LimitCheck) -> Bool {
        check.verdict >= (severity == .soft ? .warn : .breach) && !(action.trades && check.value.isNaN)
    }

    /// Something that it does.
    struct Moment: Sendable, Equatable {
        /// Its place among the rule's.
        let number: Int
        /// Counted from the rule's beginning.
        let seconds: Int
        /// Whom it tells; nil where it tells nobody.
        let channels: [String]?
        /// What tells it from the rule's others, wherever it stands among them.
        let mark: String

        var nanoseconds: Int64 { Int64(seconds) * 1_000_000_000 }
    }

    /// What is done when, counted from the time it began.
    var moments: [Moment] {
        switch action {
        case .notify: [Moment(number: 0, seconds: 0, channels: channels, mark: action.rawValue)]
        case .escalate:
            steps.enumerated().map { number, step in
                Moment(number: number, seconds: step.seconds, channels: step.channels,
                       mark: "\(step.seconds) s " + step.channels.sorted().joined(separator: ","))
            }
        case .block, .reduce, .flatten: [Moment(number: 0, seconds: 0, channels: nil, mark: action.rawValue)]
        }
    }
}
