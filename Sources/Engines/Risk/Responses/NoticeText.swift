import EngineKit
import HTTP
import Market
import Wire

/// Words for people.
enum NoticeText {
    /// What a webhook gets and a mail is made of.
    static func body(
        _ id: String, of breach: BreachCase, rule: String, title: String, action: ResponseAction, step: Int,
        at now: Timestamp
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            for (name, text) in [
                ("id", id), ("case_id", breach.id), ("rule_id", rule), ("title", title),
                ("action", action.rawValue), ("severity", breach.severity.rawValue),
                ("portfolio_id", breach.portfolioID), ("limit_id", breach.limitID), ("type", breach.type.rawValue),
                ("scope", breach.scope.text), ("reason", breach.reason),
            ] { json.field(name, text) }
            json.field("step", step)
            json.field("value", breach.value)
            json.field("threshold", breach.threshold)
            json.field("opened", breach.opened)
            json.field("ts", now)
        }
        return json.bytes
    }

    /// The body of a notice that was never sent, as its case is now.
    static func body(_ row: ResponseRow, of breach: BreachCase, at now: Timestamp) -> [UInt8] {
        let found: (title: String, step: Int)? = try? JSONParser().withDocument(row.body) { json in
            (json.member("title")?.string ?? "", json.member("step")?.int ?? 0)
        }
        guard let found else { return row.body }
        return body(
            row.id, of: breach, rule: row.ruleID, title: found.title, action: row.action, step: found.step, at: now)
    }

    /// The mail of a notice.
    static func mail(_ row: ResponseRow, to address: String, at time: Timestamp) -> NoticeMail {
        let names = ["title", "severity", "portfolio_id", "limit_id", "type", "scope", "reason", "opened", "case_id"]
        let parts: [String: String]? = try? JSONParser().withDocument(row.body) { json in
            var parts: [String: String] = [:]
            for name in names { parts[name] = json.member(name)?.string ?? "" }
            return parts
        }
        func part(_ name: String) -> String { parts?[name] ?? "" }
        let lines = [
            part("reason"), "",
            "Limit: \(part("limit_id")) (\(part("type")), \(part("scope")))",
            "Portfolio: \(part("portfolio_id"))", "Severity: \(part("severity"))", "Since: \(part("opened"))",
            "Case: \(part("case_id"))", "",
            "Acknowledge: POST /api/v1/risk/cases/\(part("case_id"))/acknowledge",
        ]
        return NoticeMail(
            to: address, subject: "[\(part("severity"))] \(part("title")): \(part("portfolio_id"))",
            text: lines.joined(separator: "\n"), id: row.id, time: time)
    }

    /// What an order's answer says: its state, and reasons or the problem's words.
    static func outcome(_ body: [UInt8]) -> (state: String, detail: String) {
        let found: (String, String)? = try? JSONParser().withDocument(body) { json in
            var reasons: [String] = []
            json.member("reasons")?.forEachElement { reasons += [$0.string].compactMap { $0 } }
            return (json.member("state")?.string ?? "there",
                    json.member("detail")?.string ?? reasons.joined(separator: "; "))
        }
        return found ?? ("unknown", "an answer that cannot be read")
    }
}
