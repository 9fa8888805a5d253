import Analytics
import EngineKit
import HTTP
import Runtime
import Store
import Testing

/// Risk of positions that are sent, and of followed portfolios.
@Suite struct RiskAnalysisTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/sprint3/analytics/risk/analyze"

    private func pair(_ symbol: String, _ more: String = "") -> String {
        """
        {"confidence":0.99,"positions":[{"symbol":"AA","quantity":1000,"average_cost":100,"price":100},
         {"symbol":"\(symbol)","quantity":-1000,"average_cost":100,"price":100}]\(more)}
        """
    }

    private func without(_ row: Int, _ bars: BarColumns) -> BarColumns {
        var left = bars
        left.times.remove(at: row)
        for column in [\BarColumns.open, \.high, \.low, \.close, \.volume] { left[keyPath: column].remove(at: row) }
        return left
    }

    /// The same closes long and short are no risk, also where a day of one of them is not stored.
    @Test @LoopActor func storedReturnsAreOfDaysThatAllHave() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let bars = BarColumns.walk(120)
        try await fixture.store(bars, "AA")
        try await fixture.store(bars, "EE")
        try await fixture.store(without(119, bars), "BB")
        try await fixture.store(without(60, bars), "CC")
        for (symbol, observations) in [("EE", 119), ("BB", 118), ("CC", 118)] {
            let answer = try await fixture.json(.analytics, .post, Self.path, pair(symbol))
            #expect(answer["observations"]?.int == observations)
            for row in answer["measures"]?.elements ?? [] where ["parametric", "historical"].contains(row["method"]?.text) {
                #expect(abs(row["value_at_risk"]?.double ?? 1) < 1e-6, "\(symbol) \(row["method"]?.text ?? "")")
            }
            let warnings = answer["warnings"]?.elements.compactMap(\.text) ?? ["none"]
            #expect(warnings.count == (symbol == "EE" ? 0 : 1))
            #expect(warnings.allSatisfy { $0.hasPrefix("1 of 120 days") && $0.contains("\(symbol) has the fewest, 119") })
        }
        await fixture.stop()
    }

    @Test @LoopActor func whatCannotBeAlignedIsRefused() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        try await fixture.store(BarColumns.walk(20), "AA")
        try await fixture.store(BarColumns.walk(20, firstDay: 18_280), "BB")
        let apart = try await fixture.json(.analytics, .post, Self.path, pair("BB"), status: 422)
        #expect(apart.pointers == ["/positions"] && apart.messages[0].contains("2 days"))
        let mixed = try await fixture.json(
            .analytics, .post, Self.path, pair("BB", #","returns":{"BB":[0.01,-0.02,0.01]}"#), status: 422)
        #expect(mixed.pointers == ["/positions/0/symbol"])
        let unknown = try await fixture.json(.analytics, .post, Self.path, pair("ZZ"), status: 422)
        #expect(unknown.pointers == ["/positions/1/symbol"])
        await fixture.stop()
    }

    /// Nobody knows then what is stored, so the request is not at fault.
    @Test @LoopActor func barsThatCannotBeReadAreNotMissing() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        try await fixture.store(BarColumns.walk(20), "AA")
        try await (#require(fixture.hosts[.marketdata]?.context.series)).close()
        _ = try await fixture.json(.analytics, .post, Self.path, pair("AA"), status: 503)
        await fixture.stop()
    }

    @Test @LoopActor func sentReturnsStandForThemselves() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(
            .analytics, .post, Self.path,
            pair("BB", #","returns":{"AA":[0.01,-0.02,0.01],"BB":[0.01,-0.02,0.01]}"#))
        #expect(answer["observations"]?.int == 3 && answer["warnings"] == .array([]))
        await fixture.stop()
    }

    /// It was taken for the usual ones.
    @Test(arguments: ["0.3", "0.0001", "0.49999"])
    @LoopActor func aConfidenceBelowAHalfIsRefused(confidence: String) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let problem = try await fixture.json(.analytics, .get, "/api/v1/analytics/risk/p",
                                             query: "confidence=\(confidence)", status: 422)
        #expect(problem.pointers == ["?confidence"])
        await fixture.stop()
    }
}
