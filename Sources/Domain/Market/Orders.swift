/// Which way an order goes.
public enum Side: String, CaseIterable, Sendable { case buy, sell }

/// How large an order is to be.
public enum OrderSize: Sendable, Equatable {
    /// So many shares, contracts or coins.
    case quantity(Quantity)
    /// As much as this share of the account's cash pays for, costs included; known at the fill.
    case cashFraction(FixedPoint)
    /// All that is held.
    case position
}

/// A wish to trade, before risk has seen it.
public struct OrderIntent: Sendable, Equatable {
    /// Identifies the order for its whole life.
    public var orderID: String
    public var portfolioID: String
    /// Empty for an order placed by hand.
    public var strategyID: String
    public var symbol: Symbol
    public var side: Side
    public var size: OrderSize
    /// The quantity risk judges: exact, or estimated at `referencePrice` where the fill decides.
    public var expectedQuantity: Quantity
    /// The last price known when the order was decided.
    public var referencePrice: Price
    /// Buy at most, sell at least at this price; nil for a market order.
    public var limitPrice: Price?
    /// Who decided the order; nil where nobody was named.
    public var trader: String?
    public var time: Timestamp

    /// Whether a text may name a trader: 1 to 64 bytes of UTF-8, no control character, no space at either end.
    public static func isTrader(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...64).contains(bytes.count), bytes.first != 32, bytes.last != 32 else { return false }
        return bytes.allSatisfy { $0 >= 32 && $0 != 127 }
    }

    public init(
        orderID: String, portfolioID: String, strategyID: String, symbol: Symbol, side: Side, size: OrderSize,
        expectedQuantity: Quantity, referencePrice: Price, limitPrice: Price? = nil, trader: String? = nil,
        time: Timestamp
    ) {
        self.trader = trader
        self.limitPrice = limitPrice
        self.orderID = orderID
        self.portfolioID = portfolioID
        self.strategyID = strategyID
        self.symbol = symbol
        self.side = side
        self.size = size
        self.expectedQuantity = expectedQuantity
        self.referencePrice = referencePrice
        self.time = time
    }
}

/// Risk's word on an intent. Execution takes only an approved one.
public struct RiskDecision: Sendable, Equatable {
    public var orderID: String
    public var isApproved: Bool
    /// Every rule that was broken, or warned.
    public var reasons: [String]
    public var time: Timestamp

    public init(orderID: String, isApproved: Bool, reasons: [String], time: Timestamp) {
        self.orderID = orderID
        self.isApproved = isApproved
        self.reasons = reasons
        self.time = time
    }
}

/// Where an order stands.
public enum OrderState: String, CaseIterable, Sendable {
    /// Waits for risk.
    case pending
    /// Approved and at the venue.
    case working
    case filled, denied, cancelled, rejected

    /// Nothing will happen to it any more.
    public var isFinal: Bool { self != .pending && self != .working }
}

/// A trade that happened.
public struct Fill: Sendable, Equatable {
    public var id: String
    public var orderID: String
    public var portfolioID: String
    public var strategyID: String
    public var symbol: Symbol
    public var side: Side
    /// Above zero.
    public var quantity: Quantity
    public var price: Price
    /// What the venue charges, at least zero.
    public var commission: Money
    /// Who decided the order; nil where nobody was named.
    public var trader: String?
    public var time: Timestamp

    public init(
        id: String, orderID: String, portfolioID: String, strategyID: String, symbol: Symbol, side: Side,
        quantity: Quantity, price: Price, commission: Money, trader: String? = nil, time: Timestamp
    ) {
        self.trader = trader
        self.id = id
        self.orderID = orderID
        self.portfolioID = portfolioID
        self.strategyID = strategyID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.price = price
        self.commission = commission
        self.time = time
    }
}
