import EngineKit
import HTTP
import Runtime
import Store
import Wire

/// A rule in the path.
private struct RulePath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> RulePath {
        RulePath(id: parameters.path("rule_id", "The rule."))
    }
}

/// A channel in the path.
private struct ChannelPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> ChannelPath {
        ChannelPath(id: parameters.path("channel_id", "The channel."))
    }
}

extension RiskEngine {
    private static let rulePath = "/api/v1/risk/response-rules"
    private static let channelPath = "/api/v1/risk/channels"
    private static let ruleExample = """
        {"id":"reduce-gross","title":"Gross exposure","action":"reduce","severity":"hard","limit_type":"gross_exposure",\
        "for_seconds":30,"channels":[],"fraction":0.9,"active":true}
        """
    private static let channelExample = """
        {"id":"desk","title":"Trading desk","kind":"webhook","target":"https://hooks.example.com/risk",\
        "quiet_hours":{"from":"22:00","to":"07:00","utc_offset_minutes":60},"active":true}
        """

    /// What is done about breaches, and who is told.
    var responseRuleRoutes: [Route] { ruleRoutes + channelRoutes }

    private var ruleRoutes: [Route] {
        [
            .json(.get, Self.rulePath, "Rules about breaches, in order of creation.",
                  answer: "{\"items\":[\(Self.ruleExample)],\"next_cursor\":null}") {
                [unowned self] (_: NoParameters, _: NoBody, _) in
                JSONBody.page(self.responder.desk.rules) { $1.write(to: &$0) }
            },
            .json(.post, Self.rulePath, "Creates a rule.", example: Self.ruleExample, answer: Self.ruleExample,
                  status: 201, errors: [409]) { [unowned self] (_: NoParameters, body: ResponseRule, request) in
                try await self.idempotency.once(request) { record in
                    var rule = body
                    try Self.requirePlain(rule.id)
                    if rule.id.isEmpty { rule.id = self.context.identifiers.nextText() }
                    if self.responder.desk.rules.contains(where: { $0.id == rule.id }) {
                        throw Problem.conflict("there is a rule \(rule.id) already")
                    }
                    return try await self.store(rule, status: 201, record)
                }
            },
            .json(.get, Self.rulePath + "/{rule_id}", "One rule.", answer: Self.ruleExample, errors: [404]) {
                [unowned self] (path: RulePath, _: NoBody, _) in
                let rule = try self.rule(path.id)
                return JSONBody { rule.write(to: &$0) }
            },
            .json(.put, Self.rulePath + "/{rule_id}", "Changes a rule; what it has done of open breaches stays done.",
                  example: Self.ruleExample, answer: Self.ruleExample, errors: [404]) {
                [unowned self] (path: RulePath, body: ResponseRule, request) in
                var rule = body
                rule.id = try self.rule(path.id).id
                return try await self.idempotency.once(request) { [rule] in
                    try await self.store(rule, status: 200, $0)
                }
            },
            .json(.delete, Self.rulePath + "/{rule_id}", "Removes a rule.", answer: Self.ruleExample, errors: [404]) {
                [unowned self] (path: RulePath, _: NoBody, _) in
                let rule = try self.rule(path.id)
                AuditScope.current?.object = "response_rule/\(rule.id)"
                try await self.responder.remove(rule: rule.id)
                return JSONBody { rule.write(to: &$0) }
            },
        ]
    }

    private func rule(_ id: String) throws -> ResponseRule {
        guard let rule = responder.desk.rules.first(where: { $0.id == id }) else {
            throw Problem.notFound("no rule \(id)")
        }
        return rule
    }

    private func store(
        _ rule: ResponseRule, status: Int, _ record: Idempotency.Record
    ) async throws -> JSONBody {
        let named = rule.channels + rule.steps.flatMap(\.channels)
        if let unknown = named.first(where: { responder.channels[$0] == nil }) {
            throw Problem.invalid(rule.channels.isEmpty ? "/steps" : "/channels", "there is no channel \(unknown)")
        }
        let answer = JSONBody(status: status) { rule.write(to: &$0) }
        AuditScope.current?.object = "response_rule/\(rule.id)"
        try await responder.put(rule, record.statements(answer, context))
        return answer
    }

    /// Ids stand in paths and keys.
    private static func requirePlain(_ id: String) throws {
        if id.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw Problem.invalid("/id", "must have no control character")
        }
    }

    // MARK: Channels

    private var channelRoutes: [Route] {
        [
            .json(.get, Self.channelPath, "Whom rules tell.",
                  answer: "{\"items\":[\(Self.channelExample)],\"next_cursor\":null}") {
                [unowned self] (_: NoParameters, _: NoBody, _) in
                JSONBody.page(self.responder.channels.values.sorted { $0.id < $1.id }) { $1.write(to: &$0) }
            },
            .json(.post, Self.channelPath, "Creates a channel.", example: Self.channelExample,
                  answer: Self.channelExample, status: 201, errors: [409]) {
                [unowned self] (_: NoParameters, body: NoticeChannel, request) in
                try await self.idempotency.once(request) { record in
                    try Self.requirePlain(body.id)
                    if self.responder.channels[body.id] != nil {
                        throw Problem.conflict("there is a channel \(body.id) already")
                    }
                    return try await self.store(body, status: 201, record)
                }
            },
            .json(.put, Self.channelPath + "/{channel_id}", "Changes a channel.", example: Self.channelExample,
                  answer: Self.channelExample, errors: [404]) {
                [unowned self] (path: ChannelPath, body: NoticeChannel, request) in
                var channel = body
                channel.id = try self.channel(path.id).id
                return try await self.idempotency.once(request) { [channel] in
                    try await self.store(channel, status: 200, $0)
                }
            },
            .json(.delete, Self.channelPath + "/{channel_id}", "Removes a channel that no rule names.",
                  answer: Self.channelExample, errors: [404, 409]) {
                [unowned self] (path: ChannelPath, _: NoBody, _) in
                let channel = try self.channel(path.id)
                let user = self.responder.desk.rules.first {
                    ($0.channels + $0.steps.flatMap(\.channels)).contains(channel.id)
                }
                if let user { throw Problem.conflict("rule \(user.id) tells channel \(channel.id)") }
                AuditScope.current?.object = "channel/\(channel.id)"
                try await self.context.commit([ResponseRecords.delete(channel: channel.id)])
                self.responder.remove(channel: channel.id)
                return JSONBody { channel.write(to: &$0) }
            },
        ]
    }

    private func channel(_ id: String) throws -> NoticeChannel {
        guard let channel = responder.channels[id] else { throw Problem.notFound("no channel \(id)") }
        return channel
    }

    private func store(
        _ channel: NoticeChannel, status: Int, _ record: Idempotency.Record
    ) async throws -> JSONBody {
        let answer = JSONBody(status: status) { channel.write(to: &$0) }
        AuditScope.current?.object = "channel/\(channel.id)"
        try await context.commit([ResponseRecords.upsert(channel)] + record.statements(answer, context))
        responder.put(channel)
        return answer
    }
}
