import Documents
import Market

/// Breaches and warnings of the period, also by day and by state.
struct BreachView {
    let inputs: ReportInputs
    init(_ inputs: ReportInputs) { self.inputs = inputs }

    var section: ReportSection {
        var days: [String: (critical: Double, warning: Double)] = [:]
        for event in inputs.events {
            if event.severity == RiskSeverity.critical.rawValue { days[event.time.day, default: (0, 0)].critical += 1 }
            if event.severity == RiskSeverity.warning.rawValue { days[event.time.day, default: (0, 0)].warning += 1 }
        }
        let states = RiskEventState.allCases.map { state in
            ReportFigure(state.rawValue, state.rawValue, .number(
                Double(inputs.events.count { $0.state == state.rawValue }), .count))
        }
        let order = days.keys.sorted().suffix(60)
        return ReportSection("breaches", "Breaches by state and day", [
            .figures(states),
            .chart(ReportChart("by_day", "Events by day", .names(Array(order)), .count, [
                .init("critical", "Breaches", order.map { days[$0]?.critical ?? 0 }),
                .init("warning", "Warnings", order.map { days[$0]?.warning ?? 0 }),
            ])),
        ])
    }
}
