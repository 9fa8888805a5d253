/// Whether a change may be made by one alone.
enum LimitApproval: String, CaseIterable, Sendable {
    case none
    /// What loosens the limit waits until another person has approved it.
    case fourEyes = "four-eyes"
}

/// What of a change lets more pass than before.
enum LimitLoosening {
    /// The reasons why a limit holds less after a change; none where it holds as much or more. `after` is nil where the
    /// limit is removed.
    static func reasons(from before: Limit, to after: Limit?) -> [String] {
        // What is not judged holds nothing that could be loosened.
        guard before.isActive else {
            return after.map { loosensApproval(before, $0) ? ["approval is no longer asked for"] : [] }
                ?? (before.approval == .fourEyes ? ["it is removed"] : [])
        }
        guard let after else { return ["it is removed"] }
        var reasons: [String] = []
        func add(_ isLooser: Bool, _ reason: @autoclosure () -> String) { if isLooser { reasons.append(reason()) } }
        add(!after.isActive, "it is switched off")
        add(loosensApproval(before, after), "approval is no longer asked for")
        add(after.type != before.type || after.expression != before.expression, "it looks at something else")
        add(!covers(after.scope, before.scope), "its scope leaves out what it held for")
        add(loosensSchedule(before, after), "its schedule changes")
        add(loosensAdjustment(before, after), "its adjustment reaches further")
        add(after.threshold > before.threshold, "threshold rises from \(before.threshold) to \(after.threshold)")
        if let least = before.minimum {
            add(after.minimum.map { $0 < least } ?? true,
                "minimum falls from \(least) to \(after.minimum.map { "\($0)" } ?? "none")")
        }
        if let soft = before.softThreshold {
            add(after.softThreshold.map { $0 > soft } ?? true,
                "soft_threshold moves away from \(soft) to \(after.softThreshold.map { "\($0)" } ?? "none")")
        }
        add(after.warnAt > before.warnAt, "warn_at rises from \(before.warnAt) to \(after.warnAt)")
        add(after.method != before.method, "method changes from \(before.method.rawValue) to \(after.method.rawValue)")
        add(after.confidence < before.confidence, "confidence falls from \(before.confidence) to \(after.confidence)")
        add(after.horizonDays < before.horizonDays,
            "horizon_days falls from \(before.horizonDays) to \(after.horizonDays)")
        add(after.participation > before.participation,
            "participation rises from \(before.participation) to \(after.participation)")
        add(after.volumeDays != before.volumeDays,
            "volume_days changes from \(before.volumeDays) to \(after.volumeDays)")
        add(after.benchmark != before.benchmark,
            "benchmark changes from \(before.benchmark ?? "none") to \(after.benchmark ?? "none")")
        return reasons
    }

    private static func loosensApproval(_ before: Limit, _ after: Limit) -> Bool {
        before.approval == .fourEyes && after.approval == .none
    }

    /// A schedule may only be taken up where it tightens, and given up where that does.
    private static func loosensSchedule(_ before: Limit, _ after: Limit) -> Bool {
        if before.schedule == after.schedule { return false }
        guard let old = before.schedule else { return after.schedule?.threshold.map { $0 > before.threshold } ?? true }
        guard after.schedule == nil else { return true }
        return old.threshold.map { after.threshold > $0 } ?? false
    }

    private static func loosensAdjustment(_ before: Limit, _ after: Limit) -> Bool {
        switch (before.adjust, after.adjust) {
        case (nil, nil): false
        case (nil, let new?): new.most > before.threshold
        case (let old?, nil): after.threshold > old.least
        case (let old?, let new?): new.reachesFurther(than: old)
        }
    }

    /// Whether all that one scope looks at is looked at by another in the same way.
    private static func covers(_ wide: LimitScope, _ narrow: LimitScope) -> Bool {
        wide == narrow || (wide == .all && !narrow.isPart && !narrow.isGroup)
    }
}
