import EngineKit
import HTTP
import Market
import Quant

/// Which instruments a calculation runs over when they are not named.
enum Universe: String, CaseIterable, Sendable {
    /// Every symbol with stored bars of the timeframe.
    case stored
}

/// Bars over which factors are read, and the times asked for.
struct PanelBody: RequestBody {
    /// Most instruments of one request.
    static let symbolLimit = 2000

    let symbols: [Symbol], universe: Universe?, timeframe: Timeframe
    let from: Timestamp?, to: Timestamp?, asOf: Timestamp?
    /// Bars sent along, by symbol, in the order written; nil for stored ones.
    let panel: [(symbol: String, bars: Bars)]?
    /// The group of each symbol, by grouping.
    let groups: [Grouping: [String: String]]
    /// How many of the newest bars are read of each symbol; all where it is nil.
    var last: Int?

    static func read(_ fields: FieldReader) -> PanelBody {
        let symbols = fields.symbols("symbols", "Instruments with stored bars.", required: false)
        fields.require(symbols.count <= symbolLimit, "symbols",
            "names \(symbols.count) symbols, at most \(symbolLimit) are taken")
        var seen: Set<Symbol> = []
        for (index, symbol) in symbols.enumerated() where !seen.insert(symbol).inserted {
            fields.refuse(at: ["symbols", "\(index)"], "appears twice")
        }
        let universe = fields.optionalChoice("universe", "Instead of symbols: all that are stored.", Universe.self)
        let panel = readPanel(fields)
        let given = [!symbols.isEmpty, universe != nil, panel != nil].count { $0 }
        fields.require(given == 1 || fields.isDescribing, "symbols", "one of symbols, universe and panel must be there")
        let timeframe = fields.optionalChoice("timeframe", "The length of a stored bar; 1d unless said.",
            Timeframe.self)
        let from = fields.optionalTime("from", "The first time answered; earlier bars still count into values.")
        let to = fields.optionalTime("to", "The last time answered.")
        let asOf = fields.optionalTime("as_of", "Only the newest values as of this time, instead of from and to.")
        if let from, let to { fields.require(from <= to, "to", "must not be before from") }
        fields.require(asOf == nil || (from == nil && to == nil), "as_of", "stands instead of from and to")
        return PanelBody(
            symbols: symbols, universe: universe, timeframe: timeframe ?? .day1, from: from, to: to, asOf: asOf,
            panel: panel, groups: FactorGroups.readAll(fields))
    }

    private static func readPanel(_ fields: FieldReader) -> [(symbol: String, bars: Bars)]? {
        let sent = fields.map("panel", "Columnar bars by symbol, instead of stored ones.", InlineBars.self,
                              required: false, limit: symbolLimit)
        for (name, _) in sent where Symbol(name) == nil {
            fields.refuse(at: ["panel", name], "must be named by a symbol: 1 to 32 of A-Z a-z 0-9 . _ : / -")
        }
        return fields.has("panel") ? sent.compactMap { item in item.value.bars.map { (item.name, $0) } } : nil
    }
}

/// Which factors over which instruments and times.
struct FactorBody: RequestBody {
    /// Most factors of one request.
    static let factorLimit = 4000

    let bars: PanelBody, factors: [FactorName]

    static func read(_ fields: FieldReader) -> FactorBody {
        FactorBody(bars: PanelBody.read(fields), factors: readFactors(fields))
    }

    private static func readFactors(_ fields: FieldReader) -> [FactorName] {
        var factors: [FactorName] = [], seen: Set<String> = []
        let named = fields.strings("factors", "Ids of the catalogue or expressions; all of the sources when left out.",
                                   required: false, limit: factorLimit, FactorName.resolved)
        for factor in named where seen.insert(factor.text).inserted { factors.append(factor) }
        let sources = fields.strings("sources", "Sources whose factors are all calculated, such as alpha101.",
                                     required: false, limit: 16)
        let isNamed = fields.has("factors") && !fields.isEmptyArray("factors")
        fields.require(isNamed || !sources.isEmpty || fields.isDescribing, "factors", "must name at least one factor")
        for (index, source) in sources.enumerated() {
            guard AlphaCatalog.collections.contains(where: { $0.name == source }) else {
                fields.refuse(at: ["sources", "\(index)"], FactorSource(rawValue: source)?.detail ?? tooMany(source)
                    ?? "is not a source; GET /api/v1/factor-engine/sources lists them")
                continue
            }
            for alpha in AlphaCatalog.all where alpha.collection == source && seen.insert(alpha.id).inserted {
                if let factor = try? FactorName.parse(alpha.id) { factors.append(factor) }
            }
        }
        return factors
    }

    private static func tooMany(_ source: String) -> String? {
        guard let origin = SeriesOrigin(name: source), origin.isStored else { return nil }
        return "has \(FactorCatalogue.standard.count(of: origin)) factors; POST /factors/batch calculates so many"
    }
}
