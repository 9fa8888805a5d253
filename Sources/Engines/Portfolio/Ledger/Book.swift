import Market

/// The state that a list of transactions leads to: cash by currency and holdings by symbol.
struct Book: Sendable, Equatable {
    private(set) var cash: [String: Money] = [:]
    private(set) var holdings: [Symbol: Holding] = [:]
    private(set) var fees: [String: Money] = [:]
    private(set) var dividends: [String: Money] = [:]
    private(set) var interest: [String: Money] = [:]
    /// Deposits less withdrawals by currency.
    private(set) var deposits: [String: Money] = [:]
    private(set) var trades = 0

    /// Books one transaction and returns its double entry, whose amounts add up to zero.
    @discardableResult
    mutating func apply(_ transaction: LedgerTransaction) -> [LedgerEntry] {
        let currency = transaction.currency
        func entries(_ pairs: [(String, Money)]) -> [LedgerEntry] {
            pairs.filter { !$0.1.isZero }.map { LedgerEntry(account: $0.0, currency: currency, amount: $0.1) }
        }
        switch transaction.kind {
        case .deposit(let amount):
            cash[currency, default: .zero] += amount
            deposits[currency, default: .zero] += amount
            return entries([("cash", amount), ("capital", -amount)])
        case .withdrawal(let amount):
            cash[currency, default: .zero] -= amount
            deposits[currency, default: .zero] -= amount
            return entries([("cash", -amount), ("capital", amount)])
        case .fee(let amount):
            cash[currency, default: .zero] -= amount
            fees[currency, default: .zero] += amount
            return entries([("cash", -amount), ("expense:fee", amount)])
        case .interest(let amount):
            cash[currency, default: .zero] += amount
            interest[currency, default: .zero] += amount
            return entries([("cash", amount), ("income:interest", -amount)])
        case .dividend(_, let amount):
            cash[currency, default: .zero] += amount
            dividends[currency, default: .zero] += amount
            return entries([("cash", amount), ("income:dividend", -amount)])
        case .split(let symbol, let ratio):
            holdings[symbol]?.split(ratio)
            return []
        case .trade(let symbol, let side, let quantity, let price, let commission):
            return trade(symbol, side == .buy ? quantity : -quantity, price, commission, transaction, entries)
        }
    }

    private mutating func trade(
        _ symbol: Symbol, _ signed: Quantity, _ price: Price, _ commission: Money, _ transaction: LedgerTransaction,
        _ entries: ([(String, Money)]) -> [LedgerEntry]
    ) -> [LedgerEntry] {
        var holding = holdings[symbol] ?? Holding()
        let before = holding.cost, paid = signed * price
        let gain = holding.trade(signed, price: price, time: transaction.time)
        holdings[symbol] = holding
        cash[transaction.currency, default: .zero] -= paid + commission
        fees[transaction.currency, default: .zero] += commission
        trades += 1
        let booked = holding.cost - before
        // What rounding leaves between cash, cost and gain is part of the gain: nothing is lost.
        let balance = paid - booked
        precondition((balance + gain).magnitude.raw <= 4, "a trade's entries differ by more than rounding")
        return entries([
            ("position:\(symbol)", booked), ("cash", -(paid + commission)), ("expense:fee", commission),
            ("realized:\(symbol)", balance),
        ])
    }

    /// What holdings are worth at given prices, and those without a price, which count at cost.
    func marketValue(_ price: (Symbol) -> Price?) -> (value: Money, unpriced: [Symbol]) {
        var value = Money.zero, unpriced: [Symbol] = []
        for (symbol, holding) in holdings where !holding.quantity.isZero {
            if let price = price(symbol) {
                value += holding.quantity * price
            } else {
                value += holding.cost
                unpriced.append(symbol)
            }
        }
        return (value, unpriced.sorted())
    }

    /// Whether every amount is one that may be kept: what is beyond is no portfolio's, and sums of it would not be exact.
    var isWithinLimit: Bool {
        let sums = [cash, deposits, fees, dividends, interest].allSatisfy { $0.values.allSatisfy(\.isWithinLimit) }
        return sums && holdings.values.allSatisfy { holding in
            [holding.quantity, holding.cost, holding.realized, holding.realizedFIFO].allSatisfy(\.isWithinLimit)
        }
    }

    var realized: Money { holdings.values.reduce(.zero) { $0 + $1.realized } }
    var realizedFIFO: Money { holdings.values.reduce(.zero) { $0 + $1.realizedFIFO } }
    var costBasis: Money { holdings.values.reduce(.zero) { $0 + $1.cost } }
}
