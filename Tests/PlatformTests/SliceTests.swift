import Foundation
import Hosting
import Market
import Quant
import Runtime
import TestKit
import Testing
import Wire

/// The slice: real bars through all nine engines and the bus, traded on paper, equal to the backtest kernel to the
/// cent.
@Suite(.serialized, .timeLimit(.minutes(4))) struct SliceTests {
    /// What a replay came to, from the line that `nautilus up` prints at its end.
    struct Outcome {
        let bars: Int, trades: Int, equity: Double, drawdown: Double, points: Int

        init(_ line: String) throws {
            let json = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let replay = try #require(json["replay"] as? [String: Any], "\(line)")
            let portfolio = try #require(json["portfolio"] as? [String: Any], "\(line)")
            let analytics = try #require(json["analytics"] as? [String: Any], "\(line)")
            let pnl = try #require(analytics["pnl"] as? [String: Any])
            bars = try #require(replay["bars"] as? Int)
            trades = try #require(portfolio["trades"] as? Int)
            equity = try #require(portfolio["equity"] as? Double)
            drawdown = try #require(pnl["max_drawdown"] as? Double)
            points = try #require(analytics["points"] as? Int)
        }
    }

    /// The same rules and bars through the batch kernel.
    static func kernel(_ assets: String) throws -> BacktestResult {
        let bars = try PlatformFixture.bars(assets + "/sample/GOOG.1d.csv")
        return try RulesBacktest(initialCash: Double(SampleSession.cash),
            costs: TradingCosts(commissionBps: 5, slippageBps: 1))
            .run(bars, entry: try Quant.Expression.parse("sma(close,10) > sma(close,30)"),
                 exit: try Quant.Expression.parse("sma(close,10) < sma(close,30)"))
    }

    static func compare(_ outcome: Outcome, _ kernel: BacktestResult) throws {
        let statistics = try #require(kernel.statistics())
        #expect(outcome.bars == kernel.ts.count)
        #expect(outcome.points == kernel.ts.count)
        #expect(outcome.trades == kernel.fills.count)
        let final = try #require(kernel.equity.last)
        #expect((outcome.equity * 100).rounded() == (final * 100).rounded(), "\(outcome.equity) and \(final)")
        #expect(abs(outcome.drawdown - statistics.maxDrawdown) < 1e-9,
            "\(outcome.drawdown) and \(statistics.maxDrawdown)")
    }

    @Test(.enabled(if: PlatformFixture.sample != nil, "no sample prices; run scripts/setup.sh test"))
    @LoopActor func embeddedReplayEqualsTheBacktest() async throws {
        let assets = try #require(PlatformFixture.sample)
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path, ["NAUTILUS_ASSETS_DIR": assets])
        let configuration = try Configuration(environment: settings)
        let platform = Platform(configuration, EngineName.allCases,
            folder: try DataFolder(configuration, environment: [:]))
        try await platform.start()
        await platform.ready()
        let session = SampleSession(platform.peers, assets: Assets(configuration), wants: true)
        try await session.load()
        let request = ReplayRequest(symbol: try #require(Symbol("GOOG")), timeframe: .day1, speed: 0)
        let line = try await session.replay(request)
        await platform.stop()
        try Self.compare(try Outcome(line), try Self.kernel(assets))
    }

    @Test(.enabled(if: PlatformFixture.sample != nil, "no sample prices; run scripts/setup.sh test"))
    func replayOverProcessesAndRedisEqualsTheBacktest() throws {
        let assets = try #require(PlatformFixture.sample)
        let folder = TemporaryFolder(), redis = try RedisServer()
        let settings = PlatformFixture.settings(
            folder.path, ["NAUTILUS_ASSETS_DIR": assets, "NAUTILUS_REDIS_URL": redis.url])
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus",
            ["up", "--processes", "--sample", "--replay", "GOOG:1d", "--speed", "0"],
            environment: PlatformFixture.environment(settings), output: .lines)
        let ready = try #require(platform.readLine())
        #expect(ready.contains("\"ready\":true"))
        let line = try #require(platform.readLine())
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
        try Self.compare(try Outcome(line), try Self.kernel(assets))
    }
}
