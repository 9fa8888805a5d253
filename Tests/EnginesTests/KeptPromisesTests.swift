import EngineKit
import Factors
import Features
import HTTP
import Runtime
import Testing

/// Engines that have built all of the public contract: none of its routes answers 501.
@Suite struct KeptPromisesTests {
    init() { EventLoop.runInBackground() }

    @Test(arguments: [EngineName.features, .factor]) @LoopActor func nothingIsLeftForLater(_ name: EngineName) async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self, FactorEngine.self])
        let document = try await fixture.json(name, .get, "/openapi.json"), promises = Contract.promises(of: name)
        #expect(promises.count >= 4)
        for promise in promises {
            let operation = document["paths"]?[promise.path]?[promise.method.rawValue.lowercased()]
            #expect(operation != nil && operation?["responses"]?["501"] == nil, "\(promise.path)")
        }
        for path in try #require(document["paths"]).keys {
            for method in document["paths"]?[path]?.keys ?? [] {
                #expect(document["paths"]?[path]?[method]?["responses"]?["501"] == nil, "\(method) \(path)")
            }
        }
        await fixture.stop()
    }
}
