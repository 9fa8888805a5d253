import EngineKit
import HTTP
import Runtime
import Wire

/// How a case stands.
enum BreachCaseState: String, CaseIterable, Sendable { case open, acknowledged, closed }

/// Which cases are listed.
struct BreachCaseQuery: RequestParameters {
    let portfolio: String?, state: BreachCaseState?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> BreachCaseQuery {
        BreachCaseQuery(
            portfolio: parameters.optionalText("portfolio_id", "Only of this portfolio."),
            state: parameters.choice("state", "Only these.", BreachCaseState.self), page: .read(parameters))
    }
}

/// Which responses are listed.
struct ResponseQuery: RequestParameters {
    let breach: String?, state: ResponseState?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> ResponseQuery {
        ResponseQuery(
            breach: parameters.optionalText("case_id", "Only about this case."),
            state: parameters.choice("state", "Only these.", ResponseState.self), page: .read(parameters))
    }
}

/// A case in the path.
private struct CasePath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> CasePath {
        CasePath(id: parameters.path("case_id", "The case."))
    }
}

/// A block in the path.
private struct BlockPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> BlockPath {
        BlockPath(id: parameters.path("block_id", "The block."))
    }
}

extension RiskEngine {
    private static let caseExample = """
        {"id":"b1","portfolio_id":"sample","limit_id":"gross","type":"gross_exposure","scope":"all","state":"open",\
        "severity":"hard","value":260000,"threshold":250000,"reason":"gross_exposure of 260000.0 is above 250000.0",\
        "opened":"2026-01-02T03:04:05Z","hard_since?":"2026-01-02T03:04:05Z",\
        "acknowledged?":"2026-01-02T03:06:00Z","closed?":"2026-01-02T04:00:00Z",\
        "acknowledged_by":""}
        """
    private static let responseExample = """
        {"id":"9f86d081","case_id":"b1","rule_id":"stop","portfolio_id":"sample","action":"block","target":"all",\
        "state":"blocking","detail":"gross_exposure of 260000.0 is above 250000.0","attempts":0,\
        "next?":"2026-01-02T03:05:05Z","body?":{"title":"Gross exposure"},\
        "ts":"2026-01-02T03:04:05Z"}
        """

    /// Breaches as they stand, what was done about them, and blocks.
    var responseRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/cases", "Breaches that the monitor found, from their beginning to their end.",
                  answer: "{\"items\":[\(Self.caseExample)],\"next_cursor\":null}", errors: [503]) {
                [unowned self] (query: BreachCaseQuery, _: NoBody, _) in
                let page = try await ResponseRecords.page(query, self.context.records)
                return JSONBody.page(page.rows, next: page.next) { $1.write(to: &$0) }
            },
            .json(.post, "/api/v1/risk/cases/{case_id}/acknowledge", "Says that somebody has seen it: escalation ends.",
                  example: "{}", answer: Self.caseExample, errors: [404]) {
                [unowned self] (path: CasePath, _: LimitChangeDecision, request) in
                AuditScope.current?.object = "case/\(path.id)"
                let name = RequestActor(request, self.context).text
                guard let breach = try await self.responder.acknowledge(path.id, by: name) else {
                    throw Problem.notFound("no open case \(path.id)")
                }
                return JSONBody { breach.write(to: &$0) }
            },
            .json(.get, "/api/v1/risk/responses", "What rules did about breaches, newest first.",
                  answer: "{\"items\":[\(Self.responseExample)],\"next_cursor\":null}", errors: [503]) {
                [unowned self] (query: ResponseQuery, _: NoBody, _) in
                let page = try await ResponseRecords.page(query, self.context.records)
                return JSONBody.page(page.rows, next: page.next) { $1.write(to: &$0) }
            },
            .json(.get, "/api/v1/risk/blocks", "Blocks that deny new orders, oldest first.",
                  answer: "{\"items\":[\(Self.responseExample)],\"next_cursor\":null}") {
                [unowned self] (_: NoParameters, _: NoBody, _) in
                JSONBody.page(self.responder.blocks) { $1.write(to: &$0) }
            },
            .json(.delete, "/api/v1/risk/blocks/{block_id}", "Releases a block: new orders pass again.",
                  answer: Self.responseExample, errors: [404]) {
                [unowned self] (path: BlockPath, _: NoBody, request) in
                AuditScope.current?.object = "block/\(path.id)"
                let name = RequestActor(request, self.context).text
                guard let row = try await self.responder.release(path.id, by: name) else {
                    throw Problem.notFound("no block \(path.id)")
                }
                return JSONBody { row.write(to: &$0) }
            },
        ]
    }
}
