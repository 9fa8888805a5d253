import Market

/// What one trader's fills have led to in one instrument, over all portfolios. A value type.
struct TraderLine: Sendable, Equatable {
    let symbol: Symbol
    /// Held, signed.
    private(set) var quantity = Quantity.zero
    /// The price of the newest fill.
    private(set) var price: Double
    /// The day of the newest fill, counted from 1970 in UTC, and what was held when it began.
    private(set) var day: Int64, opening = Quantity.zero
    /// What one was worth when that day began, as far as it is known.
    private(set) var openingPrice: Double
    /// What the fills of that day cost, commissions included, in currency; less than 0 where more was sold.
    private(set) var spent = 0.0
    /// When the market's price was of that was known at the newest fill; nil where none was.
    private(set) var marked: Timestamp?
    /// Portfolios that got fills.
    private(set) var portfolios: Set<String> = []

    /// The line of a first fill.
    init(_ fill: Fill, _ mark: PriceMark?, on today: Int64) {
        symbol = fill.symbol
        price = fill.price.double
        openingPrice = price
        day = today
        take(fill, mark, on: today)
    }

    /// A line as it is stored.
    init(
        symbol: Symbol, quantity: Quantity, price: Double, day: Int64, opening: Quantity, openingPrice: Double,
        spent: Double, marked: Timestamp?, portfolios: Set<String>
    ) {
        self.symbol = symbol
        self.quantity = quantity
        self.price = price
        self.day = day
        self.opening = opening
        self.openingPrice = openingPrice
        self.spent = spent
        self.marked = marked
        self.portfolios = portfolios
    }

    /// Adds a fill that came on a day; `mark` is the market's price then.
    mutating func take(_ fill: Fill, _ mark: PriceMark?, on today: Int64) {
        if today > day {
            (day, opening, spent) = (today, quantity, 0)
            openingPrice = mark.map { DayTime.day($0.time) == today ? $0.previous ?? $0.last : $0.last } ?? price
        }
        let signed = fill.side == .buy ? fill.quantity : -fill.quantity
        spent += signed.double * fill.price.double + fill.commission.double
        price = fill.price.double
        marked = mark?.time
        quantity += signed
        portfolios.insert(fill.portfolioID)
    }

    /// What a day has earned, in currency. With fills of that day: what is held at the newest price, less what was held
    /// when the day began at its price then, less what the fills cost. Without: what is held times the change from the
    /// close before to the market's newest price.
    func profit(_ mark: PriceMark?, on today: Int64) -> Double {
        if today > day { return mark.map { quantity.double * ($0.last - ($0.previous ?? $0.last)) } ?? 0 }
        var now = price
        if let mark, marked.map({ mark.time > $0 }) ?? true { now = mark.last }
        return quantity.double * now - opening.double * openingPrice - spent
    }
}

/// What is held by the fills of each trader. A value type.
struct TraderBooks: Sendable {
    /// Lines by trader and instrument.
    private(set) var books: [String: [Symbol: TraderLine]] = [:]
    /// Instruments of all lines.
    private(set) var symbols: Set<Symbol> = []
    /// Fills that were taken, so that one that comes twice counts once: the newest some thousands.
    private var known: Set<String> = []
    private var order: [String] = []
    /// How many are kept at least.
    static let memory = 20_000
    /// When orders of each were checked. Whoever asks for a check names the trader, so names of which nothing was heard for
    /// a minute go once there are so many.
    private(set) var checks: [String: RecentTimes] = [:]
    private var sweepCount = TraderBooks.memory

    /// Takes a fill of a trader; the line as it is then. One that was taken before changes nothing; nil for one of
    /// nobody.
    mutating func take(_ fill: Fill, _ mark: PriceMark?, at now: Timestamp) -> TraderLine? {
        guard let trader = fill.trader else { return nil }
        guard remember(fill.id) else { return books[trader]?[fill.symbol] }
        var line: TraderLine
        if let before = books[trader]?[fill.symbol] {
            line = before
            line.take(fill, mark, on: DayTime.day(now))
        } else {
            line = TraderLine(fill, mark, on: DayTime.day(now))
        }
        restore(line, of: trader)
        return line
    }

    /// Whether a fill was not known.
    mutating func remember(_ fill: String) -> Bool {
        guard known.insert(fill).inserted else { return false }
        order.append(fill)
        if order.count >= 2 * Self.memory {
            for old in order.prefix(Self.memory) { known.remove(old) }
            order.removeFirst(Self.memory)
        }
        return true
    }

    /// Puts in a line as it is.
    mutating func restore(_ line: TraderLine, of trader: String) {
        books[trader, default: [:]][line.symbol] = line
        symbols.insert(line.symbol)
    }

    /// Counts a check of an order and returns how many there were in the last minute, this one included.
    mutating func countCheck(_ trader: String, at monotonic: Int64) -> Int {
        let start = monotonic - 60_000_000_000
        if checks.count >= sweepCount {
            checks = checks.filter { $0.value.newest ?? start > start }
            sweepCount = max(Self.memory, 2 * checks.count)
        }
        return checks[trader, default: RecentTimes()].count(monotonic, since: start)
    }
}

extension RiskState {
    /// Open orders of a trader, by instrument.
    private func openOrders(of trader: String) -> [Symbol: [Reservation]] {
        Dictionary(grouping: reservations.values.filter { $0.trader == trader }, by: \.symbol)
    }

    /// Traders with fills or open orders, by name; those of one portfolio where it is named.
    func traderNames(of portfolio: String? = nil) -> [String] {
        var names = Set(traders.books.filter { book in
            portfolio.map { name in book.value.values.contains { $0.portfolios.contains(name) } } ?? true
        }.keys)
        for order in reservations.values where portfolio == nil || order.portfolioID == portfolio {
            if let trader = order.trader { names.insert(trader) }
        }
        return names.sorted()
    }

    /// Portfolios that a trader has fills or open orders in.
    func places(ofTrader name: String) -> Set<String> {
        let filled = (traders.books[name] ?? [:]).values.reduce(into: Set<String>()) { $0.formUnion($1.portfolios) }
        return filled.union(reservations.values.filter { $0.trader == name }.map(\.portfolioID))
    }

    /// Instruments that a trader holds or has open orders of.
    func symbols(ofTrader name: String) -> [String] {
        let held = traders.books[name]?.values.filter { !$0.quantity.isZero }.map(\.symbol.text) ?? []
        return held + openOrders(of: name).keys.map(\.text)
    }

    /// What limits of a trader are judged on, after an order of theirs where there is one. One who has never traded
    /// holds nothing.
    func picture(ofTrader name: String, order: RiskOrder?, rate: Int, at now: Timestamp) -> RiskPicture {
        let book = traders.books[name] ?? [:], open = openOrders(of: name)
        var symbols = Set(book.values.filter { !$0.quantity.isZero }.map(\.symbol)).union(open.keys)
        if let own = order.flatMap({ Symbol($0.symbol) }) { symbols.insert(own) }
        let positions = symbols.sorted().map { symbol in
            var line = BookLine(symbol: symbol)
            line.mark = price(of: symbol)
            line.facts = facts[symbol]
            if let held = book[symbol], let price = FixedPoint(held.price) { line.tell(held.quantity, price: price) }
            for reservation in open[symbol] ?? [] { line.reserve(reservation) }
            return line.position(order: order).position
        }
        let profit = book.values.reduce(0.0) { $0 + $1.profit(price(of: $1.symbol), on: DayTime.day(now)) }
        return RiskPicture(
            positions: positions, cash: 0, order: order, returns: nil, benchmarkReturns: nil, equityCurve: nil,
            drawdown: nil, scenarios: scenarios.isEmpty ? nil : scenarios, orderRate: rate,
            dayLoss: -profit)
    }
}
