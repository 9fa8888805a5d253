import EngineKit
import Market
import Wire

/// One time that a portfolio does not keep a limit: from the first round that finds it to the first that does not.
struct BreachCase: Sendable, Equatable {
    let id: String, portfolioID: String, limitID: String
    let type: LimitType, scope: LimitScope
    let opened: Timestamp
    /// Since when it is beyond the limit itself; nil while it only warns.
    var hardSince: Timestamp?
    var closed: Timestamp?
    var reason: String
    /// What was found last.
    var value: Double, threshold: Double
    var acknowledgedBy = ""
    var acknowledged: Timestamp?
    /// What was done already: rule and moment, `rule/0`.
    var done: Set<String> = []

    var isOpen: Bool { closed == nil }
    var severity: ResponseSeverity { hardSince == nil ? .soft : .hard }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("portfolio_id", portfolioID)
            json.field("limit_id", limitID)
            json.field("type", type.rawValue)
            json.field("scope", scope.text)
            json.field("state", isOpen ? acknowledged == nil ? "open" : "acknowledged" : "closed")
            json.field("severity", severity.rawValue)
            json.field("value", value)
            json.field("threshold", threshold)
            json.field("reason", reason)
            json.field("opened", opened)
            for (name, time) in [("hard_since", hardSince), ("acknowledged", acknowledged), ("closed", closed)] {
                json.key(name)
                if let time { json.time(time) } else { json.null() }
            }
            json.field("acknowledged_by", acknowledgedBy)
        }
    }
}

/// Something that is due now.
struct ResponseStep: Sendable, Equatable {
    let breach: BreachCase, rule: ResponseRule
    /// Which moment of the rule.
    let moment: Int
    /// Whom to tell; nil where it is no notice.
    let channels: [String]?
}

/// Which rule does what when: cases and rules in, steps out. A value type that knows no clock and no channel.
struct ResponseDesk: Sendable {
    /// Open cases, by portfolio and limit.
    private(set) var open: [String: BreachCase] = [:]
    var rules: [ResponseRule] = []

    static func key(_ portfolio: String, _ limit: String) -> String { "\(portfolio)\n\(limit)" }

    /// Takes up a case as it is stored.
    mutating func restore(_ breach: BreachCase) {
        open[Self.key(breach.portfolioID, breach.limitID)] = breach.isOpen ? breach : nil
    }

    /// What was found of a limit; the case as it is now, nil where nothing changed. `id` serves a new case.
    mutating func observe(_ check: LimitCheck, of portfolio: String, at now: Timestamp, id: String) -> BreachCase? {
        let key = Self.key(portfolio, check.limit.id)
        guard var breach = open[key] else {
            guard check.verdict != .pass else { return nil }
            let breach = BreachCase(
                id: id, portfolioID: portfolio, limitID: check.limit.id, type: check.limit.type,
                scope: check.limit.scope, opened: now, hardSince: check.verdict == .breach ? now : nil,
                reason: check.reason, value: check.value, threshold: check.limit.threshold)
            open[key] = breach
            return breach
        }
        let before = breach
        switch check.verdict {
        case .pass: breach.closed = now
        case .warn: breach.hardSince = nil
        case .breach: breach.hardSince = breach.hardSince ?? now
        }
        // What is told again with the same verdict is the same case.
        guard breach != before else { return nil }
        if breach.isOpen {
            breach.reason = check.reason
            breach.value = check.value
            breach.threshold = check.limit.threshold
        }
        open[key] = breach.isOpen ? breach : nil
        return breach
    }

    /// What a limit is at now, where its case is open; its verdict is `observe`'s business.
    mutating func measure(_ check: LimitCheck, of portfolio: String) {
        let key = Self.key(portfolio, check.limit.id)
        guard open[key] != nil, check.verdict != .pass else { return }
        open[key]?.value = check.value
        open[key]?.threshold = check.limit.threshold
        open[key]?.reason = check.reason
    }

    /// What was done of an open case.
    mutating func mark(_ key: String, _ done: Set<String>) { open[key]?.done = done }

    /// Ends the cases of limits that are no more, or look at something else now; returns them.
    mutating func forget(at now: Timestamp, unless isCurrent: (BreachCase) -> Bool) -> [BreachCase] {
        var closed: [BreachCase] = []
        for (key, var breach) in open where !isCurrent(breach) {
            breach.closed = now
            open[key] = nil
            closed.append(breach)
        }
        return closed
    }

    /// Somebody has seen it: nobody else is told any more. The case as it is then; nil where it is not open.
    mutating func acknowledge(_ id: String, by name: String, at now: Timestamp) -> BreachCase? {
        guard let (key, found) = open.first(where: { $0.value.id == id }) else { return nil }
        var breach = found
        if breach.acknowledged == nil {
            breach.acknowledged = now
            breach.acknowledgedBy = name
            open[key] = breach
        }
        return breach
    }

    /// Everything that is due, each once for a case; what it concerns is marked as done.
    mutating func due(at now: Timestamp) -> [ResponseStep] {
        var steps: [ResponseStep] = []
        for key in open.keys.sorted() {
            guard var breach = open[key] else { continue }
            for rule in rules where rule.matches(breach) {
                guard let since = rule.severity == .soft ? breach.opened : breach.hardSince else { continue }
                for (moment, step) in rule.moments.enumerated() {
                    let mark = "\(rule.id)/\(moment)"
                    let time = since.adding(nanoseconds: Int64(step.seconds) * 1_000_000_000)
                    guard time <= now, !breach.done.contains(mark) else { continue }
                    // An acknowledged breach is told to nobody; orders are not stopped by that.
                    if step.channels != nil, breach.acknowledged != nil { continue }
                    breach.done.insert(mark)
                    steps.append(ResponseStep(breach: breach, rule: rule, moment: moment, channels: step.channels))
                }
            }
            open[key] = breach
        }
        return steps
    }
}
