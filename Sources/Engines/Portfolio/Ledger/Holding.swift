import Market

/// What is held of one instrument, at average cost and as first-in-first-out lots side by side.
///
/// Average cost: a sale takes cost in proportion to quantity, rounded half to even; the last share takes the rest, so
/// cost never leaks. FIFO: a sale takes the oldest lots. Fees are not part of cost. A sale beyond zero closes the long
/// position and opens a short one at the sale's price; buying back closes it first.
struct Holding: Sendable, Equatable {
    /// Shares bought (or sold short) together.
    struct Lot: Sendable, Equatable {
        var quantity: Quantity
        var cost: Money
        var time: Timestamp
    }

    /// Signed.
    private(set) var quantity = Quantity.zero
    /// Signed with the quantity: what is paid for a long position, what was received for a short one, negative.
    private(set) var cost = Money.zero
    private(set) var realized = Money.zero
    private(set) var lots: [Lot] = []
    private(set) var realizedFIFO = Money.zero

    /// The average price of what is held; zero where nothing is.
    var averageCost: Price { quantity.isZero ? .zero : cost / quantity }

    /// Books a trade; the realised gain at average cost is returned.
    mutating func trade(_ signed: Quantity, price: Price, time: Timestamp) -> Money {
        let opposite = !quantity.isZero && quantity.isNegative != signed.isNegative
        guard opposite else {
            open(signed, price: price, time: time)
            return .zero
        }
        let closing = signed.magnitude <= quantity.magnitude ? signed : -quantity
        let gain = close(closing, price: price)
        let rest = signed - closing
        if !rest.isZero { open(rest, price: price, time: time) }
        return gain
    }

    private mutating func open(_ signed: Quantity, price: Price, time: Timestamp) {
        let paid = signed * price
        quantity += signed
        cost += paid
        lots.append(Lot(quantity: signed, cost: paid, time: time))
    }

    /// `closing` has the sign of the trade, opposite to the holding's.
    private mutating func close(_ closing: Quantity, price: Price) -> Money {
        let isAll = closing == -quantity
        let taken = isAll ? cost : cost.scaled(by: -closing, over: quantity)
        let received = -closing * price
        let gain = received - taken
        quantity += closing
        cost = isAll ? .zero : cost - taken
        realized += gain
        realizedFIFO += received - takeLots(closing)
        return gain
    }

    /// The cost of the oldest lots that `closing` uses up.
    private mutating func takeLots(_ closing: Quantity) -> Money {
        var left = -closing, taken = Money.zero
        while !left.isZero, let first = lots.first {
            if first.quantity.magnitude <= left.magnitude {
                taken += first.cost
                left -= first.quantity
                lots.removeFirst()
            } else {
                let part = first.cost.scaled(by: left, over: first.quantity)
                taken += part
                lots[0].quantity -= left
                lots[0].cost -= part
                left = .zero
            }
        }
        return taken
    }

    /// One share becomes `ratio`; cost stays.
    mutating func split(_ ratio: FixedPoint) {
        quantity = quantity * ratio
        for index in lots.indices { lots[index].quantity = lots[index].quantity * ratio }
        // Rounding of lots must not make them differ from the whole.
        let sum = lots.reduce(Quantity.zero) { $0 + $1.quantity }
        if let last = lots.indices.last { lots[last].quantity += quantity - sum }
    }
}
