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

    /// The firm, a client and a trader are judged and predicted as a portfolio is, without anybody following one.
    @Test @LoopActor func groupsAreJudgedAndPredictedAsPortfoliosAre() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try fixture.listen([Topics.breach])
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        let groups = ["client:smith", "firm", "trader:ann"]
        for (scope, threshold) in zip(groups + ["client:nobody"], [1060, 1060, 560, 1]) {
            _ = try await fixture.json(.risk, .post, Self.path + "/limits", """
                {"id":"of-\(scope)","type":"gross_exposure","threshold":\(threshold),"scope":"\(scope)"}
                """, status: 201)
        }
        // Nobody has told of a portfolio and no trader has traded: there is nothing to judge.
        try await engine.desk.check()
        #expect(engine.desk.outlooks.isEmpty)
        _ = try await fixture.json(.risk, .put, Self.path + "/clients/smith", #"{"portfolios":["p","q"]}"#)
        for portfolio in ["p", "q"] { try await fixture.publishCash(1000, of: portfolio) }
        try await fixture.publish(Topics.position, "q", PositionUpdate(
            portfolioID: "q", symbol: try #require(Symbol("KO")), quantity: FixedPoint(10), averageCost: FixedPoint(50),
            price: FixedPoint(50), realized: .zero, time: fixture.clock.now), from: .portfolio)
        try await fixture.publish(Topics.fill, "p", Fill(
            id: "f", orderID: "x", portfolioID: "p", strategyID: "", symbol: try #require(Symbol("KO")), side: .buy,
            quantity: FixedPoint(10), price: FixedPoint(50), commission: .zero, trader: "ann", time: fixture.clock.now),
            from: .strategy)
        _ = try await engine.desk.fit()
        /// Every holding at a price.
        func check(at price: Double) async throws {
            let value = try #require(FixedPoint(price))
            try await fixture.publish(Bar(
                symbol: try #require(Symbol("KO")), timeframe: .minute1, time: fixture.clock.now, open: price,
                high: price, low: price, close: price, volume: 1))
            try await self.check(fixture, engine, price: value.double)
        }
        var random = SeededGenerator(seed: 4)
        for _ in 0...BreachTracker.warmUp {
            try await check(at: 50 + Double.random(in: -0.9...0.9, using: &random))
        }
        for scope in groups {
            let answer = try await fixture.json(.risk, .get, Self.path + "/predictions", query: "portfolio_id=\(scope)")
            let items = try #require(answer["items"]?.elements)
            #expect(items.count == 1 && items[0]["state"]?.text == "predicted", "\(answer.json)")
            let probability = try #require(items[0]["probability"]?.double)
            #expect(probability > 0 && probability < 1)
        }
        #expect(fixture.published.isEmpty)
        // A breach is told once each, under the group's name, and so are those that follow it.
        for _ in 0..<2 { try await check(at: 57) }
        let told = fixture.published.map(\.topic.key)
        #expect(told.sorted() == groups)
        let events = try await fixture.json(.risk, .get, Self.path + "/breaches", query: "portfolio_id=firm")
        #expect(events["items"]?.elements.count == 2, "\(events.json)")
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
