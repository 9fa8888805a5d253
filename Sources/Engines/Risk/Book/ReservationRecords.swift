import Market
import Store

/// Rows of open orders and of fills that are not part of a position yet.
enum ReservationRecords {
    static let migration = Migration(version: 20, name: "reservations", statements: [
        """
        CREATE TABLE reservations (order_id TEXT PRIMARY KEY, portfolio_id TEXT NOT NULL, symbol TEXT NOT NULL,
            quantity TEXT NOT NULL, price TEXT NOT NULL, fills TEXT NOT NULL, awaited TEXT NOT NULL,
            time BIGINT NOT NULL)
        """,
        """
        CREATE TABLE landed_fills (message TEXT PRIMARY KEY, fill_id TEXT NOT NULL, portfolio_id TEXT NOT NULL,
            symbol TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, time BIGINT NOT NULL,
            is_held BIGINT NOT NULL)
        """,
    ])

    static func upsert(_ reservation: Reservation) -> Statement {
        Statement(
            """
            INSERT INTO reservations (order_id, portfolio_id, symbol, quantity, price, fills, awaited, time, trader,
                heard)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (order_id) DO UPDATE SET quantity = excluded.quantity, fills = excluded.fills,
                awaited = excluded.awaited, heard = excluded.heard
            """,
            [.text(reservation.orderID), .text(reservation.portfolioID), .text(reservation.symbol.text),
             .text("\(reservation.quantity)"), .text("\(reservation.price)"),
             .text(reservation.fills.joined(separator: " ")), .text(reservation.awaited.joined(separator: " ")),
             .integer(reservation.time.nanoseconds), reservation.trader.map { .text($0) } ?? .null,
             .integer(reservation.heard.nanoseconds)])
    }

    static func delete(order: String) -> Statement {
        Statement("DELETE FROM reservations WHERE order_id = $1", [.text(order)])
    }

    static func upsert(_ fill: LandedFill) -> Statement {
        Statement(
            """
            INSERT INTO landed_fills (message, fill_id, portfolio_id, symbol, quantity, price, time, is_held)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (message) DO UPDATE SET is_held = excluded.is_held
            """,
            [.text("\(fill.message.value)"), .text(fill.id), .text(fill.portfolioID), .text(fill.symbol.text),
             .text("\(fill.quantity)"), .text("\(fill.price)"), .integer(fill.time.nanoseconds),
             .integer(fill.isHeld ? 1 : 0)])
    }

    static func settle(_ message: MessageID) -> Statement {
        Statement("UPDATE landed_fills SET is_held = 1 WHERE message = $1", [.text("\(message.value)")])
    }

    static func delete(landed message: MessageID) -> Statement {
        Statement("DELETE FROM landed_fills WHERE message = $1", [.text("\(message.value)")])
    }

    /// Open orders, oldest first; one that nothing was noted of is as if heard of now.
    static func reservations(_ records: any RecordStore, at now: Timestamp) async throws -> [Reservation] {
        let rows = try await records.query(Statement(
            """
            SELECT order_id, portfolio_id, symbol, quantity, price, fills, awaited, time, trader, heard
            FROM reservations ORDER BY time, order_id
            """))
        return try rows.records.map { row in
            let heard: Int64 = try row.value(9)
            var reservation = Reservation(
                orderID: try row.value(0), portfolioID: try row.value(1), symbol: try row.symbol(2),
                quantity: try row.number(3), price: try row.number(4), time: Timestamp(nanoseconds: try row.value(7)),
                trader: try row.value(8), heard: heard == 0 ? now : Timestamp(nanoseconds: heard))
            let fills: String = try row.value(5), awaited: String = try row.value(6)
            reservation.fills = fills.split(separator: " ").map(String.init)
            reservation.awaited = awaited.split(separator: " ").map(String.init)
            return reservation
        }
    }

    static func landed(_ records: any RecordStore) async throws -> [LandedFill] {
        let rows = try await records.query(Statement(
            """
            SELECT message, fill_id, portfolio_id, symbol, quantity, price, time, is_held FROM landed_fills
            ORDER BY time, fill_id
            """))
        return try rows.records.map { row in
            let message: String = try row.value(0), isHeld: Int64 = try row.value(7)
            guard let id = UInt128(message) else { throw StoreError(.corrupted, "a fill's message is no number") }
            return LandedFill(
                id: try row.value(1), portfolioID: try row.value(2), message: MessageID(id), symbol: try row.symbol(3),
                quantity: try row.number(4), price: try row.number(5),
                time: Timestamp(nanoseconds: try row.value(6)), isHeld: isHeld != 0)
        }
    }
}

extension ResultSet.Row {
    /// A column that is a symbol's text.
    func symbol(_ index: Int) throws(StoreError) -> Symbol {
        let text: String = try value(index)
        guard let symbol = Symbol(text) else { throw StoreError(.corrupted, "\(text) is no symbol") }
        return symbol
    }

    /// A column that is an exact number's text.
    func number(_ index: Int) throws(StoreError) -> FixedPoint {
        let text: String = try value(index)
        guard let number = FixedPoint(text: text, limit: .furthest) else { throw StoreError(.corrupted, "\(text) is no number") }
        return number
    }
}
