/// Shocks by name: a symbol, a sector (`sector:Technology`), or `*` for all others.
struct Scenario: Sendable {
    private var bySymbol: [String: Double], bySector: [String: Double] = [:]
    private let others: Double

    init(_ shocks: [String: Double]) {
        bySymbol = shocks
        others = bySymbol.removeValue(forKey: "*") ?? 0
        for (name, shock) in shocks where name.hasPrefix("sector:") {
            bySector[String(name.dropFirst(7))] = shock
            bySymbol[name] = nil
        }
    }

    /// The shock of each position: its symbol's own, else its sector's, else that of all others, else none.
    func shocks(_ positions: [RiskPosition]) -> [Double] {
        positions.map { shock($0.symbol, $0.sector) }
    }

    /// The shock of one instrument, of a sector where it has one.
    func shock(_ symbol: String, _ sector: String?) -> Double {
        if !bySymbol.isEmpty, let own = bySymbol[symbol] { return own }
        if !bySector.isEmpty, let sector, let shared = bySector[sector] { return shared }
        return others
    }
}
