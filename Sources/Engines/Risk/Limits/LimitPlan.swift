/// A limit that is judged. Checks share it, so that none bears a copy of its own.
final class JudgedLimit: Sendable {
    let limit: Limit

    init(_ limit: Limit) { self.limit = limit }
}

/// Limits made ready once for the many orders that are judged by them.
struct LimitPlan: Sendable {
    let limits: [Limit]
    let needs: LimitNeeds
    private let judged: [JudgedLimit]
    /// Whether some look at the orders of one strategy alone.
    private let hasStrategies: Bool

    init(_ limits: [Limit]) {
        self.limits = limits
        needs = LimitNeeds(limits)
        judged = limits.map { JudgedLimit($0) }
        hasStrategies = limits.contains { if case .strategy = $0.scope { true } else { false } }
    }

    /// Those that look at an order of a strategy.
    private func applying(toStrategy strategy: String) -> [JudgedLimit] {
        hasStrategies ? judged.filter { $0.limit.applies(toStrategy: strategy) } : judged
    }

    /// Judges all limits on a portfolio, as it is after an order.
    func judge(_ figures: consuming RiskFigures) -> [LimitCheck] { LimitCheck.judge(judged, figures) }

    /// Judges those limits that look at an order of a strategy.
    func judge(_ figures: consuming RiskFigures, strategy: String) -> [LimitCheck] {
        LimitCheck.judge(applying(toStrategy: strategy), figures)
    }

    /// What those limits say of an order of a strategy where something is missing that all of them need.
    func refuse(strategy: String, missing: String) -> [LimitCheck] {
        applying(toStrategy: strategy).map { LimitCheck($0.limit, missing: missing) }
    }

    /// Whether no limit looks at orders of a strategy.
    func isEmpty(forStrategy strategy: String) -> Bool {
        hasStrategies ? !limits.contains { $0.applies(toStrategy: strategy) } : limits.isEmpty
    }
}

/// What limits read, so that no more is made ready than they need.
struct LimitNeeds: Sendable {
    let types: Set<LimitType>
    let parts: Set<LimitScope>
    /// What they read of stored bars.
    let history: HistoryNeeds
    /// Mean volumes of other days than the usual ones.
    let windows: Set<VolumeWindow>
    /// Whether some look at a sector.
    let sectors: Bool

    /// Whether they read what a portfolio would have earned each day.
    var returns: Bool { history.returns }

    init(_ limits: [Limit]) {
        types = Set(limits.flatMap(\.reads))
        parts = Set(limits.map(\.scope).filter(\.isPart))
        let onVolume = limits.filter { $0.isReading(.liquidityDays) }
        history = HistoryNeeds(
            returns: !types.isDisjoint(with: LimitType.onReturns),
            benchmarks: Set(limits.compactMap(\.benchmark)),
            volumeDays: Set(onVolume.map(\.volumeDays)))
        windows = Set(onVolume.filter { $0.volumeDays != MeanVolume.usualDays }.map {
            VolumeWindow(days: $0.volumeDays, part: $0.scope.isPart ? $0.scope : nil)
        })
        sectors = parts.contains(where: \.isSector)
    }
}
