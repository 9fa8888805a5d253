import Market

/// What an approved order may still trade: it counts against limits until it is filled, cancelled, rejected or has
/// expired.
struct Reservation: Sendable, Equatable {
    let orderID: String, portfolioID: String
    let symbol: Symbol
    /// Signed; what has not been filled yet.
    var quantity: Quantity
    /// What one was judged at: the last price, of a sale that wants more than that its limit.
    let price: Price
    /// Fills that were taken off, so that one that comes twice counts once.
    var fills: [String] = []
    /// Fills of an order that has ended, which are still to come.
    var awaited: [String] = []
    let time: Timestamp
    /// Who decided the order, where it says so.
    var trader: String?
    /// When something of the order was heard last, by the clock of this platform.
    var heard: Timestamp

    /// The order's whole quantity, at what risk judged it at.
    init(_ intent: OrderIntent, heard: Timestamp) {
        self.init(
            orderID: intent.orderID, portfolioID: intent.portfolioID, symbol: intent.symbol,
            quantity: intent.side == .buy ? intent.expectedQuantity : -intent.expectedQuantity,
            price: intent.side == .sell ? max(intent.referencePrice, intent.limitPrice ?? .zero) : intent.referencePrice,
            time: intent.time, trader: intent.trader, heard: heard)
    }

    init(
        orderID: String, portfolioID: String, symbol: Symbol, quantity: Quantity, price: Price, time: Timestamp,
        trader: String? = nil, heard: Timestamp
    ) {
        self.trader = trader
        self.heard = heard
        self.orderID = orderID
        self.portfolioID = portfolioID
        self.symbol = symbol
        self.quantity = quantity
        self.price = price
        self.time = time
    }

    /// Takes a fill off; false where it was before. What is filled beyond the reservation leaves nothing.
    mutating func take(_ fill: Fill) -> Bool {
        if fills.contains(fill.id) { return false }
        fills.append(fill.id)
        awaited.removeAll { $0 == fill.id }
        let left = quantity.magnitude - fill.quantity
        quantity = left <= .zero ? .zero : quantity.isNegative ? -left : left
        return true
    }

    /// The order has ended with these fills in all: what none of those still to come trades is free.
    mutating func end(_ all: [(id: String, quantity: Quantity)]) {
        let missing = all.filter { !fills.contains($0.id) }
        let left = missing.reduce(Quantity.zero) { $0 + $1.quantity }
        awaited = missing.map(\.id)
        quantity = quantity.isNegative ? -left : left
    }
}

/// A fill that the portfolio engine has not told of yet: it counts until a position that it led to was told.
struct LandedFill: Sendable, Equatable {
    let id: String, portfolioID: String
    /// The message that told of it, which the position's names as its cause.
    let message: MessageID
    let symbol: Symbol
    /// Signed.
    let quantity: Quantity
    let price: Price
    let time: Timestamp
    /// Whether the position has been told with it; its cash may still be to come.
    var isHeld = false

    init(_ fill: Fill, _ message: MessageID) {
        id = fill.id
        portfolioID = fill.portfolioID
        self.message = message
        symbol = fill.symbol
        quantity = fill.side == .buy ? fill.quantity : -fill.quantity
        price = fill.price
        time = fill.time
    }

    init(
        id: String, portfolioID: String, message: MessageID, symbol: Symbol, quantity: Quantity, price: Price,
        time: Timestamp, isHeld: Bool
    ) {
        self.id = id
        self.portfolioID = portfolioID
        self.message = message
        self.symbol = symbol
        self.quantity = quantity
        self.price = price
        self.time = time
        self.isHeld = isHeld
    }

    /// What was paid for it, below 0 what it brought, without fees.
    var cost: Money { quantity * price }
}
