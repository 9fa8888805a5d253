import Analytics
import EngineKit
import Market
import Runtime
import Store
import TestKit
import Testing

/// Figures of portfolios in the table that others read.
@Suite struct PerformanceMetricsTests {
    init() { EventLoop.runInBackground() }

    @Test(arguments: EngineRecords.here)
    @LoopActor func figuresAreWrittenOnceAChangeAndPrunedByAge(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self], records: records)
        let host = try #require(fixture.hosts[.analytics])
        for cash in [1000, 1100] {
            try await fixture.publish(Topics.value, "p", PortfolioValue(
                portfolioID: "p", time: fixture.clock.now, cash: FixedPoint(cash), marketValue: .zero, realized: .zero,
                unrealized: .zero, netDeposits: FixedPoint(1000), trades: 2), from: .portfolio)
            fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: 1_000_000_000))
        }
        // A stop writes what the next minute would have.
        await host.engine.stop()
        await host.engine.stop()
        let select = Statement("SELECT portfolio, equity, trades FROM performance_metrics")
        #expect(try await host.context.records.query(select).rows == [["p", 1100.0, 2]])
        let pruner = RecordsPruner(
            host.context, table: "performance_metrics", column: "recorded", setting: "METRICS_DAYS")
        #expect(try await pruner.prune() == 0)
        fixture.clock.setWall(fixture.clock.now.adding(nanoseconds: 731 * 86_400_000_000_000))
        #expect(try await pruner.prune() == 1)
        await fixture.stop()
    }
}
