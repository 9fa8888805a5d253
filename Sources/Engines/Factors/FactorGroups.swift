import EngineKit
import HTTP
import Quant

/// Which sector, industry and subindustry a symbol is in: a member of `groups`.
struct FactorGroups: RequestBody {
    let names: [Grouping: String]

    static func read(_ fields: FieldReader) -> FactorGroups {
        var names: [Grouping: String] = [:]
        for grouping in Grouping.allCases {
            names[grouping] = fields.optionalString(
                grouping.rawValue, "The symbol's \(grouping.rawValue).", length: 1...100)
        }
        return FactorGroups(names: names)
    }

    /// The member `groups` by grouping and symbol.
    static func readAll(_ fields: FieldReader) -> [Grouping: [String: String]] {
        let sent = fields.map(
            "groups", "Sector, industry and subindustry by symbol, for group_neutralize.", FactorGroups.self,
            required: false, limit: PanelBody.symbolLimit)
        var groups: [Grouping: [String: String]] = [:]
        for item in sent {
            for (grouping, name) in item.value.names { groups[grouping, default: [:]][item.name] = name }
        }
        return groups
    }

    /// Refuses what neutralises by groups that were not sent, and says which of which symbols.
    static func require(
        _ groups: [Grouping: [String: String]], of symbols: [String], for factors: [FactorName]
    ) throws(Problem) {
        for grouping in Grouping.allCases {
            guard let factor = factors.first(where: { $0.expression.groupings.contains(grouping) }) else { continue }
            let missing = symbols.filter { groups[grouping]?[$0] == nil }
            guard let first = missing.first else { continue }
            let others = missing.count == 1 ? "" : " and \(missing.count - 1) more symbols"
            throw Problem.invalid("/groups",
                "\(factor.text) neutralises by \(grouping.rawValue), which is missing for \(first)\(others); send "
                + "{\"groups\":{\"\(first)\":{\"\(grouping.rawValue)\":\"…\"}}}")
        }
    }
}
