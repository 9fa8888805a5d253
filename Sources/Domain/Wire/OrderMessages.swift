public import Market

extension OrderIntent: WireValue {
    public init?(json: JSONValue) {
        guard let order = json.text("order_id"), let portfolio = json.text("portfolio_id"),
              let strategy = json.text("strategy_id"), let symbol = json.symbol("symbol"),
              let side = json.text("side").flatMap(Side.init(rawValue:)), let size = Self.size(json),
              let quantity = json.fixed("expected_quantity"), let price = json.fixed("reference_price"),
              let time = json.time("ts") else { return nil }
        self.init(orderID: order, portfolioID: portfolio, strategyID: strategy, symbol: symbol, side: side, size: size,
                  expectedQuantity: quantity, referencePrice: price, limitPrice: json.fixed("limit_price"),
                  trader: json.text("trader"), time: time)
    }

    private static func size(_ json: JSONValue) -> OrderSize? {
        if let quantity = json.fixed("quantity") { return .quantity(quantity) }
        if let fraction = json.fixed("cash_fraction") { return .cashFraction(fraction) }
        return json.member("whole_position")?.bool == true ? .position : nil
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("order_id", orderID)
        json.member("portfolio_id", portfolioID)
        json.member("strategy_id", strategyID)
        json.member("symbol", symbol.text)
        json.member("side", side.rawValue)
        switch size {
        case .quantity(let quantity): json.member("quantity", quantity)
        case .cashFraction(let fraction): json.member("cash_fraction", fraction)
        case .position:
            json.key("whole_position")
            json.bool(true)
        }
        json.member("expected_quantity", expectedQuantity)
        json.member("reference_price", referencePrice)
        if let limitPrice { json.member("limit_price", limitPrice) }
        if let trader { json.member("trader", trader) }
        json.member("ts", time)
        json.endObject()
    }
}

extension RiskDecision: WireValue {
    public init?(json: JSONValue) {
        guard let order = json.text("order_id"), let verdict = json.text("verdict"), let time = json.time("ts")
        else { return nil }
        var reasons: [String] = []
        json.member("reasons")?.forEachElement { if let reason = $0.string { reasons.append(reason) } }
        self.init(orderID: order, isApproved: verdict == "approved", reasons: reasons, time: time)
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("order_id", orderID)
        json.member("verdict", isApproved ? "approved" : "denied")
        json.key("reasons")
        json.beginArray()
        for reason in reasons { json.string(reason) }
        json.endArray()
        json.member("ts", time)
        json.endObject()
    }
}

extension Fill: WireValue {
    public init?(json: JSONValue) {
        guard let id = json.text("id"), let order = json.text("order_id"), let portfolio = json.text("portfolio_id"),
              let strategy = json.text("strategy_id"), let symbol = json.symbol("symbol"),
              let side = json.text("side").flatMap(Side.init(rawValue:)), let quantity = json.fixed("quantity"),
              let price = json.fixed("price"), let commission = json.fixed("commission"), let time = json.time("ts")
        else { return nil }
        self.init(id: id, orderID: order, portfolioID: portfolio, strategyID: strategy, symbol: symbol, side: side,
                  quantity: quantity, price: price, commission: commission, trader: json.text("trader"), time: time)
    }

    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("order_id", orderID)
        json.member("portfolio_id", portfolioID)
        json.member("strategy_id", strategyID)
        json.member("symbol", symbol.text)
        json.member("side", side.rawValue)
        json.member("quantity", quantity)
        json.member("price", price)
        json.member("commission", commission)
        if let trader { json.member("trader", trader) }
        json.member("ts", time)
        json.endObject()
    }
}

/// How far an order has come, as an order update tells it.
public struct OrderProgress: Sendable {
    public let orderID: String
    public let state: OrderState
    /// Fills so far: their ids and quantities.
    public let fills: [(id: String, quantity: Quantity)]

    /// Of the JSON of an order update; nil where it has no id or no known state.
    public init?(json: JSONValue) {
        guard let order = json.text("id"), let state = json.text("state").flatMap(OrderState.init(rawValue:)) else {
            return nil
        }
        orderID = order
        self.state = state
        var fills: [(id: String, quantity: Quantity)] = []
        json.member("fills")?.forEachElement { fill in
            if let id = fill.text("id"), let quantity = fill.fixed("quantity") { fills.append((id, quantity)) }
        }
        self.fills = fills
    }
}
