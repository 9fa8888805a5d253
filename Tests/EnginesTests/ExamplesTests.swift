import Analytics
import EngineKit
import Factors
import Features
import HTTP
import Learning
import Runtime
import Testing

/// The examples of the documents are promises: each is sent as it stands to a platform with the sample's symbols.
@Suite struct ExamplesTests {
    init() { EventLoop.runInBackground() }

    @Test(arguments: [EngineName.features, .factor, .ml, .analytics])
    @LoopActor func everyExampleWorks(_ name: EngineName) async throws {
        let fixture = try await EngineFixture.make([
            FeaturesEngine.self, FactorEngine.self, LearningEngine.self, AnalyticsEngine.self,
        ])
        // 500 days from 2012-01-01; the stocks have closes only, as in the sample.
        try await fixture.store(.walk(500, firstDay: 15_340), "GOOG")
        for (index, symbol) in ["AAPL", "MSFT", "KO"].enumerated() {
            var bars = BarColumns.walk(500, seed: UInt64(index + 2), firstDay: 15_340)
            let none = [Double](repeating: .nan, count: 500)
            bars.open = none
            bars.high = none
            bars.low = none
            bars.volume = none
            try await fixture.store(bars, symbol)
        }
        let document = try await fixture.json(name, .get, "/openapi.json")
        var sent = 0
        for path in try #require(document["paths"]).keys {
            guard let post = document["paths"]?[path]?["post"], post["responses"]?["501"] == nil else { continue }
            let media = post["requestBody"]?["content"]?["application/json"]
            let example = try #require(media?["example"], "\(path) shows no example")
            let target = path.split(separator: "/").map { $0.hasPrefix("{") ? "sample" : String($0) }.joined(separator: "/")
            let status = post["responses"]?["202"] == nil ? 200 : 202
            _ = try await fixture.json(name, .post, "/" + target, example.text ?? example.json, status: status)
            sent += 1
        }
        #expect(sent > 0)
        await fixture.stop()
    }
}
