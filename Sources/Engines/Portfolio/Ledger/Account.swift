import Market

/// One portfolio: its transactions in order of time, and the book they lead to.
struct Account: Sendable {
    let id: String
    let name: String
    let currency: String
    let allowsNegativeCash: Bool
    let created: Timestamp
    /// Symbols at whose bars it is valued, besides those it has traded.
    var watched: Set<Symbol>
    private(set) var transactions: [LedgerTransaction] = []
    private(set) var book = Book()
    private(set) var known: Set<String> = []

    init(
        id: String, name: String, currency: String, allowsNegativeCash: Bool, created: Timestamp, watched: Set<Symbol>
    ) {
        self.id = id
        self.name = name
        self.currency = currency
        self.allowsNegativeCash = allowsNegativeCash
        self.created = created
        self.watched = watched
    }

    /// Why a transaction cannot be booked, or nil. Looks at the book after it, at every later time too.
    func refusal(of transaction: LedgerTransaction) -> String? {
        if case .split(let symbol, _) = transaction.kind, book.holdings[symbol] == nil {
            return "there is no holding of \(symbol) to split"
        }
        if allowsNegativeCash { return nil }
        var copy = self
        copy.add(transaction)
        let cash = copy.book.cash[transaction.currency] ?? .zero
        let before = book.cash[transaction.currency] ?? .zero
        if cash.isNegative && cash < before {
            return "cash would be \(cash) \(transaction.currency), and this portfolio does not allow negative cash"
        }
        return nil
    }

    /// Books a transaction. One that is dated back is put in its place and the book computed anew.
    mutating func add(_ transaction: LedgerTransaction) {
        guard known.insert(transaction.id).inserted else { return }
        if let symbol = transaction.symbol { watched.insert(symbol) }
        if let last = transactions.last, LedgerTransaction.precedes(transaction, last) {
            let place = transactions.firstIndex { LedgerTransaction.precedes(transaction, $0) } ?? transactions.endIndex
            transactions.insert(transaction, at: place)
            book = Self.book(of: transactions[...])
        } else {
            transactions.append(transaction)
            book.apply(transaction)
        }
    }

    /// The book as it was at a time, transactions of that instant included.
    func book(at time: Timestamp) -> Book {
        guard let last = transactions.last, last.time > time else { return book }
        return Self.book(of: transactions.prefix { $0.time <= time })
    }

    /// The double entry of every transaction, in order.
    func entries() -> [[LedgerEntry]] {
        var book = Book()
        return transactions.map { book.apply($0) }
    }

    private static func book(of transactions: ArraySlice<LedgerTransaction>) -> Book {
        var book = Book()
        for transaction in transactions { book.apply(transaction) }
        return book
    }
}
