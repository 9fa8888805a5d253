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
    /// How far rules are with it, by their ids.
    var progress: [String: RuleProgress] = [:]
    var span = CaseSpan()

    var isOpen: Bool { closed == nil }
    var severity: ResponseSeverity { hardSince == nil ? .soft : .hard }

    /// A stored one as the next life takes it up.
    func resumed(at now: CaseTime) -> BreachCase {
        var next = self
        let hard = hardSince.map { now.steady(of: $0) }, opened = now.steady(of: opened)
        next.span = CaseSpan(
            opened: opened, hard: hard, known: value.isNaN ? nil : opened, knownHard: value.isNaN ? nil : hard)
        for (rule, progress) in progress {
            next.progress[rule]?.began = progress.began.map { CaseTime(wall: $0.wall, steady: now.steady(of: $0.wall)) }
        }
        return next
    }

    /// What the limit is at now.
    mutating func take(_ check: LimitCheck) {
        value = check.value
        threshold = check.limit.threshold
        reason = check.reason
    }

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
    let breach: BreachCase, rule: ResponseRule, moment: ResponseRule.Moment
    /// Whom to tell; nil where it is no notice.
    var channels: [String]? { moment.channels }
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
    mutating func observe(_ check: LimitCheck, of portfolio: String, at now: CaseTime, id: String) -> BreachCase? {
        let key = Self.key(portfolio, check.limit.id)
        guard var breach = open[key] else {
            guard check.verdict != .pass else { return nil }
            var breach = BreachCase(
                id: id, portfolioID: portfolio, limitID: check.limit.id, type: check.limit.type,
                scope: check.limit.scope, opened: now.wall, hardSince: check.verdict == .breach ? now.wall : nil,
                reason: check.reason, value: check.value, threshold: check.limit.threshold)
            breach.span.opened = now.steady
            breach.span.take(check, at: now.steady)
            open[key] = breach
            return breach
        }
        let before = breach
        switch check.verdict {
        case .pass: breach.closed = now.wall
        case .warn: breach.hardSince = nil
        case .breach: breach.hardSince = breach.hardSince ?? now.wall
        }
        // What is told again with the same verdict is the same case.
        guard breach != before else { return nil }
        if breach.isOpen {
            breach.take(check)
            breach.span.take(check, at: now.steady)
        }
        open[key] = breach.isOpen ? breach : nil
        return breach
    }

    /// What a limit is at now, where its case is open; its verdict is `observe`'s business.
    mutating func measure(_ check: LimitCheck, of portfolio: String, at now: CaseTime) {
        let key = Self.key(portfolio, check.limit.id)
        guard let breach = open[key], check.verdict != .pass else { return }
        open[key]?.take(check)
        if (check.verdict == .breach) == (breach.hardSince != nil) { open[key]?.span.take(check, at: now.steady) }
    }

    /// What was done of an open case.
    mutating func mark(_ key: String, _ progress: [String: RuleProgress]) { open[key]?.progress = progress }

    /// A rule is no more: one that is made under its id again begins anew. The open cases that it had to do with.
    mutating func forget(rule: String) -> [BreachCase] {
        var changed: [BreachCase] = []
        for (key, var breach) in open {
            guard let progress = breach.progress[rule] else { continue }
            breach.progress[rule] = RuleProgress(generation: progress.generation + 1)
            open[key] = breach
            changed.append(breach)
        }
        return changed
    }

    /// The orders of a rule were given up while the case goes on: it may plan them again, under other ids. The case as
    /// it is then; nil where it is not open, or the rule has planned nothing since it was made.
    mutating func rearm(_ rule: String, _ action: ResponseAction, of id: String) -> BreachCase? {
        guard let (key, found) = open.first(where: { $0.value.id == id }), var progress = found.progress[rule],
              progress.undo(action) else { return nil }
        var breach = found
        progress.generation += 1
        breach.progress[rule] = progress
        open[key] = breach
        return breach
    }

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

    /// Everything that is due, each once for a case unless it was rearmed; what it concerns is marked as done. What
    /// blocks or trades is due only where `judge`, asked what the limit is at now, still finds it as far off as the rule
    /// asks; what trades, only where it knows a value. It stays undone otherwise.
    mutating func due(at now: CaseTime, _ judge: (BreachCase) -> LimitCheck?) -> [ResponseStep] {
        var steps: [ResponseStep] = []
        for key in open.keys.sorted() {
            guard var breach = open[key] else { continue }
            var judged: LimitCheck??
            for rule in rules where rule.matches(breach) {
                guard let began = began(rule, breach, at: now) else { continue }
                var progress = breach.progress[rule.id] ?? RuleProgress()
                let left = rule.moments.filter { $0.nanoseconds <= now.steady - began.steady && !progress.isDone($0) }
                if rule.action.acts, !left.isEmpty {
                    let check = judged ?? judge(breach)
                    judged = .some(check)
                    guard let check, rule.isAsked(by: check) else { continue }
                    breach.take(check)
                }
                progress.began = breach.progress[rule.id]?.began ?? began
                for moment in left {
                    // An acknowledged breach is told to nobody; orders are not stopped by that.
                    if moment.channels != nil, breach.acknowledged != nil { continue }
                    progress.done.insert(moment.mark)
                    breach.progress[rule.id] = progress
                    steps.append(ResponseStep(breach: breach, rule: rule, moment: moment))
                }
                breach.progress[rule.id] = progress
            }
            open[key] = breach
        }
        return steps
    }

    /// When a rule began for a case; nil where it has not, or the case is not as bad as it asks.
    private func began(_ rule: ResponseRule, _ breach: BreachCase, at now: CaseTime) -> CaseTime? {
        if rule.severity == .hard, breach.hardSince == nil { return nil }
        // What blocks or trades has one moment, and begins when the case has lasted as long as the rule asks now.
        if !rule.action.acts, let began = breach.progress[rule.id]?.began { return began }
        guard let start = breach.span.start(of: rule) else { return nil }
        let lasted = now.steady - start - Int64(rule.seconds) * 1_000_000_000
        return lasted >= 0 ? now.before(nanoseconds: lasted) : nil
    }
}
