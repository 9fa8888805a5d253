/// What a portfolio is worth at a time.
public struct PortfolioValue: Sendable, Equatable {
    public var portfolioID: String
    /// The close it is valued at. A later message for the same time restates it.
    public var time: Timestamp
    public var cash: Money
    /// Positions at their latest prices.
    public var marketValue: Money
    public var realized: Money
    public var unrealized: Money
    /// Deposits less withdrawals so far, in the currency of cash: what is no return.
    public var netDeposits: Money
    /// Fills so far.
    public var trades: Int
    /// What all amounts are in, as USD; nil where it is not said.
    public var currency: String?

    public init(
        portfolioID: String, time: Timestamp, cash: Money, marketValue: Money, realized: Money, unrealized: Money,
        netDeposits: Money, trades: Int, currency: String? = nil
    ) {
        self.currency = currency
        self.portfolioID = portfolioID
        self.time = time
        self.cash = cash
        self.marketValue = marketValue
        self.realized = realized
        self.unrealized = unrealized
        self.netDeposits = netDeposits
        self.trades = trades
    }

    public var equity: Money { cash + marketValue }
}

/// One share became `ratio`; prices of before are those of old shares.
public struct ShareSplit: Sendable, Equatable {
    public let ratio: FixedPoint, time: Timestamp

    public init(ratio: FixedPoint, time: Timestamp) {
        self.ratio = ratio
        self.time = time
    }
}

/// What a portfolio holds of one instrument.
public struct PositionUpdate: Sendable, Equatable {
    public var portfolioID: String
    public var symbol: Symbol
    /// Signed.
    public var quantity: Quantity
    /// Average price paid for one; fees are booked apart.
    public var averageCost: Price
    /// The latest price; nil before any is known.
    public var price: Price?
    public var realized: Money
    public var time: Timestamp
    /// The split that led to this, where one did: quantity and prices are already those after it.
    public var split: ShareSplit?

    public init(
        portfolioID: String, symbol: Symbol, quantity: Quantity, averageCost: Price, price: Price?, realized: Money,
        time: Timestamp, split: ShareSplit? = nil
    ) {
        self.portfolioID = portfolioID
        self.symbol = symbol
        self.quantity = quantity
        self.averageCost = averageCost
        self.price = price
        self.realized = realized
        self.time = time
        self.split = split
    }
}
