import EngineKit
import Market
import Store

/// The ledger's tables, and its rows to and fro.
enum LedgerRecords {
    static let migrations: [Migration] = [
        Idempotency.migration(version: 2),
        Migration(version: 3, name: "ledger", statements: [
            """
            CREATE TABLE portfolios (
                id TEXT PRIMARY KEY, name TEXT NOT NULL, currency TEXT NOT NULL, allow_negative_cash BIGINT NOT NULL,
                created BIGINT NOT NULL, watched TEXT NOT NULL)
            """,
            """
            CREATE TABLE transactions (
                id TEXT PRIMARY KEY, portfolio_id TEXT NOT NULL REFERENCES portfolios (id), sequence BIGINT NOT NULL,
                type TEXT NOT NULL, time BIGINT NOT NULL, currency TEXT NOT NULL, symbol TEXT, amount TEXT,
                quantity TEXT, price TEXT, commission TEXT, note TEXT NOT NULL, recorded BIGINT NOT NULL)
            """,
            "CREATE INDEX transactions_by_portfolio ON transactions (portfolio_id, sequence)",
        ]),
        AuditTrail.migration(version: 4),
        Outbox.byPosition(version: 5),
        Idempotency.byAge(version: 6),
        ValuationRecords.migration(version: 7),
        Outbox.lives(version: 8),
    ]

    static func insert(_ account: Account) -> Statement {
        Statement(
            """
            INSERT INTO portfolios (id, name, currency, allow_negative_cash, created, watched)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [.text(account.id), .text(account.name), .text(account.currency),
             .integer(account.allowsNegativeCash ? 1 : 0), .integer(account.created.nanoseconds),
             .text(account.watched.sorted().map(\.text).joined(separator: ","))])
    }

    static func insert(_ transaction: LedgerTransaction, into portfolio: String, recorded: Timestamp) -> Statement {
        var amount: FixedPoint?, quantity: Quantity?, price: Price?, commission: Money?
        switch transaction.kind {
        case .deposit(let value), .withdrawal(let value), .fee(let value), .interest(let value): amount = value
        case .dividend(_, let value): amount = value
        case .split(_, let ratio): quantity = ratio
        case .trade(_, _, let traded, let at, let paid): (quantity, price, commission) = (traded, at, paid)
        }
        func text(_ value: FixedPoint?) -> SQLValue { value.map { .text($0.description) } ?? .null }
        return Statement(
            """
            INSERT INTO transactions (id, portfolio_id, sequence, type, time, currency, symbol, amount, quantity,
                price, commission, note, recorded)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            [.text(transaction.id), .text(portfolio), .integer(transaction.sequence), .text(transaction.type),
             .integer(transaction.time.nanoseconds), .text(transaction.currency),
             transaction.symbol.map { .text($0.text) } ?? .null, text(amount), text(quantity), text(price),
             text(commission), .text(transaction.note), .integer(recorded.nanoseconds)])
    }

    /// All portfolios with their transactions.
    static func load(_ records: any RecordStore) async throws(StoreError) -> [Account] {
        let portfolios = try await records.query(
            Statement("SELECT id, name, currency, allow_negative_cash, created, watched FROM portfolios ORDER BY created, id"))
        var accounts: [String: Account] = [:], order: [String] = []
        for row in portfolios.records {
            let id: String = try row.value(0), watched: String = try row.value(5)
            order.append(id)
            accounts[id] = Account(
                id: id, name: try row.value(1), currency: try row.value(2), allowsNegativeCash: try row.value(3),
                created: Timestamp(nanoseconds: try row.value(4)),
                watched: Set(watched.split(separator: ",").compactMap { Symbol($0) }))
        }
        let rows = try await records.query(Statement("""
            SELECT portfolio_id, id, sequence, type, time, currency, symbol, amount, quantity, price, commission, note
            FROM transactions ORDER BY time, sequence
            """))
        for row in rows.records {
            let portfolio: String = try row.value(0)
            accounts[portfolio]?.add(try transaction(row))
        }
        return order.compactMap { accounts[$0] }
    }

    private static func transaction(_ row: ResultSet.Row) throws(StoreError) -> LedgerTransaction {
        let type: String = try row.value(3), id: String = try row.value(1), symbolText: String? = try row.value(6)
        let symbol = symbolText.flatMap { Symbol($0) }
        func number(_ column: Int) throws(StoreError) -> FixedPoint {
            let text: String = try row.value(column)
            guard let value = FixedPoint(text: text, limit: .furthest) else {
                throw StoreError(.corrupted, "transaction \(id) has a number \"\(text)\"")
            }
            return value
        }
        let kind: LedgerTransaction.Kind
        switch (type, symbol) {
        case ("deposit", _): kind = .deposit(try number(7))
        case ("withdrawal", _): kind = .withdrawal(try number(7))
        case ("fee", _): kind = .fee(try number(7))
        case ("interest", _): kind = .interest(try number(7))
        case ("dividend", _): kind = .dividend(symbol, try number(7))
        case ("split", .some(let symbol)): kind = .split(symbol, ratio: try number(8))
        case ("buy", .some(let symbol)), ("sell", .some(let symbol)):
            kind = .trade(symbol, type == "buy" ? .buy : .sell, quantity: try number(8), price: try number(9),
                          commission: try number(10))
        default: throw StoreError(.corrupted, "transaction \(id) has the type \"\(type)\"")
        }
        return LedgerTransaction(id: id, kind: kind, currency: try row.value(5),
                                 time: Timestamp(nanoseconds: try row.value(4)), sequence: try row.value(2),
                                 note: try row.value(11))
    }
}
