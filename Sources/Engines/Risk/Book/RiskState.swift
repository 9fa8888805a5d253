import EngineKit
import Market

/// What risk knows of the world from the bus: positions, cash, equity and prices. A value type; no waiting, no I/O.
struct RiskState: Sendable {
    /// One portfolio as last told.
    struct Book: Sendable {
        var cash = 0.0
        /// What is held, by symbol, so that a check need not sort.
        private(set) var holdings: [(symbol: Symbol, quantity: Double)] = []
        /// Equity over time; what is paid in or out is neither a gain nor a fall.
        var curve = EquityCurve()

        /// Sets what is held of an instrument; nothing of it is no holding.
        mutating func hold(_ symbol: Symbol, _ quantity: Double?) {
            var low = 0, high = holdings.count
            while low < high {
                let middle = (low + high) / 2
                if holdings[middle].symbol < symbol { low = middle + 1 } else { high = middle }
            }
            let isHeld = low < holdings.count && holdings[low].symbol == symbol
            switch (quantity, isHeld) {
            case (let quantity?, true): holdings[low].quantity = quantity
            case (let quantity?, false): holdings.insert((symbol, quantity), at: low)
            case (nil, true): holdings.remove(at: low)
            case (nil, false): break
            }
        }
    }

    /// Points of the curve kept per portfolio, and up to a tenth more.
    static let curveLimit = 10_000

    private(set) var books: [String: Book] = [:]
    private(set) var prices: [Symbol: (last: Double, previous: Double?, time: Timestamp)] = [:]
    /// Prices that positions were told with, or what was paid: before a bar came by, as after a start.
    private var told: [Symbol: Double] = [:]
    /// When orders were checked, by portfolio, newest last.
    private var checks: [String: [Int64]] = [:]

    mutating func apply(_ update: PositionUpdate) {
        books[update.portfolioID, default: Book()].hold(
            update.symbol, update.quantity.isZero ? nil : update.quantity.double)
        if !update.quantity.isZero { told[update.symbol] = (update.price ?? update.averageCost).double }
    }

    /// A later value for a time that was told restates it.
    mutating func apply(_ value: PortfolioValue) {
        var book = books.removeValue(forKey: value.portfolioID) ?? Book()
        if book.curve.times.last.map({ value.time.nanoseconds >= $0 }) ?? true { book.cash = value.cash.double }
        book.curve.record(value.equity, deposits: value.netDeposits, at: value.time)
        if book.curve.count > Self.curveLimit + Self.curveLimit / 10 { book.curve.keepNewest(Self.curveLimit) }
        books[value.portfolioID] = book
    }

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
        let positions = book.holdings.map { symbol, quantity in
            let price = prices[symbol]
            return RiskPosition(
                symbol: symbol.text, quantity: quantity,
                price: price?.last ?? (order?.symbol == symbol.text ? order?.price : nil) ?? told[symbol] ?? 0,
                previousClose: price?.previous ?? price?.last)
        }
        return RiskPicture(positions: positions, cash: book.cash, order: order, returns: nil, benchmarkReturns: nil,
                           equityCurve: book.curve.adjusted, scenarios: nil, orderRate: rate)
    }
}
