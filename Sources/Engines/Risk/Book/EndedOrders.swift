import Market
import Runtime
import Store

/// Rows of orders that ended before they were decided; each goes when it is.
enum EndedOrders {
    static let migration = Migration(version: 87, name: "orders that ended before they were decided", statements: [
        "CREATE TABLE ended_orders (order_id TEXT PRIMARY KEY, state TEXT NOT NULL, recorded BIGINT NOT NULL)",
        "CREATE INDEX ended_orders_by_time ON ended_orders (recorded)",
    ])

    static func insert(_ order: String, _ state: OrderState, at now: Timestamp) -> Statement {
        Statement(
            """
            INSERT INTO ended_orders (order_id, state, recorded) VALUES ($1, $2, $3) ON CONFLICT (order_id) DO NOTHING
            """, [.text(order), .text(state.rawValue), .integer(now.nanoseconds)])
    }

    static func delete(_ order: String) -> Statement {
        Statement("DELETE FROM ended_orders WHERE order_id = $1", [.text(order)])
    }

    /// The newest, oldest first.
    static func newest(
        _ records: any RecordStore, limit: Int
    ) async throws(StoreError) -> [(id: String, state: OrderState)] {
        try await records.query(Statement(
            "SELECT order_id, state FROM ended_orders ORDER BY recorded DESC, order_id LIMIT $1",
            [.integer(Int64(limit))])).map { (row) throws(StoreError) -> (id: String, state: OrderState) in
                let state: String = try row.value(1)
                return (try row.value(0), OrderState(rawValue: state) ?? .cancelled)
            }.reversed()
    }
}
