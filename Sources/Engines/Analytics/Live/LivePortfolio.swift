import EngineKit
import HTTP
import Market
import Wire

/// A portfolio as the bus tells of it: its values over time and its positions.
struct LivePortfolio: Sendable {
    let id: String
    private(set) var curve = EquityCurve()
    /// The newest value by time.
    private(set) var value: PortfolioValue?
    private(set) var positions: [Symbol: PositionUpdate] = [:]
    /// What is held at the newest prices.
    private(set) var book = LiveBook()

    init(id: String) { self.id = id }

    /// Values as they came, in any order of their times.
    mutating func take(_ updates: [PortfolioValue]) {
        curve.record(updates.map { ($0.equity, $0.netDeposits, $0.time) })
        for update in updates where value.map({ update.time >= $0.time }) ?? true { value = update }
    }

    mutating func take(_ update: PositionUpdate) {
        if let known = positions[update.symbol] {
            // A split that is told again must not bring back the price it was told with.
            if known.time > update.time || (update.split != nil && known == update) { return }
        }
        positions[update.symbol] = update
        book.take(update)
    }

    /// Takes a price; false where it changes nothing.
    mutating func take(_ price: Price, of symbol: Symbol, at time: Timestamp) -> Bool {
        book.take(price, of: symbol, at: time)
    }

    /// Positions that are open, by symbol.
    var open: [PositionUpdate] {
        positions.values.filter { !$0.quantity.isZero }.sorted { $0.symbol < $1.symbol }
    }

    /// Members of the P&L block; also what `analytics.pnl` carries.
    func writeFigures(to json: inout JSONWriter) {
        guard let value else { return }
        for (name, amount) in [
            ("equity", value.equity), ("cash", value.cash), ("market_value", value.marketValue),
            ("realized", value.realized), ("unrealized", value.unrealized), ("pnl", value.realized + value.unrealized),
        ] {
            json.key(name)
            json.fixed(amount)
        }
        if let daily = curve.daily {
            json.key("daily")
            json.fixed(daily)
        }
        for (name, figure) in [
            ("total_return", curve.totalReturn), ("drawdown", curve.drawdown), ("max_drawdown", curve.maxDrawdown),
        ] {
            json.key(name)
            json.double(figure ?? .nan)
        }
        json.key("trades")
        json.int(value.trades)
    }

    /// Where the gain came from, as the ledger has it: equity less net deposits is what was realised, what is not yet,
    /// and income less fees, to the last digit.
    func writeLedger(to json: inout JSONWriter) {
        guard let value else { return }
        let gain = value.equity - value.netDeposits
        json.object("ledger") { json in
            for (name, amount) in [
                ("net_deposits", value.netDeposits), ("gain", gain), ("realized", value.realized),
                ("unrealized", value.unrealized), ("income_less_fees", gain - value.realized - value.unrealized),
            ] {
                json.key(name)
                json.fixed(amount)
            }
        }
    }

    /// Open positions at the prices they were told with, or at later marks.
    func writePositions(at marks: [Symbol: Mark], to json: inout JSONWriter) {
        json.key("positions")
        json.beginArray()
        for position in open {
            json.beginObject()
            json.key("symbol")
            json.string(position.symbol.text)
            json.key("quantity")
            json.fixed(position.quantity)
            json.key("average_cost")
            json.fixed(position.averageCost)
            json.key("realized")
            json.fixed(position.realized)
            let told = position.price.map { Mark(price: $0, time: position.time) }
            if let mark = marks[position.symbol] ?? told {
                json.key("price")
                json.fixed(mark.price)
                json.key("price_ts")
                json.time(mark.time)
                json.key("market_value")
                json.fixed(position.quantity * mark.price)
                json.key("unrealized")
                json.fixed(position.quantity * (mark.price - position.averageCost))
            }
            json.key("ts")
            json.time(position.time)
            json.endObject()
        }
        json.endArray()
    }
}

/// The price of an instrument and the bar it is from.
struct Mark: Sendable {
    let price: Price, time: Timestamp
}

/// What `analytics.pnl` carries: the newest figures of a portfolio.
struct PnlUpdate: ResponseBody {
    let portfolio: LivePortfolio

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("portfolio_id")
        json.string(portfolio.id)
        json.key("ts")
        if let time = portfolio.value?.time { json.time(time) } else { json.null() }
        portfolio.writeFigures(to: &json)
        LiveFigures(portfolio)?.writeMember(to: &json)
        json.endObject()
    }
}
