import EngineKit
import HTTP
@testable import Risk
import Runtime
import Testing

/// The kill switch while several people turn it.
@Suite struct CrossedSwitchTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk/kill-switch"

    @LoopActor private func turn(_ scene: EngineScene, _ state: String, _ reason: String) async -> String {
        let answer = await scene.ask(
            .post, Self.path, #"{"state":"\#(state)","reason":"\#(reason)"}"#, headers: ["Host": "localhost"])
        return "\(answer.status) \(answer.text)"
    }

    /// Two wait for decisions that are being written: both hear 200 only of what is stored.
    @Test(.timeLimit(.minutes(1))) @LoopActor func bothWhoTurnItOnHearThatItIsStored() async throws {
        let scene = try await EngineScene(RiskEngine.self)
        await scene.start()
        let engine = try #require(scene.host.engine as? RiskEngine)
        engine.decisions.began()
        var answers: [String] = []
        let first = spawn { answers.append(await self.turn(scene, "on", "one")) }
        while engine.killSwitch.reason != "one" { await Task.yield() }
        let second = spawn { answers.append(await self.turn(scene, "on", "two")) }
        while engine.killSwitch.reason != "two" { await Task.yield() }
        engine.decisions.ended()
        await first.value
        await second.value
        #expect(answers.count == 2)
        #expect(answers.allSatisfy { $0.hasPrefix(#"200 {"stored":true,"state":"on","reason":"two""#) })
        await scene.stop()
    }
}
