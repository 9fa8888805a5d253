import Market
import Store

/// Rows of what traders hold by their fills, and of the fills that were taken.
enum TraderRecords {
    static let migration = Migration(version: 60, name: "traders", statements: [
        "ALTER TABLE reservations ADD COLUMN trader TEXT",
        "ALTER TABLE reservations ADD COLUMN heard BIGINT NOT NULL DEFAULT 0",
        """
        CREATE TABLE trader_lines (trader TEXT NOT NULL, symbol TEXT NOT NULL, quantity TEXT NOT NULL,
            price DOUBLE PRECISION NOT NULL, day BIGINT NOT NULL, opening TEXT NOT NULL,
            opening_price DOUBLE PRECISION NOT NULL, spent DOUBLE PRECISION NOT NULL, marked BIGINT,
            portfolios TEXT NOT NULL, PRIMARY KEY (trader, symbol))
        """,
        "CREATE TABLE trader_fills (fill_id TEXT PRIMARY KEY, trader TEXT NOT NULL, recorded BIGINT NOT NULL)",
        "CREATE INDEX trader_fills_by_time ON trader_fills (recorded)",
    ])

    /// A line as it is after a fill.
    static func upsert(_ line: TraderLine, of trader: String, fill: String, at now: Timestamp) -> [Statement] {
        [
            Statement(
                """
                INSERT INTO trader_lines (trader, symbol, quantity, price, day, opening, opening_price, spent, marked,
                    portfolios)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (trader, symbol) DO UPDATE SET quantity = excluded.quantity, price = excluded.price,
                    day = excluded.day, opening = excluded.opening, opening_price = excluded.opening_price,
                    spent = excluded.spent, marked = excluded.marked, portfolios = excluded.portfolios
                """,
                [.text(trader), .text(line.symbol.text), .text("\(line.quantity)"), .real(line.price),
                 .integer(line.day), .text("\(line.opening)"), .real(line.openingPrice), .real(line.spent),
                 line.marked.map { .integer($0.nanoseconds) } ?? .null,
                 .text(line.portfolios.sorted().joined(separator: "\n"))]),
            Statement(
                """
                INSERT INTO trader_fills (fill_id, trader, recorded) VALUES ($1, $2, $3)
                ON CONFLICT (fill_id) DO NOTHING
                """, [.text(fill), .text(trader), .integer(now.nanoseconds)]),
        ]
    }

    /// All lines, and the newest fills that were taken, oldest first.
    static func books(_ records: any RecordStore) async throws -> TraderBooks {
        var books = TraderBooks()
        let lines = try await records.query(Statement(
            """
            SELECT trader, symbol, quantity, price, day, opening, opening_price, spent, marked, portfolios
            FROM trader_lines
            """))
        for row in lines.records {
            let marked: Int64? = try row.value(8), portfolios: String = try row.value(9)
            let line = TraderLine(
                symbol: try row.symbol(1), quantity: try row.number(2), price: try row.value(3), day: try row.value(4),
                opening: try row.number(5), openingPrice: try row.value(6), spent: try row.value(7),
                marked: marked.map { Timestamp(nanoseconds: $0) },
                portfolios: Set(portfolios.split(separator: "\n").map(String.init)))
            books.restore(line, of: try row.value(0))
        }
        let fills = try await records.query(Statement(
            "SELECT fill_id FROM trader_fills ORDER BY recorded DESC LIMIT $1", [.integer(Int64(TraderBooks.memory))]))
        for row in fills.records.reversed() { _ = books.remember(try row.value(0)) }
        return books
    }
}
