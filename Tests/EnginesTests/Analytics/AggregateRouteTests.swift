import Analytics
import EngineKit
import HTTP
import Runtime
import TestKit
import Testing

@Suite struct AggregateRouteTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func bucketsOfColumns() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, "/api/v1/analytics/aggregate", """
            {"series":{"ts":["2024-01-02T14:30:00Z","2024-01-02T14:31:00Z","2024-01-02T14:36:00Z"],
             "columns":{"price":[10,10.5,10.2],"size":[100,null,75]}},"bucket":"5m","functions":["ohlc","sum","count","median","p95"]}
            """)
        #expect(answer["ts"]?.elements.compactMap(\.text) == ["2024-01-02T14:30:00Z", "2024-01-02T14:35:00Z"])
        #expect(answer["columns"]?["price.first"]?.doubles == [10, 10.2])
        #expect(answer["columns"]?["price.max"]?.doubles == [10.5, 10.2])
        #expect(answer["columns"]?["price.last"]?.doubles == [10.5, 10.2])
        #expect(answer["columns"]?["price.median"]?.doubles == [10.25, 10.2])
        #expect(answer["columns"]?["price.p95"]?.doubles.map { ($0 * 1e6).rounded() } == [10_475_000, 10_200_000])
        #expect(answer["columns"]?["size.sum"]?.doubles == [100, 75])
        #expect(answer["columns"]?["size.count"]?.doubles == [1, 1])
        #expect(answer["points_in"]?.int == 3 && answer["points_out"]?.int == 2)
        await fixture.stop()
    }

    @Test @LoopActor func fewerPoints() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let times = (0..<500).map { "\(1_700_000_000_000 + $0 * 1000)" }.joined(separator: ",")
        let values = (0..<500).map { $0 == 250 ? "9" : "\($0 % 2)" }.joined(separator: ",")
        let answer = try await fixture.json(.analytics, .post, "/api/v1/analytics/aggregate",
                                            #"{"series":{"ts":[\#(times)],"values":[\#(values)]},"max_points":20}"#)
        let kept = answer["columns"]?["value"]?.doubles ?? []
        #expect(kept.count == 20 && kept.contains(9))
        await fixture.stop()
    }

    @Test(arguments: [
        (#"{"bucket":"5m"}"#, ["/series"]),
        (#"{"series":{"ts":[2,1],"values":[1,2]},"bucket":"xx"}"#, ["/series/ts/1", "/bucket"]),
        (#"{"series":{"ts":[1,2],"values":[1]},"bucket":"0m"}"#, ["/series/values", "/bucket"]),
        (#"{"series":{"ts":[1,2],"values":[1,2]}}"#, ["/bucket"]),
        (#"{"series":{"ts":[1],"columns":{}},"bucket":"99999999w"}"#, ["/series/values", "/bucket"]),
        (#"{"series":{"ts":[1],"values":[1]},"bucket":"1d","functions":["average"]}"#, ["/functions/0"]),
        (#"{"series":{"ts":[1],"values":[1]},"bucket":"1d","functions":["sum","sum","ohlc","max"]}"#,
         ["/functions/1", "/functions/3"]),
        (#"{"series":{"ts":[1],"values":[1],"columns":{"value":[2]}},"bucket":"1d"}"#, ["/series/columns/value"]),
    ])
    @LoopActor func wrongFieldsAreNamed(body: String, pointers: [String]) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let problem = try await fixture.json(.analytics, .post, "/api/v1/analytics/aggregate", body, status: 422)
        #expect(problem.pointers.sorted() == pointers.sorted())
        await fixture.stop()
    }
}
