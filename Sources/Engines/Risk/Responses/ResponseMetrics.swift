import Runtime
import Telemetry

/// What became of notices and orders, and how many cases are open.
@LoopActor struct ResponseMetrics {
    private let notices: [String: Counter], orders: [String: Counter]

    /// Counts begin at 0 for every outcome, so that the first of one is a rise.
    init(_ registry: MetricsRegistry, _ responder: Responder) {
        func counters(_ name: String, _ help: String, _ outcomes: [String]) -> [String: Counter] {
            Dictionary(uniqueKeysWithValues: outcomes.map { ($0, registry.counter(name, help, ["outcome": $0])) })
        }
        notices = counters(
            "nautilus_risk_notices_total", "Notices about breaches by what came of an attempt, or why there was none.",
            ["sent", "failed", "retried", "dropped", "refused"])
        orders = counters(
            "nautilus_risk_response_orders_total", "Orders of response rules by what came of an attempt.",
            ["placed", "failed", "retried", "dropped", "refused"])
        for state in [ResponseState.waiting, .held] {
            registry.computed(
                "nautilus_risk_waiting_notices", "Notices that are to be sent, or are held until quiet hours end.",
                ["state": state.rawValue]) { [weak responder] in
                LoopActor.assumeIsolated {
                    Double(responder?.rows.values.count { $0.state == state && !$0.action.trades } ?? 0)
                }
            }
        }
        for severity in ResponseSeverity.allCases {
            registry.computed(
                "nautilus_risk_open_cases", "Limits that a portfolio does not keep now, as the monitor found.",
                ["severity": severity.rawValue]) { [weak responder] in
                LoopActor.assumeIsolated { Double(responder?.desk.open.values.count { $0.severity == severity } ?? 0) }
            }
        }
    }

    /// Counts a row after an attempt, or one that was planned and is not to be carried out.
    func count(_ row: ResponseRow) {
        let outcome = row.state.isPending ? "retried" : row.state.rawValue
        (row.action.trades ? orders : notices)[outcome]?.increment()
    }
}
