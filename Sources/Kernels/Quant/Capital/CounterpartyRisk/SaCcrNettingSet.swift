/// A margin agreement under which the counterparty posts variation margin: CRE52.2 and CRE52.18.
public struct SaCcrMargin: Sendable, Equatable {
    /// Exposure up to which nothing is posted.
    public var threshold: Double
    /// The smallest amount that is posted.
    public var minimumTransfer: Double
    /// Net independent collateral: CRE52.17.
    public var independent: Double
    /// Business days between two calls, 1 for daily: CRE52.50(2).
    public var everyDays: Double
    /// The bank's own estimate of the margin period of risk in business days; the floor holds where it is shorter.
    public var estimatedDays: Double
    /// Collateral that is illiquid, or a derivative that is hard to replace: CRE52.51(2).
    public var isIlliquid: Bool
    /// More than two long disputes in two quarters: CRE52.51(3).
    public var isDisputed: Bool

    /// An agreement; see the properties.
    public init(
        threshold: Double = 0, minimumTransfer: Double = 0, independent: Double = 0, everyDays: Double = 1,
        estimatedDays: Double = 0, isIlliquid: Bool = false, isDisputed: Bool = false
    ) {
        self.threshold = threshold
        self.minimumTransfer = minimumTransfer
        self.independent = independent
        self.everyDays = everyDays
        self.estimatedDays = estimatedDays
        self.isIlliquid = isIlliquid
        self.isDisputed = isDisputed
    }

    /// Margin period of risk in business days for a number of trades: CRE52.50 and CRE52.51.
    public func periodDays(trades: Int) -> Double {
        var floor = SaCcrConstants.marginDays + everyDays
        if isIlliquid || trades > SaCcrConstants.manyTrades { floor = max(floor, SaCcrConstants.longMarginDays) }
        if isDisputed { floor *= 2 }
        return max(floor, estimatedDays)
    }
}

/// Trades under one netting agreement.
public struct SaCcrNettingSet: Sendable, Equatable {
    /// What people call it.
    public var id: String
    /// All are netted with each other; at least one.
    public var trades: [SaCcrTrade]
    /// V, the market value of all trades, from our side.
    public var value: Double
    /// C, the haircut value of the net collateral that is held: CRE52.10, with variation margin where it is margined.
    public var collateral: Double
    /// Nil where it is not margined.
    public var margin: SaCcrMargin?
    /// Whether offsets across maturity buckets of interest rates are taken: CRE52.57(5).
    public var offsetsMaturities: Bool

    /// A netting set; see the properties.
    public init(
        id: String, trades: [SaCcrTrade], value: Double, collateral: Double = 0, margin: SaCcrMargin? = nil,
        offsetsMaturities: Bool = true
    ) {
        self.id = id
        self.trades = trades
        self.value = value
        self.collateral = collateral
        self.margin = margin
        self.offsetsMaturities = offsetsMaturities
    }

    /// Throws `.data` for a set without trades or with a number that cannot be.
    func check() throws(QuantError) {
        guard !trades.isEmpty else { throw QuantError(.data, "\(id): a netting set has at least one trade") }
        guard value.isFinite, collateral.isFinite else {
            throw QuantError(.data, "\(id): value and collateral must be finite")
        }
        if let margin {
            let amounts = [margin.threshold, margin.minimumTransfer, margin.estimatedDays]
            guard amounts.allSatisfy({ $0.isFinite && $0 >= 0 }), margin.independent.isFinite,
                margin.everyDays.isFinite,
                margin.everyDays >= 1, (margin.threshold + margin.minimumTransfer).isFinite
            else {
                throw QuantError(
                    .data, "\(id): threshold, transfer and days must not be below 0, a call comes at most daily")
            }
        }
        for trade in trades { try trade.check() }
    }
}
