import HTTP
import Market
import Wire

/// Words for people.
enum NoticeText {
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
