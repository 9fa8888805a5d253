import EngineKit
import Market
import Quant

/// What risk knows of the world from the bus: positions, cash, equity, prices and open orders. A value type; no
/// waiting, no I/O.
struct RiskState: Sendable {
    /// Points of the curve kept per portfolio, and up to a tenth more.
    static let curveLimit = 10_000

    private(set) var books = PortfolioBooks()
    private(set) var prices: [Symbol: PriceMark] = [:]
    private(set) var facts: [Symbol: InstrumentFacts] = [:]
    /// Portfolios with a line of an instrument.
    private var holders: [Symbol: Set<String>] = [:]
    /// Instruments of holdings whose price was told since the prices were written.
    private(set) var moved: Set<Symbol> = []
    /// Approved orders that may still trade, and fills that are not part of a position yet.
    private(set) var reservations: [String: Reservation] = [:]
    private(set) var landed: [MessageID: LandedFill] = [:]
    /// What is held by the fills of each trader.
    private(set) var traders = TraderBooks()
    /// Messages that positions were told for, the newest some thousands.
    private var told = RecentMessages()
    /// When orders were checked, by portfolio.
    private var checks: [String: RecentTimes] = [:]
    /// Shocks for `stress_loss`.
    var scenarios: [[String: Double]] = []

    // MARK: Books

    /// A position as it is now. `cause` is the message that led to it: a fill, mostly. Returns the fills that it is
    /// the first to tell of.
    @discardableResult
    mutating func apply(_ update: PositionUpdate, cause: MessageID? = nil) -> [MessageID] {
        var settled: [MessageID] = []
        change(update.portfolioID, update.symbol) { line in
            line.tell(update.quantity, price: update.price ?? update.averageCost)
            settled = line.settle(cause, at: update.time)
        }
        if let cause { told.insert(cause) }
        books.change(update.portfolioID, orNew: PortfolioBook(scenarios: scenarios)) { [settled] book in
            book.isTold = true
            book.settle(settled)
        }
        for message in settled { landed[message]?.isHeld = true }
        return settled
    }

    /// A later value for a time that was told restates it. Returns the fills whose cash it is the first to tell of.
    @discardableResult
    mutating func apply(_ value: PortfolioValue, cause: MessageID? = nil) -> [MessageID] {
        let paid = books.change(value.portfolioID, orNew: PortfolioBook(scenarios: scenarios)) { book in
            var paid: [MessageID] = []
            if book.curve.times.last.map({ value.time.nanoseconds >= $0 }) ?? true {
                paid = book.setCash(value.cash.double, cause: cause)
            }
            book.isTold = true
            book.currency = value.currency ?? book.currency
            book.curve.record(value.equity, deposits: value.netDeposits, at: value.time)
            if book.curve.count > Self.curveLimit + Self.curveLimit / 10 { book.curve.keepNewest(Self.curveLimit) }
            return paid
        }
        for message in paid { landed[message] = nil }
        return paid
    }

    mutating func apply(_ bar: Bar) {
        let known = prices[bar.symbol], day = DayTime.day(bar.time)
        // The close before is that of another day: bars of one day move the last price alone.
        let previous = known.flatMap { DayTime.day($0.time) == day ? $0.previous : $0.last }
        let mark = PriceMark(last: bar.close, previous: previous, time: bar.time)
        prices[bar.symbol] = mark
        if holders[bar.symbol]?.isEmpty == false || traders.symbols.contains(bar.symbol) { moved.insert(bar.symbol) }
        for portfolio in holders[bar.symbol] ?? [] {
            books.change(portfolio) { $0.change(bar.symbol) { $0.mark = mark } }
        }
    }

    mutating func apply(_ facts: InstrumentFacts, of symbol: Symbol) {
        self.facts[symbol] = facts
        for portfolio in holders[symbol] ?? [] { books.change(portfolio) { $0.setFacts(facts, of: symbol) } }
    }

    private mutating func change(_ portfolio: String, _ symbol: Symbol, _ make: (inout BookLine) -> Void) {
        let mark = prices[symbol], facts = facts[symbol]
        let isHeld = books.change(portfolio, orNew: PortfolioBook(scenarios: scenarios)) { book in
            book.change(symbol) { line in
                line.mark = mark
                line.facts = facts
                make(&line)
            }
            return book.has(symbol)
        }
        if isHeld {
            if holders[symbol, default: []].insert(portfolio).inserted { moved.insert(symbol) }
        } else {
            holders[symbol]?.remove(portfolio)
        }
    }

    // MARK: Prices

    /// Prices as they were written, before anything is held.
    mutating func restore(_ marks: [Symbol: PriceMark]) { prices = marks }

    /// What has moved since the last time, by name.
    mutating func takeMoved() -> [Symbol] {
        defer { moved = [] }
        return moved.sorted()
    }

    /// What was taken and could not be written.
    mutating func keepMoved(_ symbols: [Symbol]) { moved.formUnion(symbols) }

    // MARK: Traders

    /// Traders as they were written.
    mutating func restore(_ books: TraderBooks) { traders = books }

    /// A fill of a trader; the line as it is then, nil for one of nobody.
    mutating func attribute(_ fill: Fill, at now: Timestamp) -> TraderLine? {
        guard let line = traders.take(fill, prices[fill.symbol], at: now) else { return nil }
        moved.insert(fill.symbol)
        return line
    }

    /// Counts a check of a trader's order and returns how many there were in the last minute, this one included.
    mutating func countCheck(trader: String, at monotonic: Int64) -> Int { traders.countCheck(trader, at: monotonic) }

    // MARK: Open orders

    /// An approved order counts from now on; the same one again replaces it.
    mutating func reserve(_ reservation: Reservation) {
        reservations[reservation.orderID] = reservation
        change(reservation.portfolioID, reservation.symbol) { $0.reserve(reservation) }
    }

    /// Nothing of an order will trade any more. Returns what was reserved.
    @discardableResult
    mutating func release(_ order: String) -> Reservation? {
        guard let reservation = reservations.removeValue(forKey: order) else { return nil }
        change(reservation.portfolioID, reservation.symbol) { $0.release(order) }
        return reservation
    }

    /// An order has ended with these fills in all; its reservation goes, or stays for the fills that are still to come.
    mutating func end(_ order: String, _ fills: [(id: String, quantity: Quantity)]) {
        guard var reservation = reservations[order] else { return }
        reservation.end(fills)
        if reservation.awaited.isEmpty { release(order) } else { reserve(reservation) }
    }

    /// A fill takes its quantity off the order's reservation and counts as held until the position is told with it. One
    /// that was taken before, or whose order has nothing reserved, changes nothing.
    mutating func take(_ fill: Fill, message: MessageID, at now: Timestamp) {
        guard var reservation = reservations[fill.orderID] else { return }
        let isEnding = !reservation.awaited.isEmpty
        guard reservation.take(fill) else { return }
        reservation.heard = now
        if isEnding && reservation.awaited.isEmpty { release(fill.orderID) } else { reserve(reservation) }
        if !told.contains(message) { land(LandedFill(fill, message)) }
    }

    /// A fill that is not part of a position yet.
    mutating func land(_ fill: LandedFill) {
        landed[fill.message] = fill
        let mark = prices[fill.symbol], facts = facts[fill.symbol]
        books.change(fill.portfolioID, orNew: PortfolioBook(scenarios: scenarios)) { $0.land(fill) }
        change(fill.portfolioID, fill.symbol) { line in
            line.mark = mark
            line.facts = facts
        }
    }

    // MARK: Reading

    /// Portfolios that risk was told of, by name.
    var portfolios: [String] { books.told }

    /// Counts a check and returns how many there were in the last minute, this one included.
    mutating func countCheck(_ portfolio: String, at monotonic: Int64) -> Int {
        checks[portfolio, default: RecentTimes()].count(monotonic, since: monotonic - 60_000_000_000)
    }

    /// Makes the sums of books that changed anew.
    mutating func refresh(_ portfolios: Set<String>) {
        for portfolio in portfolios { books.change(portfolio) { $0.refresh() } }
    }

    mutating func setHistory(
        _ found: MarketHistory, asked: Set<String>, of portfolio: String, at monotonic: Int64
    ) {
        books.change(portfolio) { $0.setHistory(found, asked: asked, at: monotonic) }
    }

    /// How old it is what limits of a portfolio read of stored bars for an order; .max where some was not asked for,
    /// nil where nothing was heard of the portfolio.
    mutating func historyAge(
        of portfolio: String, for symbol: Symbol?, _ needs: HistoryNeeds, at monotonic: Int64
    ) -> Int64? {
        books.change(portfolio) { $0.historyAge(for: symbol, needs, at: monotonic) }
    }

    private func fresh(_ symbol: Symbol) -> BookLine {
        var line = BookLine(symbol: symbol)
        line.mark = prices[symbol]
        line.facts = facts[symbol]
        return line
    }

    /// What limits are judged on for a portfolio after an order; nil where nothing was ever told of it. Costs little
    /// however many holdings there are.
    mutating func figures(
        of portfolio: String, order: RiskOrder, symbol: Symbol, rate: Int, _ needs: LimitNeeds
    ) -> RiskFigures? {
        var answer = books.change(portfolio) { $0.figures(order: order, of: symbol, rate: rate, needs) }
        if case .noLine? = answer {
            let line = fresh(symbol)
            answer = books.change(portfolio) { $0.figures(order: order, of: symbol, line, rate: rate, needs) }
        }
        switch answer {
        case .figures(let found)?: return found
        case .noSums?: return picture(of: portfolio, order: order, rate: rate)?.afterOrder().figures(needs)
        case .notTold?, .noLine?, nil: return nil
        }
    }

    /// What limits are judged on for a portfolio as it is now; nil where nothing was ever told of it.
    func picture(of portfolio: String, order: RiskOrder?, rate: Int) -> RiskPicture? {
        guard let book = books[portfolio], book.isTold else { return nil }
        var picture = book.picture(order: order, order.flatMap { Symbol($0.symbol) }.map(fresh), rate: rate)
        picture.scenarios = scenarios.isEmpty ? nil : scenarios
        return picture
    }
}
