import Market
import Store

/// The rows of what portfolios were valued at, so that a new life values them as the last one did. A row without a symbol
/// is a time for which a value was told because of a transaction.
enum ValuationRecords {
    static func migration(version: Int) -> Migration {
        let columns = """
            portfolio_id TEXT NOT NULL, time BIGINT NOT NULL, symbol TEXT NOT NULL, price TEXT,
                looked_up BIGINT NOT NULL,
                PRIMARY KEY (portfolio_id, time, symbol)
            """
        return Migration(
            version: version, name: "valuations", statements: ["CREATE TABLE valuations (\(columns))"],
            overrides: [.sqlite: ["CREATE TABLE valuations (\(columns)) WITHOUT ROWID"]])
    }

    static func upsert(_ mark: PriceMark, of symbol: Symbol, in portfolio: String) -> Statement {
        row(portfolio, mark.time, symbol.text, .text(mark.price.description), isLookedUp: mark.isLookedUp)
    }

    static func upsert(_ time: Timestamp, in portfolio: String) -> Statement { row(portfolio, time, "", .null) }

    private static func row(
        _ portfolio: String, _ time: Timestamp, _ symbol: String, _ price: SQLValue, isLookedUp: Bool = false
    ) -> Statement {
        Statement(
            """
            INSERT INTO valuations (portfolio_id, time, symbol, price, looked_up) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (portfolio_id, time, symbol)
            DO UPDATE SET price = excluded.price, looked_up = excluded.looked_up
            """, [.text(portfolio), .integer(time.nanoseconds), .text(symbol), price, .integer(isLookedUp ? 1 : 0)])
    }

    static func delete(_ forgotten: ValuationHistory.Forgotten, of portfolio: String) -> [Statement] {
        let times = [("", forgotten.time)] + forgotten.marks.map { ($0.key.text, $0.value) }.sorted { $0.0 < $1.0 }
        return times.map { symbol, time in
            Statement("DELETE FROM valuations WHERE portfolio_id = $1 AND symbol = $2 AND time < $3",
                      [.text(portfolio), .text(symbol), .integer(time.nanoseconds)])
        }
    }

    /// The histories of all portfolios.
    static func load(_ records: any RecordStore) async throws(StoreError) -> [String: ValuationHistory] {
        let rows = try await records.query(Statement(
            "SELECT portfolio_id, time, symbol, price, looked_up FROM valuations ORDER BY portfolio_id, time"))
        var histories: [String: ValuationHistory] = [:]
        for row in rows.records {
            let portfolio: String = try row.value(0), name: String = try row.value(2), text: String? = try row.value(3)
            let time = Timestamp(nanoseconds: try row.value(1))
            if let symbol = Symbol(name), let price = text.flatMap({ FixedPoint(text: $0, limit: .furthest) }) {
                let mark = PriceMark(time: time, price: price, isLookedUp: try row.value(4))
                histories[portfolio, default: ValuationHistory()].take(mark, of: symbol)
            } else {
                histories[portfolio, default: ValuationHistory()].tell(at: time)
            }
        }
        return histories
    }
}
