import Market
import Quant

/// What is known of an instrument beyond its prices.
struct InstrumentFacts: Sendable, Equatable {
    var sector: String?
    /// In the unit of quantities, a day.
    var averageDailyVolume: Double?
}

/// One instrument of a portfolio: what is held, what has been filled and not been told yet, what may still be filled.
struct BookLine: Sendable {
    let symbol: Symbol
    /// The market's price as it was told.
    var mark: PriceMark? { didSet { adjust() } }
    /// Splits that the portfolio has booked.
    var splits: [ShareSplit] = [] { didSet { adjust() } }
    /// The market's price in shares as they are held.
    private var adjusted: PriceMark?
    var facts: InstrumentFacts?
    /// Mean volumes of stored bars, where limits read them.
    var volumes: [MeanVolume] = []
    /// The price that the position was told with, or what was paid.
    private(set) var toldPrice: Double?
    private var told = Quantity.zero
    private var landed: [LandedFill] = []
    private(set) var orders: [Reservation] = []
    /// Held, fills not told yet included; and what open orders may buy and sell, both above 0, at their prices.
    private(set) var held = 0.0
    private var bought = 0.0, boughtFor = 0.0, sold = 0.0, soldFor = 0.0

    init(symbol: Symbol) { self.symbol = symbol }

    /// Nothing is held and nothing is open.
    var isEmpty: Bool { told.isZero && orders.isEmpty && landed.allSatisfy(\.isHeld) }

    private mutating func adjust() { adjusted = splits.isEmpty ? mark : mark?.after(splits) }

    mutating func tell(_ quantity: Quantity, price: Price) {
        told = quantity
        if !quantity.isZero { toldPrice = price.double }
        sum()
    }

    mutating func land(_ fill: LandedFill) {
        landed.append(fill)
        sum()
    }

    /// A position was told: it has the fill of the message that caused it, and those before its time.
    mutating func settle(_ cause: MessageID?, at time: Timestamp) -> [MessageID] {
        var settled: [MessageID] = []
        for index in landed.indices
        where !landed[index].isHeld && (landed[index].message == cause || landed[index].time < time) {
            landed[index].isHeld = true
            settled.append(landed[index].message)
        }
        if !settled.isEmpty { sum() }
        return settled
    }

    mutating func forget(landed message: MessageID) { landed.removeAll { $0.message == message } }

    /// Puts in a reservation, or the same one as it is now; one of nothing goes.
    mutating func reserve(_ reservation: Reservation) {
        orders.removeAll { $0.orderID == reservation.orderID }
        if !reservation.quantity.isZero { orders.append(reservation) }
        sum()
    }

    mutating func release(_ order: String) {
        orders.removeAll { $0.orderID == order }
        sum()
    }

    /// What is held and no open order may close yet, above 0.
    var free: Quantity {
        let quantity = exactly
        let open = orders.reduce(Quantity.zero) { sum, order in
            order.quantity.isNegative == quantity.isNegative ? sum : sum + order.quantity.magnitude
        }
        return max(quantity.magnitude - open, .zero)
    }

    /// What is held, as reductions see it; nil where nothing is.
    var reducible: ReducibleLine? {
        held == 0 ? nil : ReducibleLine(
            symbol: symbol.text, sector: facts?.sector, quantity: held, price: price(order: nil), free: free,
            answered: answered)
    }

    /// Open orders that may close some of it and are not of responses.
    var resting: [String] {
        let isShort = exactly.isNegative
        return orders.filter { $0.quantity.isNegative != isShort && !ResponseOrder.isName($0.orderID) }.map(\.orderID)
    }

    /// What orders of responses may still close of it, above 0.
    var answered: Quantity {
        let isShort = exactly.isNegative
        return orders.reduce(Quantity.zero) { sum, order in
            order.quantity.isNegative == isShort || !ResponseOrder.isName(order.orderID)
                ? sum : sum + order.quantity.magnitude
        }
    }

    /// Held, fills not told yet included.
    private var exactly: Quantity { landed.reduce(told) { $1.isHeld ? $0 : $0 + $1.quantity } }

    private mutating func sum() {
        held = exactly.double
        (bought, boughtFor, sold, soldFor) = (0, 0, 0, 0)
        for order in orders {
            let size = order.quantity.double
            if size > 0 {
                bought += size
                boughtFor += size * order.price.double
            } else {
                sold -= size
                soldFor -= size * order.price.double
            }
        }
    }

    /// The quantity that limits are judged on once `order` more is held, and what open orders spend for it: those of
    /// the side that makes the larger holding are taken as filled, those of the other side as not.
    func judged(adding order: Double = 0) -> (quantity: Double, spent: Double) {
        let base = held + order
        if orders.isEmpty { return (base, 0) }
        let long = base + bought, short = base - sold
        if abs(long) > abs(base), abs(long) >= abs(short) { return (long, boughtFor) }
        return abs(short) > abs(base) ? (short, -soldFor) : (base, 0)
    }

    /// What is traded in a day: as it was told, else the mean of so many stored days; NaN where neither is known.
    func volume(of days: Int) -> Double {
        facts?.averageDailyVolume ?? volumes.first { $0.days == days }?.mean ?? .nan
    }

    /// The line as exposures see it; an order's own price serves where none came with the market.
    func holding(sector: Int, order: RiskOrder? = nil) -> (holding: Holding, spent: Double) {
        let judged = judged(adding: order?.quantity ?? 0), market = price(order: order)
        let (price, spent) = counted(market, judged, order)
        return (Holding(quantity: judged.quantity, price: price, previousClose: close(market) + (price - market),
                        averageDailyVolume: volume(of: MeanVolume.usualDays), sector: sector), spent)
    }

    /// The price that the line counts at, and what is spent for it. A short that sales with a limit above the market open
    /// is only there at such a price, so it counts at that one; to sell at it neither wins nor loses anything.
    private func counted(
        _ market: Double, _ judged: (quantity: Double, spent: Double), _ order: RiskOrder?
    ) -> (price: Double, spent: Double) {
        guard judged.quantity < 0, market > 0 else { return (market, judged.spent) }
        var price = market
        if let order, order.quantity < 0, let limit = order.limit { price = max(price, limit) }
        if judged.quantity < held + (order?.quantity ?? 0) {
            for open in orders where open.quantity.isNegative { price = max(price, open.price.double) }
        }
        if price == market { return (market, judged.spent) }
        let proceeds = max(held, 0) * market + (min(held, 0) - judged.quantity) * price
        return (price, -proceeds - (order.map { $0.quantity * $0.price } ?? 0))
    }

    /// The line as a picture has it. With an order, open ones count too, the order's own quantity apart, and `spent` is
    /// what they spend.
    func position(order: RiskOrder?) -> (position: RiskPosition, spent: Double) {
        let own = order?.symbol == symbol.text ? order : nil, market = price(order: own)
        var quantity = held, spent = 0.0, price = market
        if order != nil {
            let judged = judged(adding: own?.quantity ?? 0)
            quantity = judged.quantity - (own?.quantity ?? 0)
            (price, spent) = counted(market, judged, own)
        }
        let position = RiskPosition(
            symbol: symbol.text, quantity: quantity, price: price, previousClose: close(market) + (price - market),
            sector: facts?.sector, averageDailyVolume: facts?.averageDailyVolume)
        return (position, spent)
    }

    /// The close before; where none is known the price itself, so that the instrument counts as unchanged.
    private func close(_ price: Double) -> Double { adjusted?.previous ?? price }

    /// The market's price, else that of an order, else the one told with the position, else that of an open order; 0
    /// where none is known.
    func price(order: RiskOrder?) -> Double {
        adjusted?.last ?? order?.price ?? toldPrice ?? orders.first?.price.double ?? landed.first?.price.double ?? 0
    }
}
