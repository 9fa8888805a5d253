import Analytics
import EngineKit
import HTTP
import Runtime
import Testing

/// Positions in several currencies.
@Suite struct CurrencyTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/analytics/calculate/p"

    /// The base is the equity at the previous close in the portfolio's currency: 9,900 + 1,500,000 · 0.0067 = 19,950.
    @Test @LoopActor func contributionsAreOverTheBaseInOneCurrency() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {"currency":"USD","fx_rates":{"JPY":0.0067},"cash":0,"positions":[
             {"symbol":"A","quantity":100,"average_cost":90,"price":100,"previous_close":99,"currency":"USD"},
             {"symbol":"B","quantity":1000,"average_cost":1400,"price":1515,"previous_close":1500,"currency":"JPY"}]}
            """)
        let parts = answer["attribution"]?["by_security"]?.elements.compactMap { $0["contribution"]?.double } ?? []
        #expect(answer["attribution"]?["basis"]?.text == "daily" && parts.count == 2)
        for (part, right) in zip(parts, [100.0 / 19_950, 100.5 / 19_950]) { #expect(abs(part - right) < 1e-15) }
        await fixture.stop()
    }

    /// A million at 1000 each.
    @Test(arguments: [
        ("6.1345e-7", 613.45), ("1e-10", 0.1), ("1.2345678901234567e-5", 12_345.678901235), ("0.5", 500_000_000),
        ("1e-20", 0), ("12345678.125", 12_345_678_125_000_000),
    ])
    @LoopActor func aRateCountsWithAllItsDigits(rate: String, value: Double) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, """
            {"currency":"USD","fx_rates":{"XAA":\(rate)},"positions":[
             {"symbol":"A","quantity":1e6,"average_cost":1,"price":1000,"currency":"XAA"}]}
            """)
        #expect(answer["pnl"]?["market_value"]?.double == value)
        await fixture.stop()
    }

    @Test(arguments: ["0", "-1", "1e-21", "1e9"])
    @LoopActor func otherRatesAreRefused(rate: String) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let problem = try await fixture.json(.analytics, .post, Self.path, """
            {"currency":"USD","fx_rates":{"XAA":\(rate)},"positions":[
             {"symbol":"A","quantity":1,"average_cost":1,"price":1000,"currency":"XAA"}]}
            """, status: 422)
        #expect(problem.pointers == ["/fx_rates/XAA"])
        await fixture.stop()
    }
}
