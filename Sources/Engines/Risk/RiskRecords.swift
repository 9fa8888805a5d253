import EngineKit
import HTTP
import Market
import Store
import Wire

/// A row of what risk was told, to be folded again at a start.
enum StoredUpdate {
    case position(PositionUpdate), value(PortfolioValue)

    func apply(to state: inout RiskState) {
        switch self {
        case .position(let update): state.apply(update)
        case .value(let value): state.apply(value)
        }
    }
}

/// The risk engine's tables, and its rows to and fro.
enum RiskRecords {
    static let migrations: [Migration] = [
        Idempotency.migration(version: 2),
        Migration(version: 3, name: "limits and decisions", statements: [
            "CREATE TABLE limits (id TEXT PRIMARY KEY, definition BYTEA NOT NULL, position BIGINT NOT NULL)",
            """
            CREATE TABLE decisions (order_id TEXT PRIMARY KEY, approved BIGINT NOT NULL, decision BYTEA NOT NULL,
                decided BIGINT NOT NULL)
            """,
            """
            CREATE TABLE positions (portfolio_id TEXT NOT NULL, symbol TEXT NOT NULL, told BYTEA NOT NULL,
                PRIMARY KEY (portfolio_id, symbol))
            """,
            """
            CREATE TABLE portfolio_values (portfolio_id TEXT NOT NULL, time BIGINT NOT NULL, told BYTEA NOT NULL,
                PRIMARY KEY (portfolio_id, time))
            """,
        ]),
        RiskEvents.migration,
        AuditTrail.migration(version: 5),
        RiskControls.migration,
        ReportRecords.migration,
        ReservationRecords.migration,
        LimitVersions.migration,
        AuditTrail.chainMigration(version: 30),
        LimitChanges.migration,
        ResponseRecords.migration,
        ClientRecords.migration,
        AdjustmentRecords.migration,
        CapitalBookRecords.migration,
        ExecutionRecords.migration,
        PredictionRecords.migration,
        TraderRecords.migration,
        MarkRecords.migration,
        Outbox.byPosition(version: 80),
        keyed,
        AdjustmentRecords.regimes,
        Idempotency.byAge(version: 83),
        MarkRecords.closes,
        SplitRecords.migration,
        EndedOrders.migration,
        LimitRows.versions,
        Outbox.lives(version: 89),
        // Null for those of builds before.
        Migration(version: 92, name: "what was decided", statements: ["ALTER TABLE decisions ADD COLUMN intent BIGINT"]),
    ]

    /// Has SQLite find decisions and open orders in one tree each, of their keys, where it kept two: an order then
    /// touches half the pages. PostgreSQL keeps them as they are.
    private static let keyed = Migration(version: 81, name: "decisions by order", statements: [], overrides: [.sqlite: [
        """
        CREATE TABLE decisions_by_order (order_id TEXT PRIMARY KEY, approved BIGINT NOT NULL, decision BYTEA NOT NULL,
            decided BIGINT NOT NULL) WITHOUT ROWID
        """,
        "INSERT INTO decisions_by_order SELECT order_id, approved, decision, decided FROM decisions",
        "DROP TABLE decisions", "ALTER TABLE decisions_by_order RENAME TO decisions",
        """
        CREATE TABLE reservations_by_order (order_id TEXT PRIMARY KEY, portfolio_id TEXT NOT NULL,
            symbol TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, fills TEXT NOT NULL,
            awaited TEXT NOT NULL, time BIGINT NOT NULL, trader TEXT, heard BIGINT NOT NULL DEFAULT 0) WITHOUT ROWID
        """,
        """
        INSERT INTO reservations_by_order
        SELECT order_id, portfolio_id, symbol, quantity, price, fills, awaited, time, trader, heard FROM reservations
        """,
        "DROP TABLE reservations", "ALTER TABLE reservations_by_order RENAME TO reservations",
    ]])

    static func limits(_ records: any RecordStore) async throws -> [Limit] {
        let rows = try await records.query(Statement("SELECT definition FROM limits ORDER BY position, id"))
        return try await LimitRows.decode(rows)
    }

    static func insert(_ decision: RiskDecision, on intent: OrderIntent, at time: Timestamp) -> Statement {
        Statement(
            """
            INSERT INTO decisions (order_id, approved, decision, decided, intent) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (order_id) DO NOTHING
            """,
            [.text(decision.orderID), .integer(decision.isApproved ? 1 : 0), .blob(decision.jsonBytes),
             .integer(time.nanoseconds), .integer(intent.fingerprint)])
    }

    /// The decision on an order as it was told, and the fingerprint of what it was about, nil where a build before
    /// decided; nil where there is none.
    static func decision(
        _ order: String, _ records: any RecordStore
    ) async throws(StoreError) -> (told: [UInt8], intent: Int64?)? {
        let rows = try await records.query(
            Statement("SELECT decision, intent FROM decisions WHERE order_id = $1", [.text(order)]))
        guard let row = rows.first else { return nil }
        return (try row.value(0), try row.value(1))
    }

    /// Ids of the newest decisions, oldest first.
    static func recentDecisions(_ records: any RecordStore, limit: Int) async throws(StoreError) -> [String] {
        let rows = try await records.query(Statement(
            "SELECT order_id FROM decisions ORDER BY decided DESC LIMIT $1", [.integer(Int64(limit))]))
        return try rows.map { (row) throws(StoreError) -> String in try row.value(0) }.reversed()
    }

    static func upsert(_ update: PositionUpdate) -> Statement {
        Statement(
            """
            INSERT INTO positions (portfolio_id, symbol, told) VALUES ($1, $2, $3)
            ON CONFLICT (portfolio_id, symbol) DO UPDATE SET told = excluded.told
            """, [.text(update.portfolioID), .text(update.symbol.text), .blob(update.jsonBytes)])
    }

    static func upsert(_ value: PortfolioValue) -> Statement {
        Statement(
            """
            INSERT INTO portfolio_values (portfolio_id, time, told) VALUES ($1, $2, $3)
            ON CONFLICT (portfolio_id, time) DO UPDATE SET told = excluded.told
            """, [.text(value.portfolioID), .integer(value.time.nanoseconds), .blob(value.jsonBytes)])
    }

    /// Positions and the newest values of every portfolio, in order of time.
    static func books(_ records: any RecordStore) async throws -> [StoredUpdate] {
        let parser = JSONParser()
        var updates: [StoredUpdate] = []
        for row in try await records.query(Statement("SELECT told FROM positions")).records {
            if let update = try parser.withDocument(try row.value(0), { PositionUpdate(json: $0) }) {
                updates.append(.position(update))
            }
        }
        let values = try await records.query(Statement("SELECT told FROM portfolio_values ORDER BY portfolio_id, time"))
        for row in values.records {
            if let value = try parser.withDocument(try row.value(0), { PortfolioValue(json: $0) }) {
                updates.append(.value(value))
            }
        }
        return updates
    }
}
