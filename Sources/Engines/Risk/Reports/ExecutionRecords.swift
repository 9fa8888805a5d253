import EngineKit
import Market
import Store
import Wire

/// Orders that have ended, kept as the bus told of them, for reports on their execution.
enum ExecutionRecords {
    /// Most orders that a report measures: the newest.
    static let most = 1_000

    static let migration = Migration(
        version: 41, name: "executions",
        statements: [
            """
            CREATE TABLE executions (order_id TEXT PRIMARY KEY, portfolio_id TEXT NOT NULL, time BIGINT NOT NULL,
                recorded BIGINT NOT NULL, told BYTEA NOT NULL)
            """,
            "CREATE INDEX executions_by_time ON executions (portfolio_id, time)"
        ])

    /// The row of an order that has ended; a later word on it replaces the former. Nil where it is no whole order.
    static func upsert(_ told: [UInt8], _ json: JSONValue, at recorded: Timestamp) -> Statement? {
        guard let order = ToldOrder(json: json) else { return nil }
        return Statement(
            """
            INSERT INTO executions (order_id, portfolio_id, time, recorded, told) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (order_id) DO UPDATE SET time = excluded.time, recorded = excluded.recorded,
                told = excluded.told
            """,
            [
                .text(order.id), .text(order.portfolioID), .integer(order.lastTime.nanoseconds),
                .integer(recorded.nanoseconds),
                .blob(told)
            ])
    }

    /// Orders of a portfolio that ended within a period, the newest first, at most so many.
    static func read(
        _ portfolio: String, from: Timestamp, to: Timestamp, limit: Int, _ records: any RecordStore
    ) async throws -> [ToldOrder] {
        let rows = try await records.query(
            Statement(
                """
                SELECT told FROM executions WHERE portfolio_id = $1 AND time >= $2 AND time <= $3
                ORDER BY time DESC, order_id DESC LIMIT $4
                """, [.text(portfolio), .integer(from.nanoseconds), .integer(to.nanoseconds), .integer(Int64(limit))]))
        let parser = JSONParser()
        var orders: [ToldOrder] = []
        for row in rows.records {
            if let order = try parser.withDocument(try row.value(0), { ToldOrder(json: $0) }) { orders.append(order) }
        }
        return orders
    }
}
