import Boosting
import EngineKit
import HTTP
import Market
import Models
import Quant
@testable import Risk
import Runtime
import Testing
import TestKit

/// Scheduled checks of limits, and the probability of a breach.
@Suite struct PredictionTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    /// Two limits over one holding whose price wanders: one is far away, the other near.
    @LoopActor private func made() async throws -> (EngineFixture, RiskEngine) {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        for (id, threshold) in [("near", 515.0), ("far", 5000.0)] {
            _ = try await fixture.json(.risk, .post, Self.path + "/limits",
                #"{"id":"\#(id)","type":"gross_exposure","threshold":\#(threshold)}"#, status: 201)
        }
        try await fixture.publishCash(1000)
        return (fixture, try #require(fixture.hosts[.risk]?.engine as? RiskEngine))
    }

    @LoopActor private func check(_ fixture: EngineFixture, _ engine: RiskEngine, price: Double) async throws {
        try await fixture.publish(Topics.position, "p", PositionUpdate(
            portfolioID: "p", symbol: try #require(Symbol("KO")), quantity: FixedPoint(10), averageCost: FixedPoint(50),
            price: FixedPoint(price), realized: .zero, time: fixture.clock.now), from: .portfolio)
        let before = engine.desk.checks
        fixture.clock.advance(nanoseconds: engine.desk.intervalNanoseconds)
        await fixture.until("a check") { engine.desk.checks > before }
        await fixture.settle()
    }

    @LoopActor private func items(_ fixture: EngineFixture) async throws -> (near: JSONTree, far: JSONTree) {
        let answer = try await fixture.json(.risk, .get, Self.path + "/predictions", query: "portfolio_id=p")
        let items = try #require(answer["items"]?.elements)
        #expect(items.compactMap { $0["limit_id"]?.text } == ["far", "near"])
        return (items[1], items[0])
    }

    @Test @LoopActor func theNearLimitIsLikelierToBreachAndARestartForgetsNothing() async throws {
        let (fixture, engine) = try await made()
        _ = try await fixture.json(.risk, .get, Self.path + "/predictions/model", status: 404)
        let model = try await fixture.json(.risk, .post, Self.path + "/predictions/model", "", status: 201)
        #expect(model["beats_base_rate"] == .bool(true) && model["version"]?.double == 1)
        #expect(model["quality"]?["evaluated_on"]?.text == "simulated")
        for name in ["logistic", "boosted_trees"] {
            let quality = try #require(model["quality"]?["candidates"]?[name])
            let brier = try #require(quality["brier"]?.double), base = try #require(quality["base_rate_brier"]?.double)
            #expect(brier < base && quality["reliability"]?.elements.count == 10)
        }
        var random = SeededGenerator(seed: 4)
        for step in 0..<25 {
            try await check(fixture, engine, price: 50 + Double.random(in: -0.9...0.9, using: &random))
            if step == 5 { #expect(try await items(fixture).near["state"]?.text == "warming_up") }
        }
        let (near, far) = try await items(fixture)
        let high = try #require(near["probability"]?.double), low = try #require(far["probability"]?.double)
        #expect(high > 0.2 && low < 0.05 && high <= 1 && low >= 0, "\(high) \(low)")
        #expect(Set(near["drivers"]?.elements.compactMap { $0["name"]?.text } ?? []) == Set(BreachDrivers.names))
        // The next life knows the model and the checks before.
        await engine.stop()
        try await engine.start()
        #expect(engine.desk.model?.version == 1)
        try await check(fixture, engine, price: 50)
        #expect(try await items(fixture).near["state"]?.text == "predicted")
        // In a breach there is nothing to predict.
        try await check(fixture, engine, price: 60)
        #expect(try await items(fixture).near["state"]?.text == "breached")
        await fixture.stop()
    }

    @Test @LoopActor func aLikelyBreachIsToldOnceOverARestart() async throws {
        let (fixture, engine) = try await made()
        try fixture.listen([Topics.riskAlert])
        _ = try await fixture.json(.risk, .post, Self.path + "/alerts",
            #"{"kind":"rule","title":"Near","type":"gross_exposure","severity":"warning"}"#, status: 201)
        _ = try await engine.desk.fit()
        func predicted() -> Int {
            fixture.published.count { String(decoding: $0.data, as: UTF8.self).contains("has a probability of") }
        }
        // Restless just below the threshold.
        for step in 0..<24 { try await check(fixture, engine, price: step % 2 == 0 ? 51.45 : 50.2) }
        try await check(fixture, engine, price: 51.45)
        #expect(predicted() == 1)
        await engine.stop()
        try await engine.start()
        for step in 0..<4 { try await check(fixture, engine, price: step % 2 == 0 ? 51.4 : 51.3) }
        #expect(predicted() == 1)
        await fixture.stop()
    }

    /// A model that is not better than the base rate predicts nothing, and says so.
    @Test @LoopActor func aModelWithoutSkillIsNotShown() async throws {
        let (fixture, engine) = try await made()
        let fitted = try #require(try await engine.desk.fit())
        for _ in 0..<BreachTracker.warmUp { try await check(fixture, engine, price: 50) }
        engine.desk.adopt(BreachModel(
            version: 2, fitted: fitted.fitted, kind: fitted.kind, logistic: fitted.logistic, trees: fitted.trees,
            quality: fitted.quality, isShown: false))
        try await check(fixture, engine, price: 50)
        let near = try await items(fixture).near
        #expect(near["state"]?.text == "not_shown" && near["probability"] == .null)
        #expect(near["reason"]?.text == "the model does not beat the base rate")
        await fixture.stop()
    }

    /// With a history of its own that has breaches, the platform judges the model on it.
    @Test func ownHistoryJudgesWhereThereIsEnough() throws {
        let own = BreachSimulation(seed: 99).samples(series: 24, checks: 3000, horizon: BreachModel.horizon, every: 10)
        let model = try #require(try BreachModel.fit(
            own: own, version: 1, at: Timestamp(seconds: 0), booster: XGBoostBooster()))
        let text = String(decoding: model.quality, as: UTF8.self)
        #expect(text.contains(#""evaluated_on":"stored""#) && model.isShown)
        let alone = try #require(try BreachModel.fit(
            own: BreachSamples(), version: 1, at: Timestamp(seconds: 0), booster: NoTreeBooster()))
        #expect(alone.kind == .logistic && alone.isShown)
        #expect(String(decoding: alone.quality, as: UTF8.self).contains(#""boosted_trees":null"#))
    }
}
