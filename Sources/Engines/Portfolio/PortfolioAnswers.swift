import HTTP
import Market
import Wire

extension PortfolioEngine {
    /// The members every answer about a portfolio starts with.
    nonisolated static func writeHead(_ account: Account, _ book: Book, _ json: inout JSONWriter, close: Bool) {
        json.beginObject()
        json.key("id")
        json.string(account.id)
        json.key("name")
        json.string(account.name)
        json.key("currency")
        json.string(account.currency)
        json.key("allow_negative_cash")
        json.bool(account.allowsNegativeCash)
        json.key("cash")
        json.fixed(book.cash[account.currency] ?? .zero)
        json.key("cash_by_currency")
        json.beginObject()
        for (currency, amount) in book.cash.sorted(by: { $0.key < $1.key }) {
            json.key(currency)
            json.fixed(amount)
        }
        json.endObject()
        if close { json.endObject() }
    }

    nonisolated static func write(
        _ account: Account, _ book: Book, _ prices: [Symbol: Price], _ time: Timestamp, _ json: inout JSONWriter
    ) {
        writeHead(account, book, &json, close: false)
        json.key("as_of")
        json.time(time)
        let (value, unpriced) = book.marketValue { prices[$0] }
        json.key("positions")
        json.beginArray()
        for (symbol, holding) in book.holdings.sorted(by: { $0.key < $1.key }) {
            write(symbol, holding, prices[symbol], &json)
        }
        json.endArray()
        let cash = book.cash[account.currency] ?? .zero
        for (name, amount) in [
            ("market_value", value), ("equity", cash + value), ("cost_basis", book.costBasis),
            ("realized", book.realized), ("realized_fifo", book.realizedFIFO), ("unrealized", value - book.costBasis),
            ("fees", book.fees[account.currency] ?? .zero),
            ("dividends", book.dividends[account.currency] ?? .zero),
            ("interest", book.interest[account.currency] ?? .zero),
            ("net_deposits", book.deposits[account.currency] ?? .zero),
        ] {
            json.key(name)
            json.fixed(amount)
        }
        json.key("trades")
        json.int(book.trades)
        json.key("unpriced")
        json.beginArray()
        for symbol in unpriced { json.string(symbol.text) }
        json.endArray()
        // Cash that no exchange rate brings into the portfolio's currency: equity is without it.
        json.key("not_in_equity")
        json.beginArray()
        for (currency, amount) in book.cash.sorted(by: { $0.key < $1.key })
        where currency != account.currency && !amount.isZero { json.string(currency) }
        json.endArray()
        json.endObject()
    }

    private nonisolated static func write(_ symbol: Symbol, _ holding: Holding, _ price: Price?,
        _ json: inout JSONWriter) {
        json.beginObject()
        json.key("symbol")
        json.string(symbol.text)
        json.key("quantity")
        json.fixed(holding.quantity)
        json.key("average_cost")
        json.fixed(holding.averageCost)
        json.key("cost_basis")
        json.fixed(holding.cost)
        json.key("price")
        if let price { json.fixed(price) } else { json.null() }
        json.key("market_value")
        if let price { json.fixed(holding.quantity * price) } else { json.null() }
        json.key("unrealized")
        if let price { json.fixed(holding.quantity * price - holding.cost) } else { json.null() }
        json.key("realized")
        json.fixed(holding.realized)
        json.key("realized_fifo")
        json.fixed(holding.realizedFIFO)
        json.key("lots")
        json.beginArray()
        for lot in holding.lots {
            json.beginObject()
            json.key("quantity")
            json.fixed(lot.quantity)
            json.key("cost")
            json.fixed(lot.cost)
            json.key("ts")
            json.time(lot.time)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    nonisolated static func write(
        _ transaction: LedgerTransaction, entries: [LedgerEntry], _ json: inout JSONWriter
    ) {
        json.beginObject()
        json.key("id")
        json.string(transaction.id)
        json.key("type")
        json.string(transaction.type)
        json.key("ts")
        json.time(transaction.time)
        json.key("currency")
        json.string(transaction.currency)
        writeAmounts(transaction.kind, &json)
        json.key("note")
        json.string(transaction.note)
        if !entries.isEmpty {
            json.key("entries")
            json.beginArray()
            for entry in entries {
                json.beginObject()
                json.key("account")
                json.string(entry.account)
                json.key("currency")
                json.string(entry.currency)
                json.key("amount")
                json.fixed(entry.amount)
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
    }

    private nonisolated static func writeAmounts(_ kind: LedgerTransaction.Kind, _ json: inout JSONWriter) {
        func member(_ name: String, _ value: FixedPoint) {
            json.key(name)
            json.fixed(value)
        }
        func symbol(_ symbol: Symbol) {
            json.key("symbol")
            json.string(symbol.text)
        }
        switch kind {
        case .deposit(let amount), .withdrawal(let amount), .fee(let amount),
            .interest(let amount): member("amount", amount)
        case .dividend(let payer, let amount):
            if let payer { symbol(payer) }
            member("amount", amount)
        case .split(let instrument, let ratio):
            symbol(instrument)
            member("ratio", ratio)
        case .trade(let instrument, _, let quantity, let price, let commission):
            symbol(instrument)
            member("quantity", quantity)
            member("price", price)
            member("commission", commission)
        }
    }
}
