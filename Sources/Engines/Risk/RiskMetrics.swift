import Telemetry

/// What pre-trade checks found, by type of limit.
struct RiskMetrics {
    private let registry: MetricsRegistry
    private let warned: [LimitType: Counter], breached: [LimitType: Counter], unjudged: [LimitType: Counter]
    private var used: [LimitType: Gauge] = [:]

    init(_ registry: MetricsRegistry) {
        func counters(_ verdict: String) -> [LimitType: Counter] {
            Dictionary(uniqueKeysWithValues: LimitType.allCases.map { type in
                (type, registry.counter(
                    "nautilus_risk_limit_verdicts_total", "Limits that a pre-trade check did not find kept.",
                    ["type": type.rawValue, "verdict": verdict]))
            })
        }
        self.registry = registry
        warned = counters("warn")
        breached = counters("breach")
        unjudged = counters("unjudged")
    }

    /// Counts what one pre-trade check found.
    mutating func record(_ checks: [LimitCheck]) {
        var shares: [LimitType: Double] = [:]
        for check in checks {
            let type = check.limit.type
            switch check.verdict {
            case .pass: break
            case .warn: warned[type]?.increment()
            case .breach: (check.value.isNaN ? unjudged : breached)[type]?.increment()
            }
            if check.utilization.isFinite { shares[type] = max(shares[type] ?? 0, check.utilization) }
        }
        for (type, share) in shares { gauge(type).set(share) }
    }

    /// The gauge of a type that was judged is there from then on.
    private mutating func gauge(_ type: LimitType) -> Gauge {
        if let known = used[type] { return known }
        let made = registry.gauge(
            "nautilus_risk_limit_use_ratio", "Share of its threshold that the newest pre-trade check found used.",
            ["type": type.rawValue])
        used[type] = made
        return made
    }
}
