/// A part of an order that was carried out.
public struct ExecutedPart: Sendable, Equatable {
    /// Above 0.
    public var quantity: Double
    /// Paid or received for one, above 0.
    public var price: Double
    /// Fees and commissions in money, not below 0.
    public var fees: Double
    /// What the market asked just before, nil where it is not known.
    public var marketPrice: Double?

    /// A part; see the properties.
    public init(quantity: Double, price: Double, fees: Double = 0, marketPrice: Double? = nil) {
        self.quantity = quantity
        self.price = price
        self.fees = fees
        self.marketPrice = marketPrice
    }
}

/// An order and what became of it, with the prices it is measured against; a price that is not known is nil.
public struct ExecutedOrder: Sendable, Equatable {
    /// Buying or selling.
    public var isBuy: Bool
    /// What was wanted, above 0.
    public var quantity: Double
    /// What was carried out.
    public var parts: [ExecutedPart]
    /// The price when it was decided to trade.
    public var decision: Double?
    /// The price when the order reached the market.
    public var arrival: Double?
    /// Average price of the market while the order worked, by volume.
    public var vwap: Double?
    /// Average price of the market while the order worked, by time.
    public var twap: Double?
    /// The price at the end, at which what was left undone is judged.
    public var close: Double?

    /// An order; see the properties.
    public init(
        isBuy: Bool, quantity: Double, parts: [ExecutedPart], decision: Double? = nil, arrival: Double? = nil,
        vwap: Double? = nil, twap: Double? = nil, close: Double? = nil
    ) {
        self.isBuy = isBuy
        self.quantity = quantity
        self.parts = parts
        self.decision = decision
        self.arrival = arrival
        self.vwap = vwap
        self.twap = twap
        self.close = close
    }

    /// Throws `.data` for what cannot be an order: nothing wanted, more done than wanted, a price that is not above 0.
    func check() throws(QuantError) {
        guard quantity.isFinite, quantity > 0 else { throw QuantError(.data, "the quantity must be above 0") }
        for part in parts {
            guard part.quantity.isFinite, part.quantity > 0, part.price.isFinite, part.price > 0 else {
                throw QuantError(.data, "quantity and price of a fill must be above 0")
            }
            guard part.fees.isFinite, part.fees >= 0 else { throw QuantError(.data, "fees must not be below 0") }
        }
        let prices = [decision, arrival, vwap, twap, close] + parts.map(\.marketPrice)
        guard prices.allSatisfy({ $0.map { $0.isFinite && $0 > 0 } ?? true }) else {
            throw QuantError(.data, "a price must be above 0")
        }
        guard parts.reduce(0, { $0 + $1.quantity }) <= quantity * (1 + 1e-9) else {
            throw QuantError(.data, "more was carried out than was wanted")
        }
    }
}
