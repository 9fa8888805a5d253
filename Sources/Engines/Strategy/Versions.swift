import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

extension StrategyEngine {
    private static let versionExample = """
        {"id":"8f14e45fceea167a5a36dedd4bea2543","strategy_id":"cross","version":"8f14e45fceea167a5a36dedd4bea2543",\
        "message":"first","parent?":null,"created":"2024-01-02T00:00:00Z","tags":[],"head":true,"definition":{"symbol":"GOOG"}}
        """

    private static let commitExample = """
        {"operation":"commit","message":"10 over 30","definition":{"symbol":"GOOG","timeframe":"1d",\
        "entry":"sma(close,10) > sma(close,30)","exit":"sma(close,10) < sma(close,30)","commission_bps":5,"slippage_bps":1}}
        """

    var versionRoutes: [Route] {
        let sprint = Self.commitExample.replacing("{\"operation\"", with: "{\"strategy_id\":\"cross\",\"operation\"",
            maxReplacements: 1)
        return [
            .json(.get, "/api/v1/strategies/versions/{strategy_id}",
                "The strategy's versions, oldest first, with tags and head.",
                  answer: "{\"strategy_id\":\"cross\",\"head\":\"8f14…\",\"items\":[\(Self.versionExample)]}",
                      errors: [404]) {
                [unowned self] (path: StrategyPath, _: NoBody, _) in
                guard let list = versions[path.id] else { throw Problem.notFound("no strategy \(path.id)") }
                return JSONBody { json in
                    json.beginObject()
                    json.key("strategy_id")
                    json.string(path.id)
                    json.key("head")
                    json.string(heads[path.id] ?? "")
                    json.page(list, next: nil) { write($1, &$0) }
                    json.endObject()
                }
            },
            .json(.post, "/api/v1/strategies/versions/{strategy_id}",
                  "Commits a definition under its content hash, tags a version or checks one out.",
                  example: Self.commitExample, answer: Self.versionExample, errors: [404]) {
                [unowned self] (path: StrategyPath, body: VersionBody, request) in
                try await idempotency.once(request) { try await change(path.id, body, $0) }
            },
            .json(.post, "/api/v1/sprint3/strategy/versions",
                "As /api/v1/strategies/versions, the strategy in the body.",
                  example: sprint, answer: Self.versionExample, errors: [404]) {
                [unowned self] (_: NoParameters, body: VersionBody, request) in
                guard let id = body.strategyID else { throw Problem.invalid("/strategy_id", "is required") }
                return try await idempotency.once(request) { try await change(id, body, $0) }
            },
        ]
    }

    private func change(_ id: String, _ body: VersionBody, _ record: Idempotency.Record) async throws -> JSONBody {
        try await locks.with("versions of \(id)") { try await changeAlone(id, body, record) }
    }

    private func changeAlone(_ id: String, _ body: VersionBody, _ record: Idempotency.Record) async throws -> JSONBody {
        switch body.operation {
        case .commit:
            guard let definition = body.definition else { throw Problem.invalid("/definition", "is required to commit") }
            return try await commit(id, definition, body.message, record)
        case .tag:
            let version = try find(id, body.version), tag = body.tag ?? ""
            var tagged = version
            if !tagged.tags.contains(tag) { tagged.tags.append(tag) }
            let answer = JSONBody { write(tagged, &$0) }
            try await context.commit([StrategyRecords.tag(id, tag, version.hash)] + record.statements(answer, context))
            for index in versions[id]?.indices ?? 0..<0 { versions[id]?[index].tags.removeAll { $0 == tag } }
            if let index = versions[id]?.firstIndex(where: { $0.hash == version.hash }) { versions[id]?[index] = tagged }
            return answer
        case .checkout:
            let version = try find(id, body.version)
            let answer = JSONBody { write(version, isHead: true, &$0) }
            try await context.commit([StrategyRecords.head(id, version.hash)] + record.statements(answer, context))
            heads[id] = version.hash
            return answer
        }
    }

    private func commit(
        _ id: String, _ definition: StrategyDefinition, _ message: String, _ record: Idempotency.Record
    ) async throws -> JSONBody {
        let hash = context.digest(definition.canonical).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let known = versions[id]?.first { $0.hash == hash }
        let version = known ?? StrategyVersion(
            strategyID: id, hash: hash, definition: definition, message: message, parent: heads[id],
            created: context.clock.now, tags: [])
        let answer = JSONBody { write(version, isHead: true, &$0) }
        var statements = [StrategyRecords.head(id, hash)] + record.statements(answer, context)
        if known == nil { statements.append(StrategyRecords.insert(version, position: versions[id]?.count ?? 0)) }
        try await context.commit(statements)
        if known == nil { versions[id, default: []].append(version) }
        heads[id] = hash
        return answer
    }

    /// A version by hash, by tag, or by seven or more digits that its hash begins with, the first of these that there
    /// is; the head for nil.
    func find(_ strategy: String, _ name: String?) throws -> StrategyVersion {
        guard let list = versions[strategy] else { throw Problem.notFound("no strategy \(strategy)") }
        let wanted = name ?? heads[strategy] ?? ""
        if let exact = list.first(where: { $0.hash == wanted }) ?? list.first(where: { $0.tags.contains(wanted) }) {
            return exact
        }
        let near = list.filter { wanted.count >= 7 && $0.hash.hasPrefix(wanted) }
        guard near.count == 1, let found = near.first else {
            throw Problem.notFound("strategy \(strategy) has no version \(wanted)")
        }
        return found
    }

    private func write(_ version: StrategyVersion, isHead: Bool? = nil, _ json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [("id", version.hash), ("strategy_id", version.strategyID), ("version", version.hash),
                             ("message", version.message)] {
            json.key(name)
            json.string(text)
        }
        json.key("parent")
        if let parent = version.parent { json.string(parent) } else { json.null() }
        json.key("created")
        json.time(version.created)
        json.key("tags")
        json.beginArray()
        for tag in version.tags { json.string(tag) }
        json.endArray()
        json.key("head")
        json.bool(isHead ?? (heads[version.strategyID] == version.hash))
        json.key("definition")
        version.definition.write(to: &json)
        json.endObject()
    }
}
