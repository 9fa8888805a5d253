import EngineKit
import HTTP
@testable import Risk
import Runtime
import Testing
import TestKit
import Wire

/// Stress tests and the added methods of VaR by HTTP.
@Suite struct StressTests {
    init() { EventLoop.runInBackground() }

    @Test @LoopActor func lossesComeByScenarioPositionLadderAndReverse() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let answer = try await fixture.json(.risk, .post, "/risk/stress", """
            {"positions":[{"symbol":"A","quantity":10,"price":100,"sector":"Technology"},
              {"symbol":"B","quantity":-5,"price":100}],
             "scenarios":[{"name":"own","shocks":{"A":-0.2,"*":0.1}},{"name":"rates","factors":{"rates":0.01}}],
             "exposures":{"A":{"sensitivities":{"rates":-5}}},"historic":["black_monday_1987"],
             "reverse":{"loss":100,"shocks":{"A":-0.1}},"ladders":[{"name":"B","from":-0.5,"to":0.5,"steps":3}]}
            """)
        let found = answer["scenarios"]?.elements ?? []
        #expect(found.compactMap { $0["loss"]?.double }.prefix(2).map { ($0 * 1e9).rounded() / 1e9 } == [250, 50])
        #expect(found.first?["positions"]?.elements.compactMap { $0["loss"]?.double } == [200, 50])
        let monday = try #require(found.last?["loss"]?.double)
        #expect(abs(monday / 500 - (1 - 224.84 / 282.70)) < 1e-12 && found.last?["from"]?.text == "1987-10-16")
        #expect(answer["worst"]?["name"]?.text == "own")
        let multiple = try #require(answer["reverse"]?["multiple"]?.double)
        #expect(abs(multiple - 1) < 1e-9 && answer["reverse"]?["reached"] == .bool(true))
        let ladder = answer["ladders"]?.elements.first?["steps"]?.elements ?? []
        #expect(ladder.compactMap { $0["loss"]?.double } == [-250, 0, 250])
        await fixture.stop()
    }

    @Test @LoopActor func anAnswerIsBounded() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let positions = (0..<2001).map { #"{"symbol":"S\#($0)","quantity":1,"price":1}"# }.joined(separator: ",")
        let scenarios = Array(repeating: #"{"shocks":{"*":-0.1}}"#, count: 1000).joined(separator: ",")
        let refused = try await fixture.json(
            .risk, .post, "/risk/stress", #"{"positions":[\#(positions)],"scenarios":[\#(scenarios)]}"#, status: 422)
        #expect(refused.pointers == ["/positions"])
        await fixture.stop()
    }

    @Test @LoopActor func everyBuiltInScenarioIsUsedWhereNothingIsAsked() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let all = try await fixture.json(.risk, .post, "/risk/stress",
            #"{"positions":[{"symbol":"A","quantity":1,"price":100}]}"#)
        #expect(all["scenarios"]?.elements.count == HistoricScenarios.all.count)
        #expect(all["scenarios"]?.elements.allSatisfy { ($0["loss"]?.double ?? 0) > 0 } == true)
        #expect(all["worst"]?["name"]?.text == "financial_crisis_2007")
        let none = try await fixture.json(.risk, .post, "/risk/stress", #"{"positions":[],"reverse":{"loss":1}}"#)
        #expect(none["value"]?.double == 0 && none["reverse"]?["reached"] == .bool(false))
        let bad = try await fixture.json(.risk, .post, "/risk/stress", """
            {"positions":[{"symbol":"A","quantity":1,"price":0}],"historic":["nothing"],
             "scenarios":[{"shocks":{"A":-2}},{}],"reverse":{"loss":-1},"ladders":[{"from":1,"to":0}]}
            """, status: 422)
        #expect(Set(bad.pointers) == [
            "/positions/0/price", "/historic/0", "/scenarios/0/shocks/A", "/scenarios/1/shocks", "/reverse/loss",
            "/ladders/0/to"])
        await fixture.stop()
    }

    /// The table is a data file: it is whole, in order of time, and every row says where its levels come from.
    @Test func theBuiltInTableIsWhole() throws {
        let all = HistoricScenarios.all
        #expect(all.count == 12 && Set(all.map(\.id)).count == all.count)
        #expect(all.map(\.from) == all.map(\.from).sorted() && all.allSatisfy { $0.from < $0.to })
        #expect(all.allSatisfy { (-1..<0).contains($0.market) && !$0.source.isEmpty })
        let bubble = try #require(all.first { $0.id == "dot_com_2000" })
        #expect(bubble.shocks["sector:Technology"].map { abs($0 - (1114.11 / 4963.03 - 1)) < 1e-15 } == true)
        #expect(bubble.source.contains("Nasdaq") && bubble.source.contains("S&P"))
    }

    @Test func aTableIsReadWithAllItsFaults() throws {
        let text = #"{"indices":[{"name":"x","source":"y"}],"scenarios":[{"id":"a","name":"A","from":"2000-01-01","# +
            #""to":"2000-01-02","moves":[{"shock":"sector:B","index":"z","start":0,"end":1}],"other":1}]}"#
        let problem = try #require(throws: Problem.self) { try HistoricScenarios.document(Array(text.utf8)) }
        #expect(Set(problem.errors.map(\.pointer)) == [
            "/scenarios/0/moves/0/start", "/scenarios/0/moves", "/scenarios/0/other"])
        #expect(throws: (any Error).self) { try HistoricScenarios.document(Array("{".utf8)) }
    }

    /// Prices stop at zero: what a long portfolio can lose is all it has.
    @Test func aDirectionThatCannotLoseEnoughSaysSo() {
        let test = StressTest(positions: [RiskPosition(symbol: "A", quantity: 2, price: 50)])
        let never = test.reverse(["*": -0.1], loss: 101)
        #expect(never.multiple == nil && never.largest == 100)
        let all = test.reverse(["*": -0.1], loss: 100)
        #expect(all.multiple.map { abs($0 - 10) < 1e-9 } == true && all.loss >= 100)
    }

    /// A long falls to nothing while a short goes on: the loss rises, then falls again. 65000 lies on its way up.
    @Test func aLossThatFallsAgainIsFoundOnItsWayUp() {
        let pair = [
            RiskPosition(symbol: "A", quantity: 1000, price: 100), RiskPosition(symbol: "B", quantity: -1000, price: 100)
        ]
        let direction = ["A": -0.35, "B": -0.1], test = StressTest(positions: pair)
        let found = test.reverse(direction, loss: 65_000)
        #expect(found.multiple.map { abs($0 - 2.6) < 1e-12 } == true && found.loss >= 65_000 && found.loss < 65_000.01)
        #expect(abs(found.largest - (100_000 - 10_000 / 0.35)) < 1e-6)
        let beyond = test.reverse(direction, loss: 71_429)
        #expect(beyond.multiple == nil && beyond.loss == found.largest)
        // A short of what rises loses without end.
        let short = StressTest(positions: [pair[1]]).reverse(["*": 1e-9], loss: 1e6)
        #expect(short.multiple.map { abs($0 / 1e10 - 1) < 1e-12 } == true && short.largest == .infinity)
        // A long and a short of the same rise set each other off.
        #expect(StressTest(positions: pair).reverse(["*": 0.3], loss: 1e-6).multiple == nil)
    }

    /// No smaller multiple of a thousand tried loses as much, and where none is found none of them does.
    @Test func noSmallerMultipleLosesAsMuch() {
        for seed in 0..<60 {
            let positions = (0..<5).map { index in
                RiskPosition(
                    symbol: "\(index)", quantity: Double((seed * 7 + index * 13) % 11 - 5),
                    price: Double(10 + (seed + index) % 9))
            }
            let direction = Dictionary(
                uniqueKeysWithValues: (0..<5).map { ("\($0)", Double((seed * 5 + $0 * 17) % 13 - 8) / 20) })
            let test = StressTest(positions: positions), loss = Double(5 + seed * 3)
            let found = test.reverse(direction, loss: loss)
            let end = found.multiple ?? 1_000
            for step in 0..<1_000 {
                let lost = test.outcome(direction, times: end * Double(step) / 1_000).loss
                #expect(lost < loss, "\(seed) \(step)")
            }
            if let multiple = found.multiple {
                #expect(abs(test.outcome(direction, times: multiple).loss / loss - 1) < 1e-9, "\(seed)")
            }
            #expect(found.largest >= found.loss || found.loss - found.largest < 1e-9)
        }
    }

    @Test @LoopActor func everyMethodAnswersAndItsComponentsSum() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let numbers = (0..<60).map { "\(Double(($0 * 37) % 41 - 20) / 1000)" }
        let others = (0..<60).map { "\(Double(($0 * 23) % 31 - 15) / 1000)" }
        for method in VarMethod.allCases {
            let body = """
                {"returns":{"A":[\(numbers.joined(separator: ","))],"B":[\(others.joined(separator: ","))]},
                 "weights":{"A":0.5,"B":0.5},"value":1000,"method":"\(method.rawValue)","simulations":20000,
                 "confidence":0.95,"incremental":true}
                """
            let answer = try await fixture.json(.risk, .post, "/risk/var", body)
            let value = try #require(answer["value_at_risk"]?.double)
            let sum = ["A", "B"].compactMap { answer["component"]?[$0]?.double }.reduce(0, +)
            #expect(abs(sum - value) < 1e-6 * 1000, "\(method)")
            #expect(value > 0 && (answer["expected_shortfall"]?.double ?? 0) >= value, "\(method)")
            #expect(answer["incremental"]?["A"]?.double != nil && answer["horizon_scaling"]?.text != nil)
            #expect((answer["standard_error"]?.double != nil) == method.isSimulated)
        }
        let short = try await fixture.json(.risk, .post, "/risk/var",
            #"{"returns":{"A":[0.01,0.02]},"weights":{"A":1},"method":"garch_filtered_historical"}"#, status: 422)
        #expect(short.pointers == ["/returns"])
        let test = try await fixture.json(.risk, .post, "/risk/var/backtest",
            #"{"returns":[0.01,-0.03],"value_at_risk":[0.02,0.02]}"#)
        #expect(test["exceptions"]?.double == 1)
        let run = try await fixture.json(.risk, .post, "/api/v1/acceleration/metal/monte-carlo",
            #"{"simulations":20000,"benchmark":true}"#)
        #expect(run["backend"]?.text == "cpu" && run["speedup"]?.double == 1)
        #expect((run["result"]?["value_at_risk"]?.double ?? 0) > 0)
        await fixture.stop()
    }
}
