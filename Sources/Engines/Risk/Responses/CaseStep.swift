import EngineKit
import Market
import Wire

/// What has happened to a case, as `risk.case` tells it.
enum CaseStep: String, CaseIterable, Sendable {
    /// A limit is not kept, or only just; it is beyond the limit now; it only warns again.
    case opened, hardened, eased
    /// Somebody has seen it; it is over.
    case acknowledged, closed
    /// Something is to be done about it, is tried again, or was done: the response says what, and how it stands.
    case planned, retried, done
}

extension BreachCase {
    /// What has happened since it was as `before`; nil stands for a case that was not there.
    func step(from before: BreachCase?) -> CaseStep {
        guard let before else { return .opened }
        if !isOpen { return .closed }
        if acknowledged != before.acknowledged { return .acknowledged }
        return hardSince == nil ? .eased : .hardened
    }
}

extension EngineContext {
    /// The message of a case's step.
    func message(_ step: CaseStep, of breach: BreachCase, at time: Timestamp) -> Message {
        message(step, breach.id, breach.portfolioID, at: time) { json in
            json.key("case")
            breach.write(to: &json)
        }
    }

    /// The message of a response's step.
    func message(_ step: CaseStep, of row: ResponseRow, at time: Timestamp) -> Message {
        message(step, row.caseID, row.portfolioID, at: time) { json in
            json.key("response")
            row.write(to: &json)
        }
    }

    private func message(
        _ step: CaseStep, _ id: String, _ portfolio: String, at time: Timestamp, _ write: (inout JSONWriter) -> Void
    ) -> Message {
        var json = JSONWriter()
        json.object { json in
            json.field("step", step.rawValue)
            json.field("case_id", id)
            json.field("portfolio_id", portfolio)
            write(&json)
            json.field("ts", time)
        }
        return message(Topics.riskCase, portfolio, time: time, data: json.bytes)
    }
}
