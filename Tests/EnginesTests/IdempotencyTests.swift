import EngineKit
import Factors
import HTTP
import Portfolio
import Risk
import Runtime
import Store
import Strategy
import Streaming
import Testing
import TestKit

/// A key on a POST: the same request gives the same answer, another one is refused.
@Suite struct IdempotencyTests {
    init() { EventLoop.runInBackground() }

    /// Routes that must have been tried: those that change something and need nothing but their example.
    private static let wanted: [EngineName: Set<String>] = [
        .websocket: ["broadcast", "connections", "subscriptions"].reduce(into: []) { paths, name in
            paths.formUnion(["/api/v1/websocket/\(name)", "/api/v1/sprint3/websocket/\(name)"])
        },
        .factor: ["/factors/batch"],
        .risk: ["/api/v1/risk/predictions/model", "/api/v1/risk/kill-switch", "/api/v1/risk/monitor/start",
                "/api/v1/sprint3/risk/monitoring/start", "/api/v1/risk/monitor/stop", "/api/v1/risk/limits",
                "/api/v1/risk/alerts"],
        .marketdata: ["/market-data/quotes", "/market-data/import"],
        .portfolio: ["/portfolios", "/portfolios/{portfolio_id}/transactions"],
        .strategy: ["/api/v1/strategies/versions/{strategy_id}"],
    ]

    @LoopActor private static func make() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([
            StreamingEngine.self, FactorEngine.self, RiskEngine.self, PortfolioEngine.self, StrategyEngine.self,
        ])
        for (index, symbol) in ["GOOG", "AAPL", "MSFT", "KO"].enumerated() {
            try await fixture.store(.walk(500, seed: UInt64(index + 1), firstDay: 15_340), symbol)
        }
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"sample","name":"S","currency":"USD"}"#,
                                   status: 201)
        return fixture
    }

    /// Walks all POST routes but calculations and promises.
    @Test(arguments: [EngineName.websocket, .factor, .risk, .marketdata, .portfolio, .strategy])
    @LoopActor func everyPostThatChangesSomethingKeepsItsKey(_ name: EngineName) async throws {
        let fixture = try await Self.make()
        let document = try await fixture.json(name, .get, "/openapi.json")
        let routes = try #require(fixture.hosts[name]).application.declarations
        var tried: Set<String> = []
        for route in routes where route.method == .post && route.missing == nil && !route.isCalculation {
            let media = document["paths"]?[route.path]?["post"]?["requestBody"]?["content"]?["application/json"]
            let example = try #require(media?["example"], "\(route.path) shows no example").json
            let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "sample" : String($0) }
            func send(_ body: String) async throws -> Response {
                try await fixture.ask(name, .post, "/" + path.joined(separator: "/"), body, query: name == .marketdata ? "" : "symbol=GOOG",
                                      headers: ["Idempotency-Key": "k-1"])
            }
            let first = try await send(example)
            guard first.status < 300 else { continue }
            tried.insert(route.path)
            let second = try await send(example), other = try await send(example + " ")
            #expect(second.status == first.status && second.body == first.body, "\(route.path)")
            #expect(other.status == 409, "\(route.path)")
        }
        #expect(tried.isSuperset(of: Self.wanted[name] ?? []), "\(tried)")
        await fixture.stop()
    }

    @Test @LoopActor func whatComesWhileTheFirstRunsGetsItsAnswer() async throws {
        let fixture = try await Self.make()
        var answers: [Response] = []
        let tasks = (0..<24).map { _ in
            spawn {
                let answer = try? await fixture.ask(
                    .portfolio, .post, "/portfolios/sample/transactions",
                    #"{"type":"deposit","amount":5,"currency":"USD","ts":"2013-01-02"}"#,
                    headers: ["Idempotency-Key": "k-2"])
                if let answer { answers.append(answer) }
            }
        }
        for task in tasks { await task.value }
        #expect(answers.count == 24 && answers.allSatisfy { $0.status == 201 && $0.body == answers[0].body })
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/sample")["cash"]?.double == 5)
        await fixture.stop()
    }

    /// A refused request is not remembered: mended circumstances let it through.
    @Test @LoopActor func aRefusalIsNotRemembered() async throws {
        let fixture = try await Self.make()
        func send() async throws -> Int {
            try await fixture.ask(.portfolio, .post, "/portfolios/late/transactions", #"{"type":"deposit","amount":5}"#,
                                  headers: ["Idempotency-Key": "k-3"]).status
        }
        #expect(try await send() == 404)
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"late","name":"L","currency":"USD"}"#,
                                   status: 201)
        #expect(try await send() == 201)
        await fixture.stop()
    }

    /// Whoever dies between the change and the answer has left a claim: the change is not carried out twice.
    @Test @LoopActor func aClaimWithoutAnAnswerIsTold() async throws {
        let fixture = try await Self.make()
        let body = #"{"portfolio_ids":["sample"]}"#, context = try #require(fixture.hosts[.risk]).context
        func send() async throws -> Int {
            try await fixture.ask(.risk, .post, "/api/v1/risk/monitor/stop", body, headers: ["Idempotency-Key": "k-4"]).status
        }
        #expect(try await send() == 200)
        let stored = try await context.records.query(Statement("SELECT status FROM idempotency"))
        let status: Int = try #require(stored.first).value(0)
        #expect(stored.rows.count == 1 && status == 200)
        try await context.records.transaction([Statement("UPDATE idempotency SET status = 0")])
        #expect(try await send() == 409)
        await fixture.stop()
    }

    /// Old answers are forgotten, each hour: the same key is then another request's.
    @Test @LoopActor func anOldKeyIsForgotten() async throws {
        let fixture = try await Self.make()
        let context = try #require(fixture.hosts[.portfolio]).context, day: Int64 = 86_400_000_000_000
        func deposit(_ key: String) async throws {
            let answer = try await fixture.ask(
                .portfolio, .post, "/portfolios/sample/transactions",
                #"{"type":"deposit","amount":5,"currency":"USD","ts":"2013-01-02"}"#, headers: ["Idempotency-Key": key])
            #expect(answer.status == 201)
        }
        func keys() async throws -> Int {
            try await context.records.query(Statement("SELECT key FROM idempotency")).rows.count
        }
        try await deposit("k-5")
        fixture.clock.advance(nanoseconds: 29 * day)
        try await deposit("k-6")
        #expect(try await keys() == 2)
        fixture.clock.advance(nanoseconds: 2 * day)
        try await fixture.until("the old key is forgotten") {
            fixture.clock.advance(nanoseconds: 3_600_000_000_000)
            return try await keys() == 1
        }
        try await deposit("k-6")
        try await deposit("k-5")
        #expect(try await fixture.json(.portfolio, .get, "/portfolios/sample")["cash"]?.double == 15)
        await fixture.stop()
    }
}
