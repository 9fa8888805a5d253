import Analytics
import EngineKit
import Factors
import Features
import Gateway
import HTTP
import Learning
import Portfolio
import Risk
import Runtime
import Strategy
import Streaming
import Testing

/// Bodies that change something refuse what they do not read: a misspelt member decides scope or money by not being
/// there.
@Suite struct StrictRequestTests {
    init() { EventLoop.runInBackground() }

    /// Questions that read what is stored: no calculations, and nothing is changed by them.
    private static let questions: Set<String> = [
        "/risk/check/{portfolio_id}", "/api/v1/sprint3/risk/pre-trade-check", "/api/v1/risk/limits/{limit_id}/check",
        "/api/v1/sprint3/analytics/performance/analyze", "/api/v1/sprint3/analytics/risk/analyze",
        "/ml/predict/volatility", "/ml/predict/price",
    ]

    /// Walks every POST, PUT and PATCH route with a body.
    @Test(arguments: [
        EngineName.websocket, .factor, .risk, .marketdata, .portfolio, .strategy, .analytics, .ml, .features,
    ])
    @LoopActor func aMemberThatIsNotReadIsRefusedWhereSomethingChanges(_ name: EngineName) async throws {
        let fixture = try await EngineFixture.make([
            StreamingEngine.self, FactorEngine.self, RiskEngine.self, PortfolioEngine.self, StrategyEngine.self,
            AnalyticsEngine.self, LearningEngine.self, FeaturesEngine.self,
        ])
        let document = try await fixture.json(name, .get, "/openapi.json")
        let routes = try #require(fixture.hosts[name]).application.declarations
        var tried = 0
        for route in routes where [.post, .put, .patch].contains(route.method) && route.missing == nil {
            let operation = document["paths"]?[route.path]?[route.method.rawValue.lowercased()]
            let example = operation?["requestBody"]?["content"]?["application/json"]?["example"]
            guard let example, case .object(var members) = example, !members.isEmpty else { continue }
            members["no_such_member"] = .number(1)
            let path = route.path.replacing("{report_type}", with: "daily_risk").split(separator: "/")
                .map { $0.hasPrefix("{") ? "sample" : String($0) }
            let answer = try await fixture.ask(
                name, route.method, "/" + path.joined(separator: "/"), JSONTree.object(members).json)
            let told = try JSONTree(answer.body).pointers.contains("/no_such_member")
            let isQuestion = route.isCalculation || Self.questions.contains(route.path)
            #expect(told != isQuestion, "\(route.method.rawValue) \(route.path) answered \(answer.status)")
            tried += 1
        }
        #expect(tried > 0)
        await fixture.stop()
    }

    @Test @LoopActor func nullIsNoValueOfAnOrderALimitOrADeployment() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self, PortfolioEngine.self, StrategyEngine.self])
        func pointers(_ engine: EngineName, _ path: String, _ body: String) async throws -> [String] {
            try await fixture.json(engine, .post, path, body, status: 422).pointers
        }
        let order = #"{"portfolio_id":"p","symbol":"KO","side":"buy","quantity":1,"price":null}"#
        #expect(try await pointers(.strategy, "/orders", order) == ["/price"])
        let deploy = #"{"strategy_id":"cross","portfolio_id":"p","capital":null}"#
        #expect(try await pointers(.strategy, "/api/v1/strategies/deploy", deploy) == ["/capital"])
        let limits = "/api/v1/risk/limits"
        let limit = #"{"type":"gross_exposure","threshold":100,"portfolio_id":null}"#
        #expect(try await pointers(.risk, limits, limit) == ["/portfolio_id"])
        let deposit = #"{"type":"buy","symbol":"KO","quantity":1,"price":2,"commission":null}"#
        #expect(try await pointers(.portfolio, "/portfolios/p/transactions", deposit) == ["/commission"])
        await fixture.stop()
    }

    /// What a limit is told as may be sent back, its null beside a scope too; and stored ones are read as they are.
    @Test @LoopActor func aLimitMayBeSentBackAsItWasTold() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let path = "/api/v1/risk/limits"
        let body = #"{"id":"gross","type":"gross_exposure","threshold":100,"scope":"all"}"#
        let limit = try await fixture.json(.risk, .post, path, body, status: 201)
        #expect(limit["portfolio_id"] == .null)
        let again = try await fixture.json(.risk, .put, path + "/gross", limit.json)
        #expect(again["version"]?.int == 2 && again["scope"]?.text == "all")
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        try await engine.start()
        #expect(try await fixture.json(.risk, .get, path + "/gross") == again)
        await fixture.stop()
    }
}
