import Market

/// Closes as they came by, for portfolios that did not look at the instrument then. A replay brings old bars beside
/// live ones: the newest close and the one that came last are both kept.
struct PriceBoard {
    private var newest: [Symbol: PriceMark] = [:]
    private var lastSeen: [Symbol: PriceMark] = [:]

    mutating func set(_ symbol: Symbol, _ mark: PriceMark) {
        lastSeen[symbol] = mark
        if newest[symbol].map({ mark.time >= $0.time }) ?? true { newest[symbol] = mark }
    }

    /// The close that was known at a time; nil where none that came by is so old.
    func mark(of symbol: Symbol, at time: Timestamp) -> PriceMark? {
        [newest[symbol], lastSeen[symbol]].lazy.compactMap { $0 }.first { $0.time <= time }
    }
}
