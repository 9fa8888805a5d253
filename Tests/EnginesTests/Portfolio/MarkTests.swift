import EngineKit
import HTTP
import Market
import Portfolio
import Runtime
import Testing
import Wire

/// Which close a portfolio is marked at when bars come out of the order of time.
@Suite struct MarkTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private func hold(_ fixture: EngineFixture, _ id: String, on day: String) async throws {
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios", #"{"id":"\#(id)","name":"P","currency":"USD"}"#, status: 201)
        _ = try await fixture.json(
            .portfolio, .post, "/portfolios/\(id)/transactions",
            #"{"type":"buy","symbol":"KO","quantity":1,"price":10,"ts":"\#(day)"}"#, status: 201)
    }

    @LoopActor private func worth(_ fixture: EngineFixture, _ id: String) async throws -> Double? {
        try await fixture.json(.portfolio, .get, "/portfolios/\(id)")["market_value"]?.double
    }

    @Test @LoopActor func anOlderReplayKeepsTheNewerMarkAndStillMarksANewPortfolio() async throws {
        let fixture = try await EngineFixture.make([PortfolioEngine.self])
        let old = BarColumns.walk(2, seed: 3, start: 50, firstDay: 15_000)
        let new = BarColumns.walk(1, seed: 4, start: 90, firstDay: 19_000)
        try await hold(fixture, "live", on: "2010-01-01")
        try await fixture.publish(new.bar(0, "KO"))
        try await hold(fixture, "fresh", on: "2010-01-01")
        try fixture.listen([Topics.value])
        for row in 0..<2 { try await fixture.publish(old.bar(row, "KO", replay: "r1")) }
        await fixture.settle()
        let kept = try #require(try await worth(fixture, "live"))
        #expect(abs(kept - new.close[0]) < 1e-8, "\(kept)")
        let replayed = try #require(try await worth(fixture, "fresh"))
        #expect(abs(replayed - old.close[1]) < 1e-8, "\(replayed)")
        // Both are told at the old closes, each for the time of its bar: the newer value stands.
        await fixture.until("four values came") { fixture.published.count == 4 }
        let told = try fixture.published.map { try JSONTree($0.data) }
        for id in ["live", "fresh"] {
            let own = told.filter { $0["portfolio_id"]?.text == id }
            let times = own.compactMap { $0["ts"]?.text.flatMap { Timestamp(iso8601: $0)?.nanoseconds } }
            #expect(times == old.times, "\(id)")
        }
        await fixture.stop()
    }
}
