import Analytics
import EngineKit
import Factors
import Features
import HTTP
import Learning
import Portfolio
import Risk
import Runtime
import Strategy
import Streaming
import Testing

/// What the document says of answers holds for real ones: every route that can be asked is, and each answer is held
/// against its schema.
@Suite struct AnswerSchemaTests {
    init() { EventLoop.runInBackground() }

    /// Where a value is not what an OpenAPI 3.0 schema says.
    static func faults(_ value: JSONTree, _ schema: JSONTree, _ path: String) -> [String] {
        guard let type = schema["type"]?.text else { return [] }
        switch (type, value) {
        case (_, .null): return schema["nullable"] == .bool(true) ? [] : ["\(path) is null"]
        case ("object", .object(let members)):
            return members.sorted { $0.key < $1.key }.flatMap { name, member in
                let known = schema["properties"]?[name] ?? schema["additionalProperties"]
                return known.map { faults(member, $0, "\(path)/\(name)") } ?? []
            }
        case ("array", .array(let elements)):
            guard let items = schema["items"] else { return [] }
            return elements.flatMap { faults($0, items, "\(path)/*") }
        case ("string", .string), ("number", .number), ("boolean", .bool): return []
        case ("integer", .number(let number)) where number == number.rounded(): return []
        default: return ["\(path) is no \(type)"]
        }
    }

    @LoopActor private static func make() async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([
            FeaturesEngine.self, FactorEngine.self, LearningEngine.self, AnalyticsEngine.self, RiskEngine.self,
            PortfolioEngine.self, StrategyEngine.self, StreamingEngine.self,
        ])
        for (index, symbol) in ["GOOG", "AAPL", "MSFT", "KO"].enumerated() {
            try await fixture.store(.walk(500, seed: UInt64(index + 1), firstDay: 15_340), symbol)
        }
        _ = try await fixture.json(.portfolio, .post, "/portfolios", #"{"id":"sample","name":"S","currency":"USD"}"#,
                                   status: 201)
        _ = try await fixture.json(.portfolio, .post, "/portfolios/sample/transactions",
                                   #"{"type":"deposit","amount":1000}"#, status: 201)
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits",
                                   #"{"id":"sample-gross","type":"leverage","threshold":1.5,"scope":"all"}"#, status: 201)
        let definition = #"{"symbol":"GOOG","timeframe":"1d","entry":"close > open","exit":"close < open"}"#
        _ = try await fixture.json(.strategy, .post, "/api/v1/strategies/versions/sample-cross",
                                   #"{"operation":"commit","message":"m","definition":\#(definition)}"#)
        await fixture.settle()
        return fixture
    }

    /// Asks every route as its document shows it; answers the number that were held to their schemas.
    @LoopActor private static func walk(
        _ fixture: EngineFixture, _ name: EngineName, _ method: HTTP.Method
    ) async throws -> (asked: Int, faults: [String]) {
        let document = try await fixture.json(name, .get, "/openapi.json")
        var asked = 0, found: [String] = []
        for path in try #require(document["paths"]).keys {
            guard let operation = document["paths"]?[path]?[method.rawValue.lowercased()],
                  operation["responses"]?["501"] == nil else { continue }
            var target = path, query: [String] = []
            for parameter in operation["parameters"]?.elements ?? [] {
                let name = parameter["name"]?.text ?? ""
                let value = parameter["example"].map { $0.text ?? $0.json } ?? "sample"
                if parameter["in"]?.text == "path" {
                    target = target.replacing("{\(name)}", with: value)
                } else if parameter["required"] == .bool(true) {
                    query.append("\(name)=\(value)")
                }
            }
            let content = operation["requestBody"]?["content"]?["application/json"]
            let answer = try await fixture.ask(name, method, target, content?["example"]?.json ?? "",
                                               query: query.joined(separator: "&"))
            let documented = operation["responses"]?["\(answer.status)"]?["content"]?["application/json"]?["schema"]
            guard answer.status < 300, answer.contentType == "application/json", let documented else { continue }
            asked += 1
            found += Set(faults(try JSONTree(answer.body), documented, "")).sorted().map { "\(method) \(path): \($0)" }
        }
        return (asked, found)
    }

    @Test @LoopActor func answersAreWhatTheirSchemasSay() async throws {
        let fixture = try await Self.make()
        var asked = 0
        let engines: [EngineName] = [
            .features, .factor, .ml, .analytics, .risk, .portfolio, .strategy, .websocket, .marketdata,
        ]
        for method in [HTTP.Method.get, .post, .get] {
            for name in engines {
                let walk = try await Self.walk(fixture, name, method)
                asked += walk.asked
                for fault in walk.faults { Issue.record("\(name.rawValue): \(fault)") }
            }
        }
        #expect(asked > 120)
        await fixture.stop()
    }

    @Test @LoopActor func aSchemaIsReadFromItsExample() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let document = try await fixture.json(.risk, .get, "/openapi.json")
        func answer(_ path: String) -> JSONTree? {
            document["paths"]?[path]?["get"]?["responses"]?["200"]?["content"]?["application/json"]
        }
        let limits = answer("/api/v1/risk/limits"), properties = limits?["schema"]?["properties"]
        let limit = properties?["items"]?["items"]?["properties"]
        #expect(limit?["portfolio_id"]?["nullable"] == .bool(true) && limit?["portfolio_id"]?["type"] == .string("string"))
        #expect(limit?["id"]?["nullable"] == nil && limit?["threshold"]?["nullable"] == .bool(true))
        #expect(properties?["next_cursor"]?["nullable"] == .bool(true))
        // The mark is for the schema alone.
        #expect(limits?["example"]?["items"]?[0]?["portfolio_id"] == .string("sample"))
        #expect(answer("/openapi.json")?["schema"]?["type"] == .string("object"))
        await fixture.stop()
    }
}
