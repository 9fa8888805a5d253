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
    /// When the first transaction was; nil before any.
    private(set) var began: Timestamp?
    private var splits: [Symbol: [ShareSplit]] = [:]

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

    private static let aheadNanoseconds: Int64 = 86_400_000_000_000

    /// Why a transaction cannot be booked: the field of it and the reason.
    struct Refusal: Equatable {
        let field: String, reason: String
    }

    /// Why a transaction cannot be booked, or nil. Looks at the book after it, at every later time too: one that is
    /// dated back must leave cash for what came since.
    func refusal(of transaction: LedgerTransaction, now: Timestamp = Timestamp.wholeYears.upperBound) -> Refusal? {
        // Today's date may be tomorrow's elsewhere; what lies further ahead has not happened.
        if transaction.time.nanoseconds(since: now) > Self.aheadNanoseconds {
            return Refusal(field: "ts", reason: "lies more than a day ahead")
        }
        if case .split(let symbol, _) = transaction.kind,
           book(at: transaction.time).holdings[symbol]?.quantity.isZero ?? true {
            return Refusal(field: "symbol", reason: "there is no holding of \(symbol) to split")
        }
        if case .split(let symbol, let ratio) = transaction.kind,
           let holding = book(at: transaction.time).holdings[symbol], (holding.quantity * ratio).isZero {
            return Refusal(field: "ratio", reason: "nothing would be left of the holding")
        }
        if case .trade = transaction.kind, transaction.currency != currency {
            return Refusal(field: "currency", reason: "trades are booked in the portfolio's currency, \(currency): there are "
                + "no exchange rates to value others with")
        }
        if isTooLarge(transaction) { return Self.tooLarge(transaction) }
        let copy = self.after(transaction)
        if !copy.book.isWithinLimit { return Self.tooLarge(transaction) }
        if allowsNegativeCash { return nil }
        let after = copy.book.cash[transaction.currency] ?? .zero, before = book.cash[transaction.currency] ?? .zero
        guard after < before else { return nil }
        let lowest = copy.lowestCash(from: transaction)
        guard lowest.isNegative else { return nil }
        return Refusal(
            field: transaction.symbol == nil ? "amount" : "quantity",
            reason: "cash would be \(lowest) \(transaction.currency), and this portfolio does not allow negative cash")
    }

    /// Whether the amount a transaction moves is itself beyond what may be kept.
    func isTooLarge(_ transaction: LedgerTransaction) -> Bool {
        switch transaction.kind {
        case .trade(_, _, let quantity, let price, _): !(quantity * price).isWithinLimit
        case .split(let symbol, let ratio):
            !((book(at: transaction.time).holdings[symbol]?.quantity ?? .zero) * ratio).isWithinLimit
        default: false
        }
    }

    private static func tooLarge(_ transaction: LedgerTransaction) -> Refusal {
        let field = switch transaction.kind {
        case .trade: "quantity"
        case .split: "ratio"
        default: "amount"
        }
        return Refusal(field: field, reason: "the portfolio would hold or have moved more than 1e15 of something")
    }

    /// The least cash in a transaction's currency after it and after each one that follows it.
    private func lowestCash(from transaction: LedgerTransaction) -> Money {
        let currency = transaction.currency
        if transactions.last?.id == transaction.id { return book.cash[currency] ?? .zero }
        var book = Book(), lowest: Money?
        for known in transactions {
            book.apply(known)
            let cash = book.cash[currency] ?? .zero
            if lowest != nil || known.id == transaction.id { lowest = min(lowest ?? cash, cash) }
        }
        return lowest ?? .zero
    }

    /// Books a transaction. One that is dated back is put in its place and the book computed anew.
    mutating func add(_ transaction: LedgerTransaction) {
        guard known.insert(transaction.id).inserted else { return }
        if let symbol = transaction.symbol { watched.insert(symbol) }
        began = min(began ?? transaction.time, transaction.time)
        if case .split(let symbol, let ratio) = transaction.kind {
            splits[symbol, default: []].append(ShareSplit(ratio: ratio, time: transaction.time))
            splits[symbol]?.sort { $0.time < $1.time }
        }
        if let last = transactions.last, LedgerTransaction.precedes(transaction, last) {
            let place = transactions.firstIndex { LedgerTransaction.precedes(transaction, $0) } ?? transactions.endIndex
            transactions.insert(transaction, at: place)
            book = Self.book(of: transactions[...])
        } else {
            transactions.append(transaction)
            book.apply(transaction)
        }
    }

    /// The account with one more transaction, for looks at that time and later. Where the transaction comes last the
    /// history is left out: copying it would cost more with each one.
    func after(_ transaction: LedgerTransaction) -> Account {
        var account = self
        if let last = transactions.last, !LedgerTransaction.precedes(transaction, last) {
            account.transactions = []
            account.known = []
        }
        account.add(transaction)
        return account
    }

    /// The book as it was at a time, transactions of that instant included.
    func book(at time: Timestamp) -> Book {
        guard let last = transactions.last, last.time > time else { return book }
        return Self.book(of: transactions.prefix { $0.time <= time })
    }

    /// The book at each of some times, which rise, in one walk.
    func books<R>(at times: [Timestamp], _ body: (Timestamp, Book) -> R) -> [R] {
        guard let first = times.first, let last = transactions.last, last.time > first else {
            return times.map { body($0, book) }
        }
        var walked = Book(), next = 0
        return times.map { time in
            while next < transactions.count && transactions[next].time <= time {
                walked.apply(transactions[next])
                next += 1
            }
            return body(time, walked)
        }
    }

    /// A mark as a price at a later time: shares that were split in between cost so much less each.
    func price(_ mark: PriceMark, of symbol: Symbol, at time: Timestamp) -> Price {
        var price = mark.price
        for split in splits[symbol] ?? [] where split.time > mark.time && split.time <= time { price = price / split.ratio }
        return price
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
