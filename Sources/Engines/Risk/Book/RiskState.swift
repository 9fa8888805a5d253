import Bus
import EngineKit
import Market
import Quant
import Wire

/// What risk knows of the world from the bus: positions, cash, equity, prices and open orders. A value type; no
/// waiting, no I/O.
struct RiskState: Sendable {
    /// Points of the curve kept per portfolio, and up to a tenth more.
    static let curveLimit = 10_000

    private(set) var books = PortfolioBooks()
    private var markets: [Symbol: MarketPrice] = [:]
    /// Newest quotes of instruments that nobody holds, as they came: most are never asked for.
    private var unread: [Symbol: Message] = [:]
    private(set) var facts: [Symbol: InstrumentFacts] = [:]
    /// Portfolios with a line of an instrument.
    private var holders: [Symbol: Set<String>] = [:]
    /// Instruments of holdings whose price was told since the prices were written.
    private(set) var moved = MovedPrices()
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
        if let split = update.split {
            apply(split, of: update.symbol, in: update.portfolioID)
        }
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
        apply([(value, cause)])
    }

    /// The same of many, in any order of their times: the curve is followed once.
    mutating func apply(_ values: [(value: PortfolioValue, cause: MessageID?)]) -> [MessageID] {
        var paid: [MessageID] = []
        for (portfolio, told) in Dictionary(grouping: values, by: \.value.portfolioID) {
            paid += books.change(portfolio, orNew: PortfolioBook(scenarios: scenarios)) { book in
                var paid: [MessageID] = [], newest = book.curve.times.last ?? .min
                for (value, cause) in told where value.time.nanoseconds >= newest {
                    paid += book.setCash(value.cash.double, cause: cause)
                    newest = value.time.nanoseconds
                }
                book.isTold = true
                book.currency = told.lazy.reversed().compactMap(\.value.currency).first ?? book.currency
                book.curve.record(told.map { ($0.value.equity, $0.value.netDeposits, $0.value.time) })
                if book.curve.count > Self.curveLimit + Self.curveLimit / 10 { book.curve.keepNewest(Self.curveLimit) }
                return paid
            }
        }
        for message in paid { landed[message] = nil }
        return paid
    }

    mutating func apply(_ facts: InstrumentFacts, of symbol: Symbol) {
        self.facts[symbol] = facts
        for portfolio in holders[symbol] ?? [] { books.change(portfolio) { $0.setFacts(facts, of: symbol) } }
    }

    private mutating func change(_ portfolio: String, _ symbol: Symbol, _ make: (inout BookLine) -> Void) {
        settle(symbol)
        let mark = markets[symbol]?.mark, facts = facts[symbol]
        let isHeld = books.change(portfolio, orNew: PortfolioBook(scenarios: scenarios)) { book in
            book.change(symbol) { line in
                line.mark = mark
                line.facts = facts
                make(&line)
            }
            return book.has(symbol)
        }
        if isHeld {
            if holders[symbol, default: []].insert(portfolio).inserted { moved.insert(symbol, pressing: true) }
        } else {
            holders[symbol]?.remove(portfolio)
        }
    }

    // MARK: Prices

    /// What the market told of an instrument last; nil before anything.
    func price(of symbol: Symbol) -> PriceMark? {
        guard let quote = unread[symbol] else { return markets[symbol]?.mark }
        var market = markets[symbol] ?? MarketPrice()
        _ = try? Self.take(quote, JSONParser(), &market)
        return market.mark
    }

    /// A close.
    mutating func apply(_ bar: Bar) {
        settle(bar.symbol)
        if markets[bar.symbol, default: MarketPrice()].take(close: bar.close, at: bar.time) { spread(bar.symbol) }
    }

    /// Quotes. Those of what is held, or of traders, count at once; the others are read when somebody asks. Returns the
    /// portfolios that hold something of them.
    mutating func apply(quotes: [Message]) throws -> Set<String> {
        var touched: Set<String> = [], parser: JSONParser?
        for message in quotes {
            guard let symbol = Symbol(message.topic.key) else { continue }
            if isFollowed(symbol) {
                let reader = parser ?? JSONParser()
                parser = reader
                if try Self.take(message, reader, &markets[symbol, default: MarketPrice()]) {
                    touched.formUnion(spread(symbol))
                }
                continue
            }
            if let known = unread[symbol] {
                if known.time > message.time { continue }
                // The last one of a day is the close before of the next.
                if DayTime.day(known.time) < DayTime.day(message.time) { settle(symbol) }
            }
            unread[symbol] = message
        }
        return touched
    }

    /// Reads the quote of an instrument that was kept for when somebody asks.
    private mutating func settle(_ symbol: Symbol) {
        if unread.isEmpty { return }
        guard let message = unread.removeValue(forKey: symbol) else { return }
        _ = try? Self.take(message, JSONParser(), &markets[symbol, default: MarketPrice()])
    }

    /// False where it does not count.
    private static func take(_ message: Message, _ parser: JSONParser, _ market: inout MarketPrice) throws -> Bool {
        guard let quote = try parser.withDocument(message.data, { Quote(json: $0) }) else { throw Unreadable(message) }
        return quote.middle > 0 && quote.middle.isFinite && market.take(quote: quote.middle, at: quote.time)
    }

    private func isFollowed(_ symbol: Symbol) -> Bool {
        holders[symbol]?.isEmpty == false || traders.symbols.contains(symbol)
    }

    /// Tells a new price to all lines of the instrument; returns their portfolios.
    @discardableResult
    private mutating func spread(_ symbol: Symbol) -> Set<String> {
        guard let mark = markets[symbol]?.mark, isFollowed(symbol) else { return [] }
        moved.insert(symbol)
        let portfolios = holders[symbol] ?? []
        for portfolio in portfolios { books.change(portfolio) { $0.change(symbol) { $0.mark = mark } } }
        return portfolios
    }

    /// Prices as they were written, before anything is held.
    mutating func restore(_ marks: [Symbol: PriceMark]) { markets = marks.mapValues { MarketPrice($0) } }

    /// A split that a portfolio has booked.
    mutating func apply(_ split: ShareSplit, of symbol: Symbol, in portfolio: String) {
        books.change(portfolio, orNew: PortfolioBook(scenarios: scenarios)) { $0.take(split, of: symbol) }
    }

    /// What has moved since it was written, as far as it goes with a commit now.
    mutating func takeMoved(urgent: Bool, at monotonic: Int64) -> [Symbol] { moved.take(urgent: urgent, at: monotonic) }

    /// What was taken and could not be written.
    mutating func keepMoved(_ symbols: [Symbol]) {
        for symbol in symbols.reversed() { moved.insert(symbol, pressing: true) }
    }

    // MARK: Traders

    /// Traders as they were written.
    mutating func restore(_ books: TraderBooks) { traders = books }

    /// A fill of a trader; the line as it is then, nil for one of nobody.
    mutating func attribute(_ fill: Fill, at now: Timestamp) -> TraderLine? {
        settle(fill.symbol)
        guard let line = traders.take(fill, markets[fill.symbol]?.mark, at: now) else { return nil }
        moved.insert(fill.symbol, pressing: true)
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
        settle(fill.symbol)
        let mark = markets[fill.symbol]?.mark, facts = facts[fill.symbol]
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
        line.mark = price(of: symbol)
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
