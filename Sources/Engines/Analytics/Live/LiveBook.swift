public import Market

/// What a portfolio holds at the newest prices, with the sums over it. A new price or position costs the same however
/// much is held: what one holding added is taken off and added anew. Sums are exact, so they equal those of a full
/// revaluation to the last digit. What has no price counts at cost.
public struct LiveBook: Sendable, Equatable {
    /// One instrument.
    public struct Holding: Sendable, Equatable {
        /// Signed.
        public let quantity: Quantity
        /// Average price paid for one.
        public let averageCost: Price
        /// The newest price and its time; nil before any.
        public fileprivate(set) var price: Price?
        fileprivate(set) var pricedAt: Timestamp

        /// Quantity at the price, at cost without one.
        public var marketValue: Money { quantity * (price ?? averageCost) }
        /// Quantity at cost.
        public var cost: Money { quantity * averageCost }
    }

    /// Sums over what is held, in money.
    public struct Sums: Sendable, Equatable {
        /// Σ of market values above 0, and of those below.
        public fileprivate(set) var long = Money.zero, short = Money.zero
        /// Σ of costs, signed.
        public fileprivate(set) var cost = Money.zero
        /// Holdings without a price.
        public fileprivate(set) var unpriced = 0

        /// A sum of nothing.
        public init() {}

        /// Long and short: what is held is worth so much.
        public var marketValue: Money { long + short }
        /// Long without short's sign.
        public var gross: Money { long - short }
        /// Market value less cost.
        public var unrealized: Money { marketValue - cost }

        fileprivate mutating func add(_ holding: Holding) {
            let value = holding.marketValue
            if value.isNegative { short += value } else { long += value }
            cost += holding.cost
            if holding.price == nil { unpriced += 1 }
        }

        fileprivate mutating func remove(_ holding: Holding) {
            let value = holding.marketValue
            if value.isNegative { short -= value } else { long -= value }
            cost -= holding.cost
            if holding.price == nil { unpriced -= 1 }
        }
    }

    /// Open holdings by symbol.
    public private(set) var holdings: [Symbol: Holding] = [:]
    /// Sums over them.
    public private(set) var sums = Sums()
    /// Time of the newest price that was taken; nil before any.
    public private(set) var pricedAt: Timestamp?

    /// An empty book.
    public init() {}

    /// Takes a position as it is told; one of nothing is dropped. A price newer than the told one is kept, except at a
    /// split: it may be that of an old share, and the told one is that of a new one.
    public mutating func take(_ position: PositionUpdate) {
        let old = holdings.removeValue(forKey: position.symbol)
        if let old { sums.remove(old) }
        if position.quantity.isZero { return }
        var holding = Holding(quantity: position.quantity, averageCost: position.averageCost, price: position.price,
                              pricedAt: position.time)
        if let old, let price = old.price, let split = position.split {
            if position.price == nil { holding.price = price / split.ratio }
        } else if let old, let price = old.price, position.price == nil || old.pricedAt > position.time {
            (holding.price, holding.pricedAt) = (price, old.pricedAt)
        }
        sums.add(holding)
        holdings[position.symbol] = holding
        if let price = holding.price, !price.isZero { pricedAt = max(pricedAt ?? holding.pricedAt, holding.pricedAt) }
    }

    /// Takes a price; false where nothing is held, or a later price is known.
    public mutating func take(_ price: Price, of symbol: Symbol, at time: Timestamp) -> Bool {
        guard var holding = holdings[symbol], holding.price == nil || time >= holding.pricedAt else { return false }
        sums.remove(holding)
        (holding.price, holding.pricedAt) = (price, time)
        sums.add(holding)
        holdings[symbol] = holding
        pricedAt = max(pricedAt ?? time, time)
        return true
    }

    /// The sums made anew from the holdings alone.
    public var recomputed: Sums {
        var sums = Sums()
        for holding in holdings.values { sums.add(holding) }
        return sums
    }

    /// Prices every holding anew and returns the sums: a full revaluation.
    public mutating func revalue(at time: Timestamp, _ price: (Symbol) -> Price?) -> Sums {
        var total = Sums(), index = holdings.startIndex
        while index != holdings.endIndex {
            if let price = price(holdings[index].key) {
                holdings.values[index].price = price
                holdings.values[index].pricedAt = time
            }
            total.add(holdings.values[index])
            holdings.formIndex(after: &index)
        }
        sums = total
        pricedAt = time
        return sums
    }

    /// Holdings without a price, by symbol.
    public var unpriced: [Symbol] { holdings.filter { $0.value.price == nil }.keys.sorted() }
}
