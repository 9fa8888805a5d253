import EngineKit
import Factors
import HTTP
import Runtime
import Testing

extension EngineFixture {
    /// A factor engine over a walk of so many daily bars for each symbol.
    @LoopActor static func factors(over symbols: [String], bars count: Int) async throws -> EngineFixture {
        let fixture = try await make([FactorEngine.self])
        for (seed, symbol) in symbols.enumerated() {
            try await fixture.store(.walk(count, seed: UInt64(seed + 1)), symbol)
        }
        await fixture.settle()
        return fixture
    }

    /// Begins a job, waits until it is in a state and answers its path.
    @LoopActor func job(_ body: String, until state: String) async throws -> String {
        let started = try await json(.factor, .post, "/factors/batch", body, status: 202)
        let path = "/factors/jobs/" + (try #require(started["job_id"]?.text))
        try await until("it is \(state)") { try await json(.factor, .get, path)["state"]?.text == state }
        return path
    }
}
