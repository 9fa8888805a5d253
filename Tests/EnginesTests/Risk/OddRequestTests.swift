import EngineKit
import HTTP
import Market
@testable import Risk
import Runtime
import Testing
import TestKit

/// Requests that contradict themselves or leave out what is needed are told so, and are not guessed at.
@Suite struct OddRequestTests {
    init() { EventLoop.runInBackground() }

    private static let limits = "/api/v1/risk/limits"
    private static let held = #""positions":[{"symbol":"KO","quantity":10,"price":50}],"cash":500"#

    @LoopActor private func fixture() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        for (portfolio, quantity) in [("p", 10), ("q", 6)] {
            try await fixture.publishCash(1000, of: portfolio)
            try await fixture.publish(Topics.position, portfolio, PositionUpdate(
                portfolioID: portfolio, symbol: try #require(Symbol("KO")), quantity: FixedPoint(quantity),
                averageCost: FixedPoint(50), price: FixedPoint(50), realized: .zero, time: fixture.clock.now),
                from: .portfolio)
        }
        return fixture
    }

    /// Sums and products of what is sent stay numbers: no figure is infinite.
    @Test @LoopActor func quantitiesAndPricesHaveABound() async throws {
        let fixture = try await fixture(), limits = #""limits":[{"type":"gross_exposure","threshold":1}]"#
        let odd = [("1e300", "50", "quantity"), ("-1e16", "50", "quantity"), ("1", "1e200", "price")]
        for (quantity, price, name) in odd {
            let held = #""positions":[{"symbol":"KO","quantity":\#(quantity),"price":\#(price)}]"#
            let position = #"{\#(held),"cash":1,\#(limits)}"#
            let answer = try await fixture.json(.risk, .post, "/risk/check/x", position, status: 422)
            #expect(answer.pointers == ["/positions/0/\(name)"])
            if quantity.hasPrefix("-") { continue }
            let order = """
                {"portfolio_id":"p","order":{"symbol":"KO","side":"buy","quantity":\(quantity),"price":\(price)}}
                """
            let judged = try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", order, status: 422)
            #expect(judged.pointers == ["/order/\(name)"])
        }
        let most = #"{"positions":[{"symbol":"KO","quantity":1e15,"price":1e15}],"cash":1,\#(limits)}"#
        _ = try await fixture.json(.risk, .post, "/risk/check/x", most)
        await fixture.stop()
    }

    @Test @LoopActor func aScopeAndAPortfolioThatContradictAreRefused() async throws {
        let fixture = try await fixture()
        for scope in ["firm", "portfolio:q", "symbol:KO", "client:x"] {
            let body = #"{"type":"gross_exposure","threshold":1,"portfolio_id":"p","scope":"\#(scope)"}"#
            #expect(try await fixture.json(.risk, .post, Self.limits, body, status: 422).pointers == ["/portfolio_id"])
        }
        for scope in ["all", "portfolio:p"] {
            let body = #"{"type":"gross_exposure","threshold":1,"portfolio_id":"p","scope":"\#(scope)"}"#
            #expect(try await fixture.json(.risk, .post, Self.limits, body, status: 201)["scope"]?.text == "portfolio:p")
        }
        await fixture.stop()
    }

    @Test @LoopActor func columnsOfOtherLengthsAndFallsBelowNothingAreNamed() async throws {
        let fixture = try await fixture()
        for (more, pointer) in [
            (#""returns":{"KO":[0.1,0.2,0.1]},"benchmark_returns":[0.1,0.2]"#, "/benchmark_returns"),
            (#""scenarios":[{"shocks":{"*":-0.2}},{"shocks":{"KO":-1.5}}]"#, "/scenarios/1/shocks/KO"),
            (#""scenarios":[{"shocks":{"*":1e7}}]"#, "/scenarios/0/shocks/*"),
        ] {
            let answer = try await fixture.json(.risk, .post, "/risk/check/x", "{\(Self.held),\(more)}", status: 422)
            #expect(answer.pointers == [pointer])
        }
        let shock = try await fixture.json(.risk, .post, "/risk/stress", """
            {"positions":[{"symbol":"KO","quantity":1,"price":5}],"scenarios":[{"shocks":{"*":1e308}}]}
            """, status: 422)
        #expect(shock.pointers == ["/scenarios/0/shocks/*"])
        await fixture.stop()
    }

    /// What one portfolio holds says nothing of a limit of another, or of several.
    @Test @LoopActor func aLimitOfOthersIsNotJudgedOnThePortfolioThatIsSent() async throws {
        let fixture = try await fixture()
        func check(_ scopes: [String], status: Int = 200) async throws -> JSONTree {
            let limits = scopes.map { #"{"type":"gross_exposure","threshold":900,"scope":"\#($0)"}"# }
            return try await fixture.json(.risk, .post, "/risk/check/p",
                "{\(Self.held),\"limits\":[\(limits.joined(separator: ","))]}", status: status)
        }
        let refused = try await check(["all", "portfolio:q", "portfolio:p", "firm", "client:c", "trader:t"], status: 422)
        #expect(refused.pointers == ["/limits/1", "/limits/3", "/limits/4", "/limits/5"])
        let judged = try await check(["all", "portfolio:p", "strategy:s", "symbol:KO"])
        #expect(judged["checks"]?.elements.compactMap { $0["value"]?.double } == [500, 500, 500, 500])
        await fixture.stop()
    }

    /// An instrument in two positions would hide how much of it is held.
    @Test @LoopActor func anInstrumentIsInOnePosition() async throws {
        let fixture = try await fixture()
        let answer = try await fixture.json(.risk, .post, "/risk/check/x", """
            {"positions":[{"symbol":"KO","quantity":1,"price":50},{"symbol":"PEP","quantity":1,"price":50},
             {"symbol":"KO","quantity":2,"price":50}],"limits":[]}
            """, status: 422)
        #expect(answer.pointers == ["/positions/2/symbol"])
        await fixture.stop()
    }

    /// What is too large for a number is not taken for no risk.
    @Test @LoopActor func figuresBeyondNumbersAreNotNothing() async throws {
        let fixture = try await fixture()
        for method in ["parametric", "student_t", "cornish_fisher", "monte_carlo", "historical"] {
            let answer = try await fixture.json(.risk, .post, "/risk/var", """
                {"returns":{"A":[1e300,-1e300,1e299]},"weights":{"A":1e10},"method":"\(method)","simulations":100}
                """, status: 422)
            #expect(answer.pointers == ["/returns"], "\(method)")
        }
        for method in ["gaussian_copula", "t_copula"] {
            for margins in ["parametric", "empirical"] {
                let answer = try await fixture.json(.risk, .post, "/risk/var", """
                    {"returns":{"A":[1e300,-1e300,1e299],"B":[-1e300,2e300,1e305]},"weights":{"A":1e10,"B":1},\
                    "method":"\(method)","margins":"\(margins)","simulations":100}
                    """, status: 422)
                #expect(answer.pointers == ["/returns"], "\(method) \(margins)")
            }
        }
        let check = try await fixture.json(.risk, .post, "/risk/check/x", """
            {"positions":[{"symbol":"KO","quantity":1e15,"price":50}],"returns":{"KO":[1e300,-1e300,1e299]},
             "limits":[{"type":"value_at_risk","threshold":1},{"type":"volatility","threshold":1}]}
            """)
        #expect(check["checks"]?.elements.compactMap { $0["verdict"]?.text } == ["breach", "breach"])
        await fixture.stop()
    }

    /// A limit over several portfolios is tested on what they hold as one, whichever of them is named.
    @Test @LoopActor func aLimitIsTestedOnWhatItIsOf() async throws {
        let fixture = try await fixture()
        for (id, scope) in [("all", "all"), ("firm", "firm"), ("p", "portfolio:p")] {
            _ = try await fixture.json(.risk, .post, Self.limits,
                #"{"id":"\#(id)","type":"gross_exposure","threshold":900,"scope":"\#(scope)"}"#, status: 201)
        }
        func check(_ id: String, _ body: String, status: Int = 200) async throws -> JSONTree {
            try await fixture.json(.risk, .post, Self.limits + "/\(id)/check", body, status: status)
        }
        for body in ["{}", #"{"portfolio_id":"p"}"#] {
            let firm = try await check("firm", body)
            #expect(firm["value"]?.double == 800 && firm["verdict"]?.text == "warn")
        }
        let after = try await check("firm", """
            {"portfolio_id":"q","order":{"symbol":"KO","side":"buy","quantity":4,"price":50}}
            """)
        #expect(after["value"]?.double == 1000 && after["verdict"]?.text == "breach")
        #expect(try await check("p", "{}")["value"]?.double == 500)
        #expect(try await check("p", #"{"portfolio_id":"q"}"#)["value"]?.double == 300)
        #expect(try await check("all", "{}", status: 422).pointers == ["/portfolio_id"])
        #expect(try await check("all", "{\(Self.held)}")["value"]?.double == 500)
        await fixture.stop()
    }

    /// A limit of a strategy looks at its orders alone, by HTTP as on the bus.
    @Test @LoopActor func anOrderIsOfTheStrategyThatItNames() async throws {
        let fixture = try await fixture()
        _ = try await fixture.json(.risk, .post, Self.limits,
            #"{"type":"order_size","threshold":10,"scope":"strategy:trend"}"#, status: 201)
        for (more, isAllowed) in [("", true), (#","strategy_id":"other""#, true), (#","strategy_id":"trend""#, false)] {
            let answer = try await fixture.json(.risk, .post, "/api/v1/sprint3/risk/pre-trade-check", """
                {"portfolio_id":"p","order":{"symbol":"KO","side":"buy","quantity":1,"price":50\(more)}}
                """)
            #expect(answer["allowed"] == .bool(isAllowed) && answer["checks"]?.elements.count == (isAllowed ? 0 : 1))
        }
        await fixture.stop()
    }
}
