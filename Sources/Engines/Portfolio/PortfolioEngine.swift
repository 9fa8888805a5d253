// Portfolio: folds fills and transactions into a double-entry ledger. It alone owns positions.
public import Bus
public import EngineKit
import HTTP
import Market
public import Runtime
public import Store
import Telemetry
import Wire

/// Owns portfolios: what happened to them, what they hold and what they are worth.
@LoopActor public final class PortfolioEngine: Engine {
    public nonisolated static var name: EngineName { .portfolio }
    public nonisolated static var migrations: [Migration] { LedgerRecords.migrations }
    public nonisolated static var answersAfterStart: Bool { true }

    let context: EngineContext
    let idempotency: Idempotency
    let audit: AuditTrail
    let locks = KeyedLock()
    private(set) var accounts: [String: Account] = [:]
    /// Portfolios in order of creation.
    private(set) var order: [String] = []
    /// Closes that came by, for everyone.
    var board = PriceBoard()
    /// What each portfolio was valued at.
    var histories: [String: ValuationHistory] = [:]
    private var sequence: Int64 = 0
    private let posted: Counter

    public init(_ context: EngineContext) {
        self.context = context
        idempotency = Idempotency(context)
        audit = AuditTrail(context)
        posted = context.registry.counter("nautilus_portfolio_posted_transactions_total", "Transactions booked.")
    }

    public func start() async throws {
        let loaded = try await LedgerRecords.load(context.records)
        accounts = Dictionary(uniqueKeysWithValues: loaded.map { ($0.id, $0) })
        order = loaded.map(\.id)
        histories = try await ValuationRecords.load(context.records)
        sequence = loaded.flatMap(\.transactions).map(\.sequence).max() ?? 0
        audit.start()
    }

    public func stop() async { audit.stop() }

    public var subscriptions: [Subscription] {
        [Subscription(group: Self.name.rawValue, families: [Topics.fill, Topics.bar],
            batchLimit: 64) { [weak self] batch in
            for message in batch { try await self?.take(message) }
        }]
    }

    // MARK: Creating and posting

    /// Creates a portfolio; the answer's statements go into the same transaction.
    func create(_ account: Account, _ statements: [Statement]) async throws {
        AuditScope.current?.object = "portfolio/\(account.id)"
        try await context.commit([LedgerRecords.insert(account)] + statements)
        accounts[account.id] = account
        order.append(account.id)
    }

    /// Books a transaction: durable when this returns. One at a time per portfolio.
    func post(
        _ draft: LedgerTransaction, to portfolio: String, cause: Message? = nil, trace: String? = nil,
        _ statements: @LoopActor (LedgerTransaction) -> [Statement] = { _ in [] }
    ) async throws -> LedgerTransaction {
        try await locks.with(portfolio) {
            guard let account = accounts[portfolio] else { throw Problem.notFound("no portfolio \(portfolio)") }
            if account.known.contains(draft.id) { return draft }
            var transaction = draft
            transaction.sequence = sequence + 1
            // A fill has happened: it is booked whatever it leaves.
            if cause == nil, let refusal = account.refusal(of: transaction, now: context.clock.now) {
                throw Problem.invalid("/" + refusal.field, refusal.reason)
            }
            guard !account.isTooLarge(transaction) else { throw MessageError.tooLarge(transaction.id) }
            let after = account.after(transaction)
            guard after.book.isWithinLimit else { throw MessageError.tooLarge(transaction.id) }
            sequence += 1
            let adopted = await adopt(after, at: transaction.time)
            let messages = updates(after, transaction, adopted, cause, trace)
            AuditScope.current?.object = "portfolio/\(portfolio)/transaction/\(transaction.id)"
            try await context.commit(
                [LedgerRecords.insert(transaction, into: portfolio, recorded: context.clock.now),
                 ValuationRecords.upsert(transaction.time, in: portfolio)]
                    + adopted.map { ValuationRecords.upsert($0.value, of: $0.key, in: portfolio) } + statements(transaction),
                messages)
            accounts[portfolio]?.add(transaction)
            await told(of: portfolio) { history in
                history.tell(at: transaction.time)
                for (symbol, mark) in adopted { history.take(mark, of: symbol) }
            }
            posted.increment()
            return transaction
        }
    }

    // MARK: The bus

    private func take(_ message: Message) async throws {
        switch message.topic.family {
        case Topics.fill.name:
            guard let fill = try JSONParser().withDocument(message.data, { Fill(json: $0) }) else {
                throw Unreadable(message)
            }
            try await take(fill, message)
        default:
            guard let bar = try JSONParser().withDocument(message.data, { Bar(json: $0) }) else {
                throw Unreadable(message)
            }
            try await take(bar, message)
        }
    }

    private func take(_ fill: Fill, _ message: Message) async throws {
        guard let account = accounts[fill.portfolioID] else { throw MessageError.unknownPortfolio(fill.portfolioID) }
        let transaction = LedgerTransaction(
            id: "fill:\(fill.id)",
            kind: .trade(fill.symbol, fill.side, quantity: fill.quantity, price: fill.price,
                commission: fill.commission),
            currency: account.currency, time: fill.time, sequence: 0, note: "order \(fill.orderID)")
        // Idempotent by the fill's id: a second delivery finds it booked.
        _ = try await post(transaction, to: fill.portfolioID, cause: message)
    }

    /// The next place in the order of recording is given out at posting; a draft has none.
    func draft(_ kind: LedgerTransaction.Kind, _ currency: String, _ time: Timestamp,
        _ note: String) -> LedgerTransaction {
        LedgerTransaction(id: context.identifiers.nextText(), kind: kind, currency: currency, time: time, sequence: 0,
                          note: note)
    }
}

/// Why a message cannot be folded; it goes to the dead letters with this reason.
enum MessageError: Error, CustomStringConvertible {
    case unknownPortfolio(String)
    case tooLarge(String)

    var description: String {
        switch self {
        case .unknownPortfolio(let id): "no portfolio \(id)"
        case .tooLarge(let id): "with \(id) the portfolio would hold or have moved more than 1e15 of something"
        }
    }
}
