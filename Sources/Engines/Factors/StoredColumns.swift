import EngineKit
import Market
import Quant
import Runtime

/// Which columns the stored daily bars and the stored facts have: found by looking, kept for each symbol until bars or
/// facts of it change.
@LoopActor final class StoredColumns {
    /// Symbols looked at, those with facts first; the first one that has every column ends the search.
    static let symbolLimit = 1000
    /// Every column that stored bars can have.
    static let storable = Column.ofBars.subtracting([.cap])
    /// Bars of a symbol looked at: the newest.
    static let bars = 64

    /// What was found.
    struct Found: Sendable {
        /// Symbols with stored bars, and those of them that facts are stored of too.
        let symbols: Int, symbolsWithFacts: Int
        /// The different sets of columns that symbols have.
        let profiles: Set<Set<Column>>

        /// Whether some symbol has all of these columns.
        func has(_ columns: Set<Column>) -> Bool { profiles.contains { columns.isSubset(of: $0) } }
    }

    private let context: EngineContext
    private var known: Found?
    private var profiles: [Symbol: Set<Column>] = [:]
    /// Rises with every change, so that nothing is kept that one overtook.
    private var generation = 0

    init(_ context: EngineContext) { self.context = context }

    /// Bars or facts of a symbol have changed.
    func invalidate(_ symbol: Symbol) {
        known = nil
        profiles[symbol] = nil
        generation += 1
    }

    func found() async throws -> Found {
        // An instance that only calculates is told of no change: it looks each time.
        if context.configuration.onlyCalculates {
            known = nil
            profiles = [:]
        }
        if let known { return known }
        let started = generation, symbols = try await BarsClient(context).symbols(.day1)
        let filers = Set(try await FactsClient(context).symbols())
        let filing = symbols.filter(filers.contains), others = symbols.filter { !filers.contains($0) }
        let columns = Set(Column.allCases.filter(\.isFundamental))
        let whole = filing.isEmpty ? Self.storable : Self.storable.union(columns)
        var found: Set<Set<Column>> = []
        for symbol in (filing + others).prefix(Self.symbolLimit) {
            let profile = try await profile(symbol, facts: filers.contains(symbol) ? columns : [])
            found.insert(profile)
            if profile.isSuperset(of: whole) { break }
        }
        let answer = Found(symbols: symbols.count, symbolsWithFacts: filing.count, profiles: found)
        if started == generation { known = answer }
        return answer
    }

    private func profile(_ symbol: Symbol, facts: Set<Column>) async throws -> Set<Column> {
        if let kept = profiles[symbol] { return kept }
        let started = generation
        let newest = try await BarsClient(context).bars(symbol, .day1, last: Self.bars)
        var profile: Set<Column> = [], bars = try Bars(newest)
        for column in Self.storable.subtracting([.vwap]) where bars.values(column).contains(where: \.isFinite) {
            profile.insert(column)
        }
        // A bar without a price of its own has the mean of these.
        let hasOwn = newest.vwap?.contains(where: \.isFinite) ?? false
        if hasOwn || profile.isSuperset(of: [.high, .low, .close]) { profile.insert(.vwap) }
        bars = try await FactsClient(context).adding(facts, to: bars, of: symbol)
        for column in facts where bars.values(column).contains(where: \.isFinite) { profile.insert(column) }
        if started == generation { profiles[symbol] = profile }
        return profile
    }
}

extension StoredColumns.Found {
    /// Whether a factor can be computed from what is stored.
    func computes(_ factor: CatalogueFactor) -> Bool { missing(factor) == nil }

    /// Whether some symbol has all of these series.
    func has(_ fields: [SeriesField]) -> Bool {
        let columns = fields.compactMap(\.column)
        return columns.count == fields.count && has(Set(columns))
    }

    /// Why a factor cannot be computed from what is stored; nil where it can.
    func missing(_ factor: CatalogueFactor) -> String? {
        var away: [String] = []
        for field in factor.fields where !field.origin.isStored && !away.contains(field.origin.name) {
            away.append(field.origin.name)
        }
        if !away.isEmpty { return "no series of \(away.joined(separator: ", ")) are stored" }
        var columns = Set(factor.fields.compactMap(\.column))
        if factor.fields.isEmpty {
            guard let expression = try? Expression.parse(factor.expression) else { return "it cannot be read" }
            let groups = expression.groupings.map(\.rawValue).sorted().joined(separator: ", ")
            if !groups.isEmpty { return "it needs the \(groups) of each symbol, which a request sends" }
            if expression.columns.contains(.cap) { return "it needs bars with market values, which a request sends" }
            columns = expression.columns
        }
        if has(columns) { return nil }
        let facts = columns.filter(\.isFundamental).map(\.rawValue).sorted().joined(separator: ", ")
        let bars = columns.filter { !$0.isFundamental }.map(\.rawValue).sorted().joined(separator: ", ")
        if facts.isEmpty { return "no symbol has daily bars with \(bars)" }
        if symbolsWithFacts == 0 { return "no facts of a symbol with daily bars are stored" }
        return bars.isEmpty ? "no stored facts of a symbol give \(facts)"
            : "no symbol has stored facts that give \(facts) and daily bars with \(bars)"
    }
}
