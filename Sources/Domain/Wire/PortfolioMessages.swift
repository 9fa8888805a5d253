public import Market

extension PortfolioValue: WireValue {
    public init?(json: JSONValue) {
        guard let portfolio = json.text("portfolio_id"), let time = json.time("ts"), let cash = json.fixed("cash"),
              let value = json.fixed("market_value"), let realized = json.fixed("realized"),
              let unrealized = json.fixed("unrealized"), let trades = json.member("trades")?.int else { return nil }
        self.init(portfolioID: portfolio, time: time, cash: cash, marketValue: value, realized: realized,
                  unrealized: unrealized, netDeposits: json.fixed("net_deposits") ?? .zero, trades: trades,
                  currency: json.text("currency"))
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("portfolio_id", portfolioID)
        json.member("ts", time)
        json.member("cash", cash)
        json.member("market_value", marketValue)
        json.member("equity", equity)
        json.member("realized", realized)
        json.member("unrealized", unrealized)
        json.member("net_deposits", netDeposits)
        json.key("trades")
        json.int(trades)
        if let currency { json.member("currency", currency) }
        json.endObject()
    }
}

extension PositionUpdate: WireValue {
    public init?(json: JSONValue) {
        guard let portfolio = json.text("portfolio_id"), let symbol = json.symbol("symbol"),
              let quantity = json.fixed("quantity"), let cost = json.fixed("average_cost"),
              let realized = json.fixed("realized"), let time = json.time("ts") else { return nil }
        var split: ShareSplit?
        if let ratio = json.fixed("split"), ratio > .zero {
            // A build before told no time of its own.
            split = ShareSplit(ratio: ratio, time: json.time("split_ts") ?? time)
        }
        self.init(portfolioID: portfolio, symbol: symbol, quantity: quantity, averageCost: cost,
                  price: json.fixed("price"), realized: realized, time: time, split: split)
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("portfolio_id", portfolioID)
        json.member("symbol", symbol.text)
        json.member("quantity", quantity)
        json.member("average_cost", averageCost)
        if let price { json.member("price", price) }
        json.member("realized", realized)
        json.member("ts", time)
        if let split {
            json.member("split", split.ratio)
            json.member("split_ts", split.time)
        }
        json.endObject()
    }
}
