/// Limits that no portfolio can keep together.
enum LimitConflicts {
    /// Pairs in which the first value is never above the second.
    private static let ordered: [(LimitType, LimitType)] = [
        (.netExposure, .grossExposure), (.positionSize, .grossExposure), (.positionWeight, .leverage),
        (.valueAtRisk, .expectedShortfall),
    ]

    /// The first limit that contradicts another, and how; nil where none does.
    static func first(of limit: Limit, among others: [Limit]) -> (other: Limit, message: String)? {
        guard limit.isActive else { return nil }
        for other in others where other.isActive && other.id != limit.id && other.scope.overlaps(limit.scope) {
            for (low, high) in [(limit, other), (other, limit)] {
                guard let least = low.minimum, least > high.threshold, isBelow(low, high) else { continue }
                return (other, """
                    limit \(name(low)) wants \(low.type.rawValue) of at least \(least), limit \(name(high)) \
                    \(high.type.rawValue) of at most \(high.threshold): nothing keeps both
                    """)
            }
        }
        return nil
    }

    /// What of a limit contradicts itself: where a schedule or an adjustment leads its threshold below its own minimum
    /// or soft threshold. The pointer of the field and why; nil where nothing does.
    static func own(of limit: Limit) -> (pointer: String, message: String)? {
        let reached = [("/schedule/threshold", limit.schedule?.threshold), ("/auto_adjust/least", limit.adjust?.least)]
        for case (let pointer, let threshold?) in reached {
            if let least = limit.minimum, least > threshold {
                return (pointer, "is below the minimum of \(least): nothing keeps both")
            }
            if let soft = limit.softThreshold, soft > threshold {
                return (pointer, "is below the soft_threshold of \(soft): it would breach before it warns")
            }
        }
        return nil
    }

    private static func name(_ limit: Limit) -> String { limit.id.isEmpty ? "of this request" : limit.id }

    /// Whether the value of one is never above that of the other.
    private static func isBelow(_ low: Limit, _ high: Limit) -> Bool {
        let isMeasuredAlike = low.method == high.method && low.confidence == high.confidence
            && low.horizonDays == high.horizonDays && low.participation == high.participation
            && low.volumeDays == high.volumeDays && low.benchmark == high.benchmark
        guard isMeasuredAlike else { return false }
        if low.type == high.type { return low.expression == high.expression }
        return ordered.contains { $0 == (low.type, high.type) }
    }
}
