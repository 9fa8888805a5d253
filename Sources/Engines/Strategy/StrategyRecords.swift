import EngineKit
import Market
import Quant
import Store
import Wire

/// One version of a strategy: a definition under its content hash.
struct StrategyVersion: Sendable {
    let strategyID: String
    /// SHA-256 of the canonical definition, hexadecimal.
    let hash: String
    let definition: StrategyDefinition
    let message: String
    let parent: String?
    let created: Timestamp
    var tags: [String]

    /// Whether a name may be taken for a hash or the beginning of one; a date may not.
    static func looksLikeHash(_ name: String) -> Bool {
        let isHexadecimal = name.utf8.allSatisfy {
            (48...57).contains($0) || (97...102).contains($0) || (65...70).contains($0)
        }
        return name.utf8.count >= 7 && isHexadecimal && name.utf8.contains { $0 > 57 }
    }
}

/// A version at work on a portfolio.
struct Deployment: Sendable {
    let id: String
    let strategyID: String
    let version: String
    let portfolioID: String
    let capital: Money
    let created: Timestamp
    var isRunning: Bool
    var runner: Runner
    /// Whether its rules have to see the stored bars before the next one: since the service or it was started again,
    /// they may have missed some.
    var isBehind = false
    /// Messages of splits that it has taken.
    var splits: Set<String> = []

    /// Its rules see the bars of its stream before one of these. Returns the end of an order of another stream.
    mutating func catchUp(_ bars: BarColumns, before bar: Bar) throws(QuantError) -> RunnerAction? {
        let ended = try runner.follow(bar.replay)
        for row in 0..<bars.count { runner.warmUp(StrategyEngine.bar(bars, row, runner)) }
        isBehind = false
        return ended
    }

    /// The whole row: state, account and place in the stream.
    var upsert: Statement {
        Statement(
            """
            INSERT INTO deployments (id, strategy_id, version, portfolio_id, capital, running, cash, quantity, replay,
                first_bar, last_bar, open_order, order_working, created, entered, adjusted)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (id) DO UPDATE SET running = excluded.running, cash = excluded.cash,
                quantity = excluded.quantity, replay = excluded.replay, first_bar = excluded.first_bar,
                last_bar = excluded.last_bar, open_order = excluded.open_order, order_working = excluded.order_working,
                entered = excluded.entered, adjusted = excluded.adjusted
            """,
            [.text(id), .text(strategyID), .text(version), .text(portfolioID), .text(capital.description),
             .integer(isRunning ? 1 : 0), .text(runner.account.cash.description),
             .text(runner.account.quantity.description), runner.replay.map { .text($0) } ?? .null,
             runner.first.map { .integer($0.nanoseconds) } ?? .null,
                 runner.last.map { .integer($0.nanoseconds) } ?? .null,
             runner.order.map { .blob($0.intent.jsonBytes) } ?? .null,
             .integer(runner.order?.isWorking == true ? 1 : 0), .integer(created.nanoseconds),
             runner.entered.map { .integer($0.nanoseconds) } ?? .null,
             runner.adjusted.map { .integer($0.nanoseconds) } ?? .null])
    }
}

/// The strategy engine's tables, and its rows to and fro.
enum StrategyRecords {
    static let migrations: [Migration] = [
        Idempotency.migration(version: 2),
        Migration(version: 3, name: "strategies", statements: [
            """
            CREATE TABLE versions (
                strategy_id TEXT NOT NULL, hash TEXT NOT NULL, definition BYTEA NOT NULL, message TEXT NOT NULL,
                parent TEXT, created BIGINT NOT NULL, position BIGINT NOT NULL, PRIMARY KEY (strategy_id, hash))
            """,
            "CREATE TABLE heads (strategy_id TEXT PRIMARY KEY, hash TEXT NOT NULL)",
            """
            CREATE TABLE tags (strategy_id TEXT NOT NULL, tag TEXT NOT NULL, hash TEXT NOT NULL,
                PRIMARY KEY (strategy_id, tag))
            """,
            """
            CREATE TABLE deployments (
                id TEXT PRIMARY KEY, strategy_id TEXT NOT NULL, version TEXT NOT NULL, portfolio_id TEXT NOT NULL,
                capital TEXT NOT NULL, running BIGINT NOT NULL, cash TEXT NOT NULL, quantity TEXT NOT NULL, replay TEXT,
                first_bar BIGINT, last_bar BIGINT, open_order BYTEA, order_working BIGINT NOT NULL,
                created BIGINT NOT NULL)
            """,
            """
            CREATE TABLE orders (
                id TEXT PRIMARY KEY, deployment_id TEXT NOT NULL, portfolio_id TEXT NOT NULL, intent BYTEA NOT NULL,
                state TEXT NOT NULL, reasons BYTEA NOT NULL, fills BYTEA NOT NULL, created BIGINT NOT NULL,
                updated BIGINT NOT NULL)
            """,
            "CREATE INDEX orders_by_time ON orders (created, id)",
        ]),
        AuditTrail.migration(version: 4),
        Outbox.byPosition(version: 5),
        Idempotency.byAge(version: 6),
        Outbox.lives(version: 7),
        SplitRecords.migration,
        Migration(version: 9, name: "when orders were taken", statements: ["ALTER TABLE orders ADD COLUMN recorded BIGINT"]),
        EarlierStreams.migration,
    ]

    static func insert(_ version: StrategyVersion, position: Int) -> Statement {
        Statement(
            """
            INSERT INTO versions (strategy_id, hash, definition, message, parent, created, position)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [.text(version.strategyID), .text(version.hash), .blob(version.definition.canonical),
                .text(version.message),
             version.parent.map { .text($0) } ?? .null, .integer(version.created.nanoseconds),
                 .integer(Int64(position))])
    }

    static func head(_ strategy: String, _ hash: String) -> Statement {
        Statement(
            "INSERT INTO heads (strategy_id, hash) VALUES ($1, $2) ON CONFLICT (strategy_id) DO UPDATE SET hash = excluded.hash",
            [.text(strategy), .text(hash)])
    }

    static func tag(_ strategy: String, _ tag: String, _ hash: String) -> Statement {
        Statement(
            """
            INSERT INTO tags (strategy_id, tag, hash) VALUES ($1, $2, $3)
            ON CONFLICT (strategy_id, tag) DO UPDATE SET hash = excluded.hash
            """,
            [.text(strategy), .text(tag), .text(hash)])
    }

    /// Versions by strategy in order of their making, with tags; and the heads.
    static func versions(
        _ records: any RecordStore
    ) async throws(StoreError) -> (versions: [String: [StrategyVersion]], heads: [String: String]) {
        var versions: [String: [StrategyVersion]] = [:], heads: [String: String] = [:]
        let rows = try await records.query(Statement(
            "SELECT strategy_id, hash, definition, message, parent, created FROM versions ORDER BY strategy_id, position"))
        for row in rows.records {
            let id: String = try row.value(0)
            guard let definition = StrategyDefinition(canonical: try row.value(2)) else {
                throw StoreError(.corrupted, "a version of strategy \(id) cannot be read")
            }
            versions[id, default: []].append(StrategyVersion(
                strategyID: id, hash: try row.value(1), definition: definition, message: try row.value(3),
                parent: try row.value(4), created: Timestamp(nanoseconds: try row.value(5)), tags: []))
        }
        for row in try await records.query(Statement("SELECT strategy_id, tag, hash FROM tags ORDER BY tag")).records {
            let id: String = try row.value(0), tag: String = try row.value(1), hash: String = try row.value(2)
            if let index = versions[id]?.firstIndex(where: { $0.hash == hash }) { versions[id]?[index].tags.append(tag) }
        }
        for row in try await records.query(Statement("SELECT strategy_id, hash FROM heads")).records {
            heads[try row.value(0)] = try row.value(1, as: String.self)
        }
        return (versions, heads)
    }

    /// Deployments in order of their making.
    static func deployments(
        _ records: any RecordStore, _ versions: [String: [StrategyVersion]]
    ) async throws -> [Deployment] {
        let rows = try await records.query(Statement("""
            SELECT id, strategy_id, version, portfolio_id, capital, running, cash, quantity, replay, first_bar, last_bar,
                open_order, order_working, created, entered, adjusted FROM deployments ORDER BY created, id
            """))
        let splits = try await SplitRecords.taken(records), streams = try await EarlierStreams.stored(records)
        return try rows.records.map { row in
            var deployment = try deployment(row, versions, streams)
            let taken = splits[deployment.id] ?? []
            deployment.splits = Set(taken.map(\.message))
            let entered: Int64? = try row.value(14), adjusted: Int64? = try row.value(15)
            deployment.runner.restore(
                entered: entered.map { Timestamp(nanoseconds: $0) }, adjusted: adjusted.map { Timestamp(nanoseconds: $0) },
                splits: taken.map(\.split))
            return deployment
        }
    }

    private static func deployment(
        _ row: ResultSet.Row, _ versions: [String: [StrategyVersion]], _ streams: [String: EarlierStreams]
    ) throws -> Deployment {
        let id: String = try row.value(0), strategy: String = try row.value(1), hash: String = try row.value(2)
        func number(_ column: Int) throws -> FixedPoint {
            guard let value = FixedPoint(text: try row.value(column, as: String.self), limit: .furthest) else {
                throw StoreError(.corrupted, "deployment \(id) cannot be read")
            }
            return value
        }
        guard let version = versions[strategy]?.first(where: { $0.hash == hash }) else {
            throw StoreError(.corrupted, "deployment \(id) names a version that is not there")
        }
        var runner = try Runner(
            deploymentID: id, portfolioID: try row.value(3), strategyID: strategy, definition: version.definition,
            account: PaperAccount(cash: try number(6), quantity: try number(7)))
        let first: Int64? = try row.value(9), last: Int64? = try row.value(10), order: [UInt8]? = try row.value(11)
        let intent = try order.flatMap { try JSONParser().withDocument($0) { OrderIntent(json: $0) } }
        runner.restore(
            replay: try row.value(8), first: first.map { Timestamp(nanoseconds: $0) },
            last: last.map { Timestamp(nanoseconds: $0) },
            order: try intent.map { Runner.OpenOrder(intent: $0, isWorking: try row.value(12, as: Int64.self) == 1) },
            earlier: streams[id] ?? EarlierStreams())
        return Deployment(
            id: id, strategyID: strategy, version: hash, portfolioID: try row.value(3), capital: try number(4),
            created: Timestamp(nanoseconds: try row.value(13)), isRunning: try row.value(5, as: Int64.self) == 1,
            runner: runner, isBehind: true)
    }
}
