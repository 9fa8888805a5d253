import Market
import Wire

/// P&L divided among groups of positions: the parts sum to the whole, to the last digit.
///
/// It is the day's P&L where every position has a previous close, else the unrealised one. A contribution is the part
/// over what it was earned on: the equity at the previous close, or the money paid.
struct Attribution: Sendable {
    /// Which P&L is divided.
    enum Basis: String { case daily, unrealized }

    /// What a group of positions earned.
    struct Part: Sendable {
        let name: String
        var marketValue = Money.zero
        var pnl = Money.zero
    }

    /// The name of positions that bear none where others do.
    static let unclassified = "unclassified"

    let basis: Basis, total: Money
    /// What contributions are over.
    let base: Money
    /// Nil where no position names one.
    let bySector: [Part]?, byStyle: [Part]?
    let bySecurity: [Part]

    init(_ positions: [AnalysisPosition], cash: Money) {
        let isDaily = positions.allSatisfy { $0.previousClose != nil }
        basis = isDaily ? .daily : .unrealized
        func pnl(_ position: AnalysisPosition) -> Money { isDaily ? position.daily ?? .zero : position.unrealized }
        func parts(_ name: (AnalysisPosition) -> String?) -> [Part]? {
            guard positions.isEmpty == false, positions.contains(where: { name($0) != nil }) else { return nil }
            var parts: [String: Part] = [:]
            for position in positions {
                let key = name(position) ?? Self.unclassified
                parts[key, default: Part(name: key)].marketValue += position.marketValue
                parts[key, default: Part(name: key)].pnl += pnl(position)
            }
            return parts.values.sorted { $0.name < $1.name }
        }
        bySector = parts(\.sector)
        byStyle = parts(\.style)
        bySecurity = parts(\.symbol.text) ?? []
        total = positions.reduce(.zero) { $0 + pnl($1) }
        base = isDaily ? positions.reduce(cash) { $0 + ($1.previousValue ?? .zero) }
            : positions.reduce(.zero) { $0 + $1.cost.magnitude }
    }

    func write(to json: inout JSONWriter) {
        json.key("attribution")
        json.beginObject()
        json.key("basis")
        json.string(basis.rawValue)
        json.key("total")
        json.fixed(total)
        if let bySector { write(bySector, "by_sector", "sector", &json) }
        if let byStyle { write(byStyle, "by_style", "style", &json) }
        write(bySecurity, "by_security", "symbol", &json)
        json.endObject()
    }

    private func write(_ parts: [Part], _ list: String, _ label: String, _ json: inout JSONWriter) {
        json.key(list)
        json.beginArray()
        for part in parts {
            json.beginObject()
            json.key(label)
            json.string(part.name)
            json.key("market_value")
            json.fixed(part.marketValue)
            json.key("pnl")
            json.fixed(part.pnl)
            json.key("contribution")
            json.double(base > .zero ? part.pnl.double / base.double : .nan)
            json.endObject()
        }
        json.endArray()
    }
}
