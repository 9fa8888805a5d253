import EngineKit
import Factors
import HTTP
import Market
import Runtime
import Testing
import Wire

@Suite struct FactorExposureRouteTests {
    init() { EventLoop.runInBackground() }

    /// Four instruments of three days, small enough for a hand.
    private static let panel = """
        "panel":{"A":{"ts":["2024-01-01","2024-01-02","2024-01-03"],"close":[10,11,12]},\
        "B":{"ts":["2024-01-01","2024-01-02","2024-01-03"],"close":[20,19,21]},\
        "C":{"ts":["2024-01-01","2024-01-02","2024-01-03"],"close":[5,5,6]},\
        "D":{"ts":["2024-01-02","2024-01-03"],"close":[8,7]}}
        """

    @Test @LoopActor func exposuresAndPartsByHand() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        let answer = try await fixture.json(.factor, .post, "/factors/exposure", """
            {\(Self.panel),"weights":{"A":0.5,"D":0.5},"benchmark":{"B":1},"factors":["close"]}
            """)
        #expect(answer["symbols"]?.elements.compactMap(\.text) == ["A", "B", "C", "D"])
        #expect(answer["ts"]?.elements.count == 3)
        let item = try #require(answer["items"]?[0])
        // On the first day D has no close: half of what is held is known.
        #expect(item["exposure"]?.doubles == [5, 9.5, 9.5] && item["benchmark"]?.doubles == [20, 19, 21])
        #expect(item["active"]?.doubles == [-15, -9.5, -11.5] && item["covered"]?.doubles == [0.5, 1, 1])
        let parts = try #require(answer["attribution"])
        #expect(parts["periods"]?.int == 2 && parts["unexplained"]?.int == 0)
        let own = (1 + 0.5 * 0.1) * (1 + 0.5 * (1.0 / 11) - 0.5 / 8) - 1, other = (19.0 / 20) * (21.0 / 19) - 1
        #expect(abs((parts["portfolio_return"]?.double ?? 0) - own) < 1e-12)
        #expect(abs((parts["benchmark_return"]?.double ?? 0) - other) < 1e-12)
        let factors = parts["by_factor"]?.elements ?? []
        #expect(factors.compactMap { $0["factor"]?.text } == ["market", "close"])
        let sum = factors.reduce(parts["specific"]?.double ?? .nan) { $0 + ($1["contribution"]?.double ?? .nan) }
        #expect(abs(sum - (own - other)) < 1e-12)
        // One date has exposures and nothing to attribute.
        let point = try await fixture.json(.factor, .post, "/factors/exposure", """
            {\(Self.panel),"weights":{"A":2},"factors":["rank(close)"],"as_of":"2024-01-02","market":false}
            """)
        #expect(point["items"]?[0]?["exposure"]?.doubles == [1.5] && point["attribution"] == nil)
        #expect(point["items"]?[0]?["benchmark"] == nil)
        await fixture.stop()
    }

    /// Over stored bars and facts, by ids of the catalogue, for what several sources say.
    @Test @LoopActor func severalSourcesAtOnce() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        for (place, symbol) in ["A", "B", "C", "D", "E", "F"].enumerated() {
            try await fixture.store(.walk(90, seed: UInt64(place + 1)), symbol)
            let facts = [("shares_outstanding", 10), ("net_income", place + 3)].map { concept, value in
                #"{"symbol":"\#(symbol)","concept":"\#(concept)","period_end":"2019-12-31","#
                    + #""filed_at":"2020-01-20","value":\#(value)}"#
            }
            _ = try await fixture.json(.marketdata, .post, "/market-data/facts",
                                       #"{"facts":[\#(facts.joined(separator: ","))]}"#)
        }
        let answer = try await fixture.json(.factor, .post, "/factors/exposure", """
            {"universe":"stored","weights":{"A":0.7,"F":0.5,"C":-0.2},"benchmark":{"A":0.5,"B":0.5},\
            "factors":["level.0.zscore@facts.earnings_yield","growth.21.zscore@bars.close","alpha101.012"],\
            "from":"2020-02-01"}
            """)
        let parts = try #require(answer["attribution"])
        #expect(answer["items"]?.elements.allSatisfy { $0["active"]?.doubles.allSatisfy(\.isFinite) == true } == true)
        let sum = (parts["by_factor"]?.elements ?? []).reduce(parts["specific"]?.double ?? .nan) {
            $0 + ($1["contribution"]?.double ?? .nan)
        }
        #expect(parts["by_factor"]?.elements.count == 4)
        #expect(abs(sum - (parts["active_return"]?.double ?? .nan)) < 1e-10)
        await fixture.stop()
    }

    @Test @LoopActor func badPortfoliosAreRefused() async throws {
        let fixture = try await EngineFixture.make([FactorEngine.self])
        func pointers(_ rest: String) async throws -> [String] {
            try await fixture.json(.factor, .post, "/factors/exposure", "{\(Self.panel),\(rest)}", status: 422).pointers
        }
        #expect(try await pointers(#""factors":["close"]"#) == ["/weights"])
        #expect(try await pointers(#""weights":{},"factors":["close"]"#) == ["/weights"])
        #expect(try await pointers(#""weights":{"A":1,"X":1},"benchmark":{"Y":1},"factors":["close"]"#)
            == ["/weights/X", "/benchmark/Y"])
        #expect(Set(try await pointers(#""weights":{"A":1e9,"B":"much"},"factors":[]"#))
            == ["/weights/A", "/weights/B", "/factors"])
        // Two factors of which one is the other doubled cannot be told apart; a portfolio can lose more than all.
        #expect(try await pointers(#""weights":{"A":1},"factors":["close","2*close"]"#) == ["/factors"])
        #expect(try await pointers(#""weights":{"A":-900},"factors":["close"]"#) == ["/factors"])
        await fixture.stop()
    }
}
