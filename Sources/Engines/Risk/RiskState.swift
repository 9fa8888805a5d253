import Market

/// What risk knows of the world from the bus: positions, cash, equity and prices. A value type; no waiting, no I/O.
struct RiskState: Sendable {
    /// One portfolio as last told.
    struct Book: Sendable {
        var cash = 0.0
        var positions: [Symbol: Double] = [:]
        /// The equity curve's highest point and deepest fall since the first value.
        var curve: [Double] = []
        var curveTimes: [Timestamp] = []

        /// A later value for a time that was told restates it.
        mutating func apply(_ value: PortfolioValue) {
            if curveTimes.last.map({ value.time >= $0 }) ?? true { cash = value.cash.double }
            if let index = curveTimes.lastIndex(where: { $0 <= value.time }) {
                if curveTimes[index] == value.time {
                    curve[index] = value.equity.double
                } else {
                    curve.insert(value.equity.double, at: index + 1)
                    curveTimes.insert(value.time, at: index + 1)
                }
            } else {
                curve.insert(value.equity.double, at: 0)
                curveTimes.insert(value.time, at: 0)
            }
            if curve.count > RiskState.curveLimit {
                curve.removeFirst()
                curveTimes.removeFirst()
            }
        }
    }

    /// Points of the curve kept per portfolio.
    static let curveLimit = 10_000

    private(set) var books: [String: Book] = [:]
    private(set) var prices: [Symbol: (last: Double, previous: Double?, time: Timestamp)] = [:]
    /// Prices that positions were told with, or what was paid: before a bar came by, as after a start.
    private var told: [Symbol: Double] = [:]
    /// When orders were checked, by portfolio, newest last.
    private var checks: [String: [Int64]] = [:]

    mutating func apply(_ update: PositionUpdate) {
        books[update.portfolioID, default: Book()].positions[update.symbol] =
            update.quantity.isZero ? nil : update.quantity.double
        if !update.quantity.isZero { told[update.symbol] = (update.price ?? update.averageCost).double }
    }

    mutating func apply(_ value: PortfolioValue) { books[value.portfolioID, default: Book()].apply(value) }

    mutating func apply(_ bar: Bar) {
        let known = prices[bar.symbol]
        if let known, known.time == bar.time {
            prices[bar.symbol] = (bar.close, known.previous, bar.time)
        } else {
            prices[bar.symbol] = (bar.close, known?.last, bar.time)
        }
    }

    /// Counts a check and returns how many there were in the last minute, this one included.
    mutating func countCheck(_ portfolio: String, at monotonic: Int64) -> Int {
        let start = monotonic - 60_000_000_000
        return Self.count(monotonic, since: start, in: &checks[portfolio, default: []])
    }

    /// In place: the list of a busy portfolio is long.
    private static func count(_ time: Int64, since start: Int64, in times: inout [Int64]) -> Int {
        let old = times.firstIndex { $0 > start } ?? times.count
        if old > 0 { times.removeFirst(old) }
        times.append(time)
        return times.count
    }

    /// What limits are judged on for a portfolio as it is now; nil where nothing was ever told of it.
    func picture(of portfolio: String, order: RiskOrder?, rate: Int) -> RiskPicture? {
        guard let book = books[portfolio] else { return nil }
        let positions = book.positions.sorted { $0.key < $1.key }.map { symbol, quantity in
            let price = prices[symbol]
            return RiskPosition(
                symbol: symbol.text, quantity: quantity,
                price: price?.last ?? (order?.symbol == symbol.text ? order?.price : nil) ?? told[symbol] ?? 0,
                previousClose: price?.previous ?? price?.last)
        }
        return RiskPicture(positions: positions, cash: book.cash, order: order, returns: nil, benchmarkReturns: nil,
                           equityCurve: book.curve, scenarios: nil, orderRate: rate)
    }
}
