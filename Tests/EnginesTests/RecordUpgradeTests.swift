import Analytics
import EngineKit
import Factors
import Features
import Gateway
import Learning
import Market
import MarketData
import Portfolio
@testable import Risk
import Runtime
import Store
import Strategy
import Streaming
import Testing
import TestKit

/// What an earlier build stored is there after an upgrade.
@Suite struct RecordUpgradeTests {
    init() { EventLoop.runInBackground() }

    /// What earlier builds have applied. A store refuses a migration that is older than what it has, and with it the
    /// engine does not start: a new one comes behind all of these.
    private static let applied: [EngineName: [Int]] = [
        .analytics: [1, 2, 3, 4, 5], .factor: [1, 2, 3, 4, 5, 6, 7], .features: [1, 2],
        .gateway: [1, 2, 3, 4, 5, 6], .marketdata: [1, 2, 3, 4, 5, 6], .ml: [1, 2, 3],
        .portfolio: [1, 2, 3, 4, 5, 6, 7],
        .risk: [1, 2, 3, 4, 5, 6, 10, 20, 21, 30, 31, 32, 33, 34, 40, 41, 50, 60, 61, 80, 81, 82, 83, 84, 85],
        .strategy: [1, 2, 3, 4, 5, 6], .websocket: [1, 2, 3, 4],
    ]

    @Test @LoopActor func newMigrationsComeBehindThoseThatWereApplied() throws {
        let engines: [any Engine.Type] = [
            AnalyticsEngine.self, FactorEngine.self, FeaturesEngine.self, GatewayEngine.self, LearningEngine.self,
            MarketDataEngine.self, PortfolioEngine.self, RiskEngine.self, StrategyEngine.self, StreamingEngine.self,
        ]
        #expect(Set(engines.map { $0.name }) == Set(EngineName.allCases))
        for engine in engines {
            let versions = ([Outbox.migration] + engine.migrations).map(\.version)
            let applied = try #require(Self.applied[engine.name])
            #expect(Array(versions.prefix(applied.count)) == applied, "\(engine.name)")
            #expect(zip(versions, versions.dropFirst()).allSatisfy { $0 < $1 }, "\(engine.name)")
        }
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func messagesOfAnOlderOutboxKeepTheirOrder(_ records: EngineRecords) async throws {
        let store = try await records.open(.strategy, EngineRecords.next())
        try await store.migrate([Outbox.migration])
        for (id, position) in [("c", 7), ("a", 2), ("b", 5)] as [(String, Int64)] {
            try await store.transaction([Self.row(id, position)])
        }
        let all = [Outbox.migration, Outbox.byPosition(version: 5)]
        try await store.migrate(all)
        try await store.migrate(all)
        let rows = try await store.query(Statement("SELECT id, key, cause, data FROM outbox ORDER BY position"))
        #expect(try rows.map { (row) throws(StoreError) -> String in try row.value(0) } == ["a", "b", "c"])
        let first = try #require(rows.first)
        #expect(try first.value(1, as: String.self) == "KO")
        #expect(try first.value(2, as: String?.self) == nil)
        #expect(try first.value(3, as: [UInt8].self) == [2])
        // Two messages never share a place: that is how a commit of unknown outcome is found.
        let twice = await #expect(throws: StoreError.self) { try await store.transaction([Self.row("d", 5)]) }
        #expect(twice?.code == .constraint(.unique))
        await store.close()
    }

    private static func row(_ id: String, _ position: Int64) -> Statement {
        Statement(
            """
            INSERT INTO outbox (id, position, family, key, time, received, sequence, cause, trace, data)
            VALUES ($1, $2, 'market.bar', 'KO', 1, 2, 3, NULL, NULL, $3)
            """, [.text(id), .integer(position), .blob([UInt8(position)])])
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func splitsStay(_ records: EngineRecords) async throws {
        let store = try await records.open(.risk, EngineRecords.next())
        try await store.migrate([Outbox.migration] + RiskEngine.migrations)
        for told in [5, 6] {
            try await store.transaction([Statement(
                "INSERT INTO splits (portfolio_id, symbol, told, ratio, time) VALUES ('p', 'KO', $1, '2', 4)",
                [.integer(Int64(told))])])
        }
        let split = ShareSplit(ratio: FixedPoint(2), time: Timestamp(nanoseconds: 4))
        try await store.transaction([SplitRecords.insert(split, of: #require(Symbol("KO")), in: "p")])
        let splits = try await SplitRecords.splits(store)
        #expect(splits.map(\.portfolio) == ["p"] && splits.map(\.symbol.text) == ["KO"])
        #expect(splits.map(\.split) == [split])
        await store.close()
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func decisionsAndOpenOrdersStay(_ records: EngineRecords) async throws {
        let store = try await records.open(.risk, EngineRecords.next())
        let migrations = [Outbox.migration] + RiskEngine.migrations
        try await store.migrate(migrations.filter { $0.version < 80 })
        for order in ["o-2", "o-1"] {
            try await store.transaction([
                Statement("INSERT INTO decisions (order_id, approved, decision, decided) VALUES ($1, 1, $2, 3)",
                          [.text(order), .blob([1, 2])]),
                Statement(
                    """
                    INSERT INTO reservations (order_id, portfolio_id, symbol, quantity, price, fills, awaited, time)
                    VALUES ($1, 'p', 'KO', '1', '2', '', '', 4)
                    """, [.text(order)]),
            ])
        }
        try await store.migrate(migrations)
        for table in ["decisions", "reservations"] {
            let rows = try await store.query(Statement("SELECT order_id FROM \(table) ORDER BY order_id"))
            #expect(try rows.map { (row) throws(StoreError) -> String in try row.value(0) } == ["o-1", "o-2"], "\(table)")
        }
        await store.close()
    }
}
