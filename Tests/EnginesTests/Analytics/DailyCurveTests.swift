@testable import Analytics
import EngineKit
import HTTP
import Market
import Quant
import Runtime
import TestKit
import Testing
import Wire

/// Figures that count periods by days count days, however often a portfolio is valued.
@Suite struct DailyCurveTests {
    init() { EventLoop.runInBackground() }

    private static let day: Int64 = 86_400, first: Int64 = 19_000

    /// Value at the end of each of 80 days, in cents.
    private static let ends: [Int] = (0..<80).map { 1_000_000 + ($0 * 7919) % 4001 * 10 - $0 * 37 }

    private func point(_ day: Int, _ second: Int64, _ cents: Int) -> PortfolioValue {
        let money = FixedPoint(cents) / FixedPoint(100)
        return PortfolioValue(
            portfolioID: "p", time: Timestamp(seconds: (Self.first + Int64(day)) * Self.day + second), cash: money,
            marketValue: .zero, realized: .zero, unrealized: .zero, netDeposits: FixedPoint(9000), trades: 0)
    }

    /// The same days: by their ends alone, or by eight values each.
    private func points(_ often: Bool) -> [PortfolioValue] {
        Self.ends.enumerated().flatMap { day, end in
            let whole: [PortfolioValue] = (often && day > 0 ? Array(1...8) : []).map {
                point(day, Int64($0) * 3600, end + (9 - $0))
            }
            return whole + [point(day, 80_000, end)]
        }
    }

    @Test @LoopActor func eightFeesADayAreNoEightDays() async throws {
        var answers: [[JSONTree?]] = [], rolling: [JSONTree?] = []
        for often in [false, true] {
            let fixture = try await EngineFixture.make([AnalyticsEngine.self])
            let bars = BarColumns.walk(80, firstDay: Int(Self.first))
            try await fixture.store(bars, "SPY")
            let engine = try #require(fixture.hosts[.analytics]?.engine as? AnalyticsEngine)
            engine.portfolios["p"] = LivePortfolio(id: "p")
            engine.portfolios["p"]?.take(points(often))
            let live = try await fixture.json(.analytics, .get, "/api/v1/analytics/performance/p", query: "benchmark=SPY")
            let summary = try await fixture.json(.analytics, .get, "/api/v1/sprint3/analytics/portfolio/p/summary")
            let analysed = try await fixture.json(
                .analytics, .post, "/api/v1/sprint3/analytics/performance/analyze", #"{"portfolio_id":"p"}"#)
            let risk = try await fixture.json(.analytics, .get, "/api/v1/analytics/risk/p")
            answers.append([
                live["performance"], live["benchmark"], live["conventions"], summary["metrics"], analysed["performance"],
                risk["measures"], risk["volatility"], risk["observations"],
            ])
            rolling.append(live["live"]?["rolling"])
            #expect(live["live"]?["rolling"]?["returns"]?.int == 63 && risk["observations"]?.int == 79)
            #expect(summary["points"]?.int == (often ? 712 : 80))
            let wanted = try Performance(equityCurve: Self.ends.map { Double($0) / 100 })
            #expect(abs((live["performance"]?["annual_volatility"]?.double ?? 0) - (wanted.annualVolatility ?? 1)) < 1e-12)
            await fixture.stop()
        }
        #expect(answers[0] == answers[1] && rolling[0] == rolling[1])
    }

    /// The last of each day after the start, also where values come in any order and money goes to nothing between.
    @Test func daysAreTheLastPointsAndTheStart() throws {
        var random = SeededGenerator(seed: 5)
        for round in 0..<200 {
            var curve = EquityCurve()
            let count = 1 + round % 40
            for _ in 0..<count {
                let time = Int64.random(in: -4 * Self.day...4 * Self.day, using: &random)
                curve.record(FixedPoint(Int.random(in: 0..<12, using: &random) * 100), deposits: FixedPoint(500),
                             at: Timestamp(seconds: time))
            }
            let all = curve.usable
            var times: [Int64] = [], equity: [Double] = []
            for (index, time) in all.times.enumerated() {
                let today = EquityCurve.startOfDay(time)
                let isLast = index + 1 == all.times.count || EquityCurve.startOfDay(all.times[index + 1]) != today
                if index > 0 && !isLast { continue }
                times.append(time)
                equity.append(all.equity[index])
            }
            #expect(curve.days.times == times && curve.days.equity == equity)
            for limit in [0, 1, 2, 5, 100] { #expect(curve.latestDays(limit) == Array(equity.suffix(limit))) }
        }
    }
}
