import EngineKit
import HTTP
import Market
import Wire

/// A portfolio to create.
struct CreatePortfolio: RequestBody {
    let id: String?, name: String, currency: String, allowsNegativeCash: Bool, watched: [Symbol]

    static func read(_ fields: FieldReader) -> CreatePortfolio {
        let id = fields.optionalString("id", "An id of the caller's; one is made when left out.", length: 1...64)
        if let id {
            let isPlain = id.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                || $0 == 45 || $0 == 95 || $0 == 46 }
            fields.require(isPlain, "id", "must be of A-Z a-z 0-9 . _ -")
        }
        return CreatePortfolio(
            id: id, name: fields.string("name", "What people call it.", length: 1...200),
            currency: Self.currency(fields, required: true) ?? "USD",
            allowsNegativeCash: fields.bool("allow_negative_cash", "Whether cash may go below zero.", default: true),
            watched: fields.symbols("watch", "Symbols at whose bars it is valued, besides those it trades.",
                required: false))
    }

    static func currency(_ fields: FieldReader, required: Bool) -> String? {
        let text = required ? fields.string("currency", "ISO 4217 code, or a coin's.", length: 3...10)
            : fields.optionalString("currency", "ISO 4217 code; the portfolio's when left out.", length: 3...10)
        if let text, !fields.isDescribing {
            fields.require(text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) } || text.isEmpty,
                           "currency", "must be upper-case letters and digits, as USD")
        }
        return text
    }
}

/// The types a transaction may have.
enum TransactionType: String, CaseIterable, Sendable {
    case deposit, withdrawal, fee, interest, dividend, split, buy, sell
}

/// A transaction to book.
struct PostTransaction: RequestBody {
    let kind: LedgerTransaction.Kind, currency: String?, time: Timestamp?, note: String

    static func read(_ fields: FieldReader) -> PostTransaction {
        // A misspelt commission is money that is missing.
        fields.refuseOthers(
            than: "type", "amount", "symbol", "quantity", "price", "commission", "ratio", "currency", "ts", "note")
        let known = fields.optionalChoice("type", "What happened.", TransactionType.self, required: true)
        let type = known ?? .deposit
        let isTrade = type == .buy || type == .sell, needsAmount = !isTrade && type != .split
        let describing = fields.isDescribing
        let amount = fields.optionalFixed("amount", "Money that moved; for all but buy, sell and split.", above: .zero,
                                          required: needsAmount && !describing)
        let symbol = fields.optionalSymbol("symbol", "The instrument; for buy, sell, split, and a dividend's payer.",
                                           required: (isTrade || type == .split) && !describing)
        let quantity = fields.optionalFixed("quantity", "Shares; for buy and sell.", above: .zero,
            required: isTrade && !describing)
        let price = fields.optionalFixed("price", "Price of one; for buy and sell.", above: .zero,
            required: isTrade && !describing)
        let commission = fields.optionalFixed("commission", "What the venue charged.", from: .zero)
        let ratio = fields.optionalFixed("ratio", "Shares one share becomes; for split.", above: .zero,
                                         required: type == .split && !describing)
        if let known { refuseStrangers(fields, to: known) }
        let currency = CreatePortfolio.currency(fields, required: false)
        let time = fields.optionalTime("ts", "When it happened; now when left out.")
        let note = fields.optionalString("note", "For people.") ?? ""
        return PostTransaction(
            kind: kind(type, amount ?? .zero, symbol ?? Symbol("X")!, quantity ?? .zero, price ?? .zero,
                       commission ?? .zero, ratio ?? .one, hasSymbol: symbol != nil),
            currency: currency, time: time, note: note)
    }

    /// What a type has no use for is refused: a deposit's commission would be money that is missing.
    private static func refuseStrangers(_ fields: FieldReader, to type: TransactionType) {
        if fields.isDescribing { return }
        let used: Set<String> = switch type {
        case .deposit, .withdrawal, .fee, .interest: ["amount"]
        case .dividend: ["amount", "symbol"]
        case .split: ["symbol", "ratio"]
        case .buy, .sell: ["symbol", "quantity", "price", "commission"]
        }
        for name in ["amount", "symbol", "quantity", "price", "commission", "ratio"]
        where fields.has(name) && !used.contains(name) {
            fields.require(false, name, "is not part of a \(type.rawValue)")
        }
    }

    private static func kind(
        _ type: TransactionType, _ amount: Money, _ symbol: Symbol, _ quantity: Quantity, _ price: Price,
        _ commission: Money, _ ratio: FixedPoint, hasSymbol: Bool
    ) -> LedgerTransaction.Kind {
        switch type {
        case .deposit: .deposit(amount)
        case .withdrawal: .withdrawal(amount)
        case .fee: .fee(amount)
        case .interest: .interest(amount)
        case .dividend: .dividend(hasSymbol ? symbol : nil, amount)
        case .split: .split(symbol, ratio: ratio)
        case .buy: .trade(symbol, .buy, quantity: quantity, price: price, commission: commission)
        case .sell: .trade(symbol, .sell, quantity: quantity, price: price, commission: commission)
        }
    }
}

/// A portfolio in the path, and the time it is asked about.
struct PortfolioQuery: RequestParameters {
    let id: String, at: Timestamp?

    static func read(_ parameters: ParameterReader) -> PortfolioQuery {
        PortfolioQuery(id: parameters.path("portfolio_id", "The portfolio."),
                       at: parameters.optionalTime("at", "As of this time; now when left out."))
    }
}

/// A portfolio in the path and a page of its ledger.
struct LedgerQuery: RequestParameters {
    let id: String, page: PageParameters

    static func read(_ parameters: ParameterReader) -> LedgerQuery {
        LedgerQuery(id: parameters.path("portfolio_id", "The portfolio."), page: PageParameters.read(parameters))
    }
}
