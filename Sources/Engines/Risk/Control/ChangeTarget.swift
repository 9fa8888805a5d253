import HTTP

/// What a change is of: one breach or alert, or all that are left of a portfolio.
enum ChangeTarget: Sendable {
    case one(String)
    case all(of: String)

    /// Reads the member `name`, or `portfolio_id` instead of it; `which` says which of a portfolio are meant.
    static func read(_ fields: FieldReader, _ name: String, _ doc: String, all which: String) -> ChangeTarget {
        let id = fields.optionalString(name, doc, length: 1...200)
        let portfolio = fields.optionalString("portfolio_id", "Instead of \(name): \(which).", length: 1...200)
        fields.require((id == nil) != (portfolio == nil) || fields.isDescribing, name,
                       "one of \(name) and portfolio_id must be there")
        return portfolio.map { .all(of: $0) } ?? .one(id ?? "")
    }

    /// Whether it is of a whole portfolio.
    var isAll: Bool { if case .all = self { true } else { false } }
}
