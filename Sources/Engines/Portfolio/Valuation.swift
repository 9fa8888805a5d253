import Market

/// The latest close of every instrument.
struct PriceBoard {
    private var prices: [Symbol: (price: Price, time: Timestamp)] = [:]

    subscript(_ symbol: Symbol) -> Price? { prices[symbol]?.price }
    func time(_ symbol: Symbol) -> Timestamp? { prices[symbol]?.time }

    mutating func set(_ symbol: Symbol, _ price: Price, at time: Timestamp) { prices[symbol] = (price, time) }
}

/// Remembers at which times and prices a portfolio's value was told, so that a transaction that comes late (a fill
/// after the close of its bar) restates exactly those points.
struct ValuationHistory {
    /// Points kept per portfolio: how late a fill may be and still restate the curve.
    static let depth = 512

    private struct Point {
        let time: Timestamp
        let prices: [Symbol: Price]
    }

    private var points: [String: [Point]] = [:]

    /// The portfolio's value at a close; remembers the prices it was made with.
    mutating func record(_ account: Account, at time: Timestamp, _ price: (Symbol) -> Price?) -> PortfolioValue {
        var prices: [Symbol: Price] = [:]
        for symbol in account.watched { prices[symbol] = price(symbol) }
        var list = points[account.id] ?? []
        if let last = list.last, last.time >= time { list.removeAll { $0.time == time || $0.time > time } }
        list.append(Point(time: time, prices: prices))
        if list.count > Self.depth { list.removeFirst(list.count - Self.depth) }
        points[account.id] = list
        return Self.value(account, at: time) { prices[$0] }
    }

    /// The values already told at or after `time`, with the account as it is now.
    func restated(_ account: Account, from time: Timestamp) -> [PortfolioValue] {
        (points[account.id] ?? []).filter { $0.time >= time }.map { point in
            Self.value(account, at: point.time) { point.prices[$0] }
        }
    }

    func lastTime(_ portfolio: String) -> Timestamp? { points[portfolio]?.last?.time }

    /// What an account is worth at a time: its book as of then at given prices; what has no price counts at cost.
    static func value(_ account: Account, at time: Timestamp, _ price: (Symbol) -> Price?) -> PortfolioValue {
        let book = account.book(at: time)
        let (value, unpriced) = book.marketValue(price)
        var total = value, cost = Money.zero
        for (symbol, holding) in book.holdings where !holding.quantity.isZero {
            cost += holding.cost
            if unpriced.contains(symbol) { total += holding.cost }
        }
        return PortfolioValue(
            portfolioID: account.id, time: time, cash: book.cash[account.currency] ?? .zero, marketValue: total,
            realized: book.realized, unrealized: total - cost,
            netDeposits: book.deposits[account.currency] ?? .zero, trades: book.trades)
    }
}
