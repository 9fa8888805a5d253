import EngineKit
import Market
import Quant
import Runtime

/// Which columns the stored daily bars have: found by looking, kept until history changes.
@LoopActor final class StoredColumns {
    /// Symbols looked at; the first one that has every column ends the search.
    static let symbolLimit = 1000
    /// Every column that stored bars can have.
    static let storable = Column.ofBars.subtracting([.cap])
    /// Bars of a symbol looked at: the newest.
    static let bars = 64

    /// What was found.
    struct Found: Sendable {
        /// Symbols with stored bars.
        let symbols: Int
        /// The different sets of columns that symbols have.
        let profiles: Set<Set<Column>>

        /// Whether some symbol has all of these columns.
        func has(_ columns: Set<Column>) -> Bool { profiles.contains { columns.isSubset(of: $0) } }
    }

    private let context: EngineContext
    private var known: Found?
    /// Rises with every change, so that a search that one overtook is not kept.
    private var generation = 0

    init(_ context: EngineContext) { self.context = context }

    func invalidate() {
        known = nil
        generation += 1
    }

    func found() async throws -> Found {
        if let known { return known }
        let started = generation, client = BarsClient(context), symbols = try await client.symbols(.day1)
        var profiles: Set<Set<Column>> = []
        for symbol in symbols.prefix(Self.symbolLimit) {
            let profile = Self.profile(try await client.bars(symbol, .day1, last: Self.bars))
            profiles.insert(profile)
            if profile.isSuperset(of: Self.storable) { break }
        }
        let found = Found(symbols: symbols.count, profiles: profiles)
        if started == generation { known = found }
        return found
    }

    private static func profile(_ bars: BarColumns) -> Set<Column> {
        var profile: Set<Column> = []
        for (column, values) in [
            (Column.open, bars.open), (.high, bars.high), (.low, bars.low), (.close, bars.close),
            (.volume, bars.volume),
        ] where values.contains(where: \.isFinite) {
            profile.insert(column)
        }
        // A bar without a price of its own has the mean of these.
        if profile.isSuperset(of: [.high, .low, .close]) { profile.insert(.vwap) }
        return profile
    }
}
