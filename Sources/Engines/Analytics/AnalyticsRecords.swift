import EngineKit
import Market
import Store

/// The tables of analytics: values of portfolios over time, and their positions.
enum AnalyticsRecords {
    static let migrations = [
        Migration(version: 2, name: "portfolio curves", statements: [
            """
            CREATE TABLE portfolio_value (
                portfolio TEXT NOT NULL, ts BIGINT NOT NULL, cash TEXT NOT NULL, market_value TEXT NOT NULL,
                realized TEXT NOT NULL, unrealized TEXT NOT NULL, trades BIGINT NOT NULL, PRIMARY KEY (portfolio, ts))
            """,
            """
            CREATE TABLE portfolio_position (
                portfolio TEXT NOT NULL, symbol TEXT NOT NULL, quantity TEXT NOT NULL, average_cost TEXT NOT NULL,
                price TEXT, realized TEXT NOT NULL, ts BIGINT NOT NULL, PRIMARY KEY (portfolio, symbol))
            """,
        ]),
        // Null where a row is older than the column: what had come in by then was not told.
        Migration(version: 3, name: "net deposits", statements: [
            "ALTER TABLE portfolio_value ADD COLUMN net_deposits TEXT",
        ]),
        PerformanceMetrics.migration,
        Outbox.byPosition(version: 5),
        Outbox.lives(version: 6),
    ]

    /// Writes a value; the same message again changes nothing, a later one for the same time restates it.
    static func upsert(_ value: PortfolioValue) -> Statement {
        Statement(
            """
            INSERT INTO portfolio_value (portfolio, ts, cash, market_value, realized, unrealized, trades, net_deposits)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (portfolio, ts) DO UPDATE SET cash = excluded.cash, market_value = excluded.market_value,
                realized = excluded.realized, unrealized = excluded.unrealized, trades = excluded.trades,
                net_deposits = excluded.net_deposits
            """,
            [.text(value.portfolioID), .integer(value.time.nanoseconds), .text(value.cash.description),
             .text(value.marketValue.description), .text(value.realized.description),
             .text(value.unrealized.description), .integer(Int64(value.trades)),
             .text(value.netDeposits.description)])
    }

    /// Writes a position unless a later one is there.
    static func upsert(_ position: PositionUpdate) -> Statement {
        Statement(
            """
            INSERT INTO portfolio_position (portfolio, symbol, quantity, average_cost, price, realized, ts)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (portfolio, symbol) DO UPDATE SET quantity = excluded.quantity,
                average_cost = excluded.average_cost, price = excluded.price, realized = excluded.realized,
                ts = excluded.ts
                WHERE excluded.ts >= portfolio_position.ts
            """,
            [.text(position.portfolioID), .text(position.symbol.text), .text(position.quantity.description),
             .text(position.averageCost.description), position.price.map { .text($0.description) } ?? .null,
             .text(position.realized.description), .integer(position.time.nanoseconds)])
    }

    /// Everything that was folded in an earlier life.
    static func load(_ records: any RecordStore) async throws -> [String: LivePortfolio] {
        var portfolios: [String: LivePortfolio] = [:]
        for (id, values) in Dictionary(grouping: try await values(records), by: \.portfolioID) {
            portfolios[id, default: LivePortfolio(id: id)].take(values)
        }
        let positions = try await records.query(Statement(
            "SELECT portfolio, symbol, quantity, average_cost, price, realized, ts FROM portfolio_position"))
        for row in positions.records {
            let id: String = try row.value(0), name: String = try row.value(1), price: String? = try row.value(4)
            guard let symbol = Symbol(name) else { continue }
            portfolios[id, default: LivePortfolio(id: id)].take(PositionUpdate(
                portfolioID: id, symbol: symbol, quantity: try money(row, 2), averageCost: try money(row, 3),
                price: price.flatMap { FixedPoint(text: $0, limit: .furthest) }, realized: try money(row, 5),
                time: Timestamp(nanoseconds: try row.value(6))))
        }
        return portfolios
    }

    /// Stored values by portfolio and time. A row without net deposits has those of the next one: what came in before
    /// the column was there moved the curve, and is not told as one great flow now.
    private static func values(_ records: any RecordStore) async throws -> [PortfolioValue] {
        let rows = try await records.query(Statement(
            """
            SELECT portfolio, ts, cash, market_value, realized, unrealized, trades, net_deposits FROM portfolio_value
            ORDER BY portfolio, ts
            """))
        var values: [PortfolioValue] = []
        for row in rows.records.reversed() {
            let id: String = try row.value(0), text: String? = try row.value(7)
            let next = values.last.flatMap { $0.portfolioID == id ? $0.netDeposits : nil }
            values.append(PortfolioValue(
                portfolioID: id, time: Timestamp(nanoseconds: try row.value(1)), cash: try money(row, 2),
                marketValue: try money(row, 3), realized: try money(row, 4), unrealized: try money(row, 5),
                netDeposits: try text == nil ? next ?? .zero : money(row, 7), trades: try row.value(6)))
        }
        return values.reversed()
    }

    private static func money(_ row: ResultSet.Row, _ column: Int) throws(StoreError) -> FixedPoint {
        let text: String = try row.value(column)
        guard let value = FixedPoint(text: text, limit: .furthest) else {
            throw StoreError(.typeMismatch, "column \(column) holds \"\(text)\", not a decimal")
        }
        return value
    }
}
