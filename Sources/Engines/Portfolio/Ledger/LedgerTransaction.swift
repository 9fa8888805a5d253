import Market

/// One event of a portfolio. The ledger is the list of them: everything else is computed from it.
struct LedgerTransaction: Sendable, Equatable {
    /// What happened.
    enum Kind: Sendable, Equatable {
        case deposit(Money), withdrawal(Money), fee(Money), interest(Money)
        /// Cash paid on a holding.
        case dividend(Symbol?, Money)
        case trade(Symbol, Side, quantity: Quantity, price: Price, commission: Money)
        /// One share becomes `ratio`.
        case split(Symbol, ratio: FixedPoint)
    }

    var id: String
    var kind: Kind
    var currency: String
    var time: Timestamp
    /// The order of recording; breaks ties of time.
    var sequence: Int64
    var note: String

    /// The type as callers name it.
    var type: String {
        switch kind {
        case .deposit: "deposit"
        case .withdrawal: "withdrawal"
        case .fee: "fee"
        case .interest: "interest"
        case .dividend: "dividend"
        case .trade(_, let side, _, _, _): side.rawValue
        case .split: "split"
        }
    }

    /// The instrument it touches.
    var symbol: Symbol? {
        switch kind {
        case .dividend(let symbol, _): symbol
        case .trade(let symbol, _, _, _, _), .split(let symbol, _): symbol
        default: nil
        }
    }

    /// Earlier time first, then the order of recording.
    static func precedes(_ a: LedgerTransaction, _ b: LedgerTransaction) -> Bool {
        (a.time, a.sequence) < (b.time, b.sequence)
    }
}

/// One line of a transaction's double entry: a debit is positive, a credit negative; the lines of one add up to zero.
struct LedgerEntry: Sendable, Equatable {
    /// `cash`, `position:GOOG`, `capital`, `income:dividend`, `income:interest`, `expense:fee`, `realized:GOOG`.
    let account: String
    let currency: String
    let amount: Money
}
