import EngineKit
import HTTP
import Market
import Numerics
import Quant
@testable import Risk
import Runtime
import Testing
import TestKit
import Wire

/// Limits whose thresholds follow the regime of volatility.
@Suite struct LimitRegimeTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk"

    /// Daily bars whose returns have these deviations; the same every time.
    private func bars(_ deviations: [Double]) -> BarColumns {
        let random = Philox(seed: 23)
        var bars = BarColumns(), price = 100.0
        for (day, deviation) in ([0] + deviations).enumerated() {
            price *= 1 + deviation * random.normal(UInt64(day), stream: 0)
            bars.times.append(Int64(18_262 + day) * 86_400_000_000_000)
            for column in [\BarColumns.open, \.high, \.low, \.close] { bars[keyPath: column].append(price) }
            bars.volume.append(1)
        }
        return bars
    }

    private func days(_ count: Int, _ deviation: Double) -> [Double] { [Double](repeating: deviation, count: count) }

    @LoopActor private func limit(_ json: String) throws -> Limit { try LimitRows.decode(Array(json.utf8)) }

    @LoopActor private func adjustments(_ fixture: EngineFixture) async throws -> [JSONTree] {
        let answer = try await fixture.json(.risk, .get, Self.path + "/limit-adjustments")
        return try #require(answer["items"]?.elements)
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func aThresholdFollowsTheRegimeWithinItsBoundsAndIsLogged(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        let restless = days(200, 0.005) + days(52, 0.03)
        try await fixture.store(bars(restless), "KO")
        for (id, least) in [("bound", 600), ("free", 100)] {
            _ = try await fixture.json(.risk, .post, Self.path + "/limits", """
                {"id":"\(id)","type":"gross_exposure","threshold":1000,"scope":"symbol:KO","auto_adjust":
                 {"by":"regime","calm_factor":1.2,"restless_factor":0.5,"least":\(least),"most":1100}}
                """, status: 201)
        }
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.adjuster.round()
        let returns = try #require(await engine.dailyReturns(of: .symbol("KO")))
        let model = try VolatilityRegimes(fitting: returns)
        let probability = try #require(model.restless.last)
        #expect(model.isTold && probability > 0.8)
        #expect(engine.limits.map(\.adjusted) == [600, 500])
        #expect(engine.limits.map { $0.effective(at: fixture.clock.now)?.threshold } == [600, 500])
        // Nothing has changed: nothing is written. The limit is as people made it.
        await engine.adjuster.round()
        let trail = try await fixture.json(.risk, .get, "/audit", query: "action=limit.adjust")
        #expect(trail["items"]?.elements.count == 2 && trail["items"]?[0]?["actor"]?.text == "engine:risk")
        let body = trail.json.filter { $0 != "\\" }
        #expect(body.contains(#""regime":"restless""#) && body.contains(#""by":"regime""#), "\(body)")
        let stored = try await fixture.json(.risk, .get, Self.path + "/limits/free")
        #expect(stored["threshold"]?.double == 1000 && stored["version"]?.double == 1)
        let told = try await adjustments(fixture)
        #expect(told.map { $0["threshold"]?.double } == [600, 500])
        #expect(["by", "regime", "reason"].map { told[1][$0]?.text } == ["regime", "restless", ""])
        #expect(told[1]["restless_probability"]?.double == probability)
        #expect(told[1]["volatility"]?.double == model.parameters.restless)
        await engine.stop()
        try await engine.start()
        #expect(engine.limits.map(\.adjusted) == [600, 500] && engine.adjuster.newest["free"]?.regime == .restless)
        // Quiet weeks later it is calm, and the upper bound holds.
        try await fixture.store(bars(restless + days(60, 0.005)), "KO")
        fixture.clock.advance(nanoseconds: 2 * DailyBars.lifeNanoseconds)
        await fixture.until("the thresholds of the calm regime") { engine.limits.map(\.adjusted) == [1100, 1100] }
        #expect(engine.adjuster.newest["free"]?.regime == .calm)
        await fixture.stop()
    }

    @Test @LoopActor func aLimitThatCannotBeAdjustedStaysAndSaysWhy() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        try await fixture.store(bars(days(60, 0.01)), "FEW")
        try await fixture.store(bars(days(252, 0.01)), "SAME")
        for symbol in ["FEW", "NONE", "SAME"] {
            _ = try await fixture.json(.risk, .post, Self.path + "/limits", """
                {"id":"\(symbol)","type":"leverage","threshold":2,"scope":"firm","auto_adjust":
                 {"by":"regime","symbol":"\(symbol)","restless_factor":0.5,"least":0.1,"most":2}}
                """, status: 201)
        }
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.adjuster.round()
        let told = try await adjustments(fixture)
        #expect(told.map { $0["reason"]?.text } == [
            "regimes need 100 finite returns or more, there are 60", "the daily returns of symbol:NONE are not known",
            "the daily returns of symbol:SAME tell no two regimes apart",
        ])
        #expect(told.allSatisfy { $0["threshold"]?.double == 2 && $0["ts"] == .null && $0["regime"] == .null })
        #expect(engine.limits.allSatisfy { $0.adjusted == nil })
        let trail = try await fixture.json(.risk, .get, "/audit", query: "action=limit.adjust")
        #expect(trail["items"]?.elements.isEmpty == true)
        await fixture.stop()
    }

    @Test func betweenTheProbabilitiesTheRegimeBeforeHolds() {
        for (restless, before, expected) in [
            (0.8, nil, .restless), (0.79, nil, nil), (0.2, nil, .calm), (0.21, nil, nil), (0.79, .calm, .calm),
            (0.21, .restless, .restless), (0.81, .calm, .restless), (0.19, .restless, .calm),
        ] as [(Double, VolatilityRegime?, VolatilityRegime?)] {
            #expect(LimitAdjustment.regime(restless, clear: 0.8, before: before) == expected, "\(restless)")
        }
        let adjust = LimitAdjustment(
            follows: .regime(calm: 1.5, restless: 0.25, clear: 0.8), symbol: nil, least: 30, most: 140)
        #expect(adjust.threshold(100, volatility: 1, regime: .calm) == 140)
        #expect(adjust.threshold(100, volatility: 1, regime: .restless) == 30)
        #expect(adjust.threshold(200, volatility: 1, regime: .restless) == 50)
    }

    @Test @LoopActor func aRuleIsReadAsItIsWrittenAndFaultsAreNamed() async throws {
        let rule = """
            {"by":"regime","calm_factor":1,"restless_factor":0.5,"clear_at":0.9,"symbol":"SPY","least":1,"most":2}
            """
        let made = try limit(#"{"id":"x","type":"leverage","threshold":2,"scope":"firm","auto_adjust":\#(rule)}"#)
        var json = JSONWriter()
        made.write(to: &json)
        #expect(try LimitRows.decode(json.bytes).adjust == made.adjust)
        #expect(String(decoding: json.bytes, as: UTF8.self).contains(#""by":"regime""#))
        let fixture = try await EngineFixture.make([RiskEngine.self])
        for (scope, rule, pointer) in [
            ("symbol:KO", #""by":"regime""#, "/auto_adjust/restless_factor"),
            ("symbol:KO", #""by":"regime","restless_factor":0.5,"reference_volatility":0.01"#,
             "/auto_adjust/reference_volatility"),
            ("symbol:KO", #""restless_factor":0.5,"reference_volatility":0.01"#, "/auto_adjust/restless_factor"),
            ("symbol:KO", #""by":"regime","restless_factor":0.5,"clear_at":0.4"#, "/auto_adjust/clear_at"),
            ("symbol:KO", #""by":"weather""#, "/auto_adjust/by"),
            ("symbol:KO", #""least":0"#, "/auto_adjust/reference_volatility"),
            ("all", #""by":"regime","restless_factor":0.5"#, "/auto_adjust"),
        ] {
            let bounds = rule.contains("least") ? #","most":2"# : #","least":1,"most":2"#
            let answer = try await fixture.json(.risk, .post, Self.path + "/limits", """
                {"type":"gross_exposure","threshold":2,"scope":"\(scope)","auto_adjust":{\(rule)\(bounds)}}
                """, status: 422)
            #expect(answer.pointers.contains(pointer), "\(rule): \(answer.json)")
        }
        await fixture.stop()
    }

    @Test @LoopActor func aRuleThatLetsMorePassLoosens() throws {
        func reasons(_ before: String, _ after: String) throws -> Int {
            func made(_ rule: String) throws -> Limit {
                try limit("""
                    {"type":"leverage","threshold":2,"scope":"portfolio:p","approval":"four-eyes",
                     "auto_adjust":{"by":"regime","least":1,"most":2,\(rule)}}
                    """)
            }
            return LimitLoosening.reasons(from: try made(before), to: try made(after)).count
        }
        let base = #""calm_factor":0.9,"restless_factor":0.5,"clear_at":0.8"#
        #expect(try reasons(base, base) == 0)
        #expect(try reasons(base, #""calm_factor":0.8,"restless_factor":0.4,"clear_at":0.8"#) == 0)
        #expect(try reasons(base, #""calm_factor":1,"restless_factor":0.5,"clear_at":0.8"#) == 1)
        #expect(try reasons(base, #""calm_factor":0.9,"restless_factor":0.6,"clear_at":0.8"#) == 1)
        #expect(try reasons(base, #""calm_factor":0.9,"restless_factor":0.5,"clear_at":0.9"#) == 1)
        #expect(try reasons(base, base + #","symbol":"SPY""#) == 1)
    }
}
