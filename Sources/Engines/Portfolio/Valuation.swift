import Market

/// Closes as they came by: what an instrument costs, for everyone and for each portfolio.
///
/// A replay brings old bars beside live ones. A portfolio that was marked at a later close keeps that mark; one that
/// was
/// not yet marked takes what comes, so that a replay of old data values a new portfolio.
struct PriceBoard {
    private typealias Mark = (price: Price, time: Timestamp)

    private var newest: [Symbol: Mark] = [:]
    private var lastSeen: [Symbol: Mark] = [:]
    private var own: [String: [Symbol: Mark]] = [:]

    /// Takes a close for everyone.
    mutating func set(_ symbol: Symbol, _ price: Price, at time: Timestamp) {
        lastSeen[symbol] = (price, time)
        if newest[symbol].map({ time >= $0.time }) ?? true { newest[symbol] = (price, time) }
    }

    /// Marks an instrument of a portfolio; false where it has a later mark, which it keeps.
    mutating func mark(_ symbol: Symbol, of portfolio: String, _ price: Price, at time: Timestamp) -> Bool {
        if let known = own[portfolio]?[symbol], known.time > time { return false }
        own[portfolio, default: [:]][symbol] = (price, time)
        return true
    }

    /// The price a portfolio is valued at: its own mark, else the newest close, else where that lies after `time` the
    /// one that came by last. Nil where none came by.
    func price(_ symbol: Symbol, of portfolio: String, at time: Timestamp) -> Price? {
        if let mark = own[portfolio]?[symbol] { return mark.price }
        guard let newest = newest[symbol] else { return nil }
        return newest.time <= time ? newest.price : lastSeen[symbol]?.price
    }

    /// The newest price that a portfolio may be shown at now, and its time.
    func latest(_ symbol: Symbol, of portfolio: String) -> (price: Price, time: Timestamp)? {
        own[portfolio]?[symbol] ?? newest[symbol]
    }
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

    /// The portfolio's value at a close, not before the last one recorded; remembers the prices it was made with.
    mutating func record(_ account: Account, at time: Timestamp, _ price: (Symbol) -> Price?) -> PortfolioValue {
        precondition(lastTime(account.id).map { $0 <= time } ?? true, "a value is recorded before the last one")
        var prices: [Symbol: Price] = [:]
        for symbol in account.watched { prices[symbol] = price(symbol) }
        var list = points[account.id] ?? []
        if let last = list.last, last.time == time { list.removeLast() }
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
        let value = book.marketValue(price).value
        return PortfolioValue(
            portfolioID: account.id, time: time, cash: book.cash[account.currency] ?? .zero, marketValue: value,
            realized: book.realized, unrealized: value - book.costBasis,
            netDeposits: book.deposits[account.currency] ?? .zero, trades: book.trades, currency: account.currency)
    }
}
