import EngineKit
import HTTP
import Market
import Runtime
import Store
import Wire

/// How grave an event is.
enum RiskSeverity: String, CaseIterable, Sendable {
    /// Near its threshold; the order went on.
    case warning
    /// Above it, or not to be judged; the order was denied.
    case critical
}

/// What people have done about an event.
enum RiskEventState: String, CaseIterable, Sendable { case open, acknowledged, resolved }

/// Breaches and warnings of pre-trade checks, written with the decision they belong to.
enum RiskEvents {
    static let migration = Migration(version: 4, name: "risk events", statements: [
        """
        CREATE TABLE risk_events (
            id TEXT PRIMARY KEY, portfolio_id TEXT NOT NULL, order_id TEXT NOT NULL, limit_id TEXT NOT NULL,
            limit_type TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL, value DOUBLE PRECISION,
            threshold DOUBLE PRECISION NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, time BIGINT NOT NULL,
            recorded BIGINT NOT NULL)
        """,
        "CREATE INDEX risk_events_by_time ON risk_events (recorded, id)",
    ])

    private static let columns = """
        id, portfolio_id, order_id, limit_id, limit_type, severity, state, value, threshold, reason, note, time, recorded
        """

    /// The event of a check that did not pass; the same decision again writes nothing new.
    static func insert(_ check: LimitCheck, _ intent: OrderIntent, at recorded: Timestamp) -> Statement {
        insert(check, id: "\(intent.orderID).\(check.limit.id)", portfolio: intent.portfolioID, order: intent.orderID,
               time: intent.time, at: recorded)
    }

    /// The event of a check with an id; written once.
    static func insert(
        _ check: LimitCheck, id: String, portfolio: String, order: String, time: Timestamp, at recorded: Timestamp
    ) -> Statement {
        let severity: RiskSeverity = check.verdict == .breach ? .critical : .warning
        return Statement(
            """
            INSERT INTO risk_events (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12)
            ON CONFLICT (id) DO NOTHING
            """,
            [.text(id), .text(portfolio), .text(order), .text(check.limit.id), .text(check.limit.type.rawValue),
             .text(severity.rawValue), .text(RiskEventState.open.rawValue),
             check.value.isFinite ? .real(check.value) : .null, .real(check.limit.threshold), .text(check.reason),
             .integer(time.nanoseconds), .integer(recorded.nanoseconds)])
    }

    static func page(
        _ query: RiskEventQuery, _ records: any RecordStore
    ) async throws -> (rows: [ResultSet.Row], next: String?) {
        var rows = try NewestRows(columns, of: "risk_events", by: "recorded", query.page)
        rows.only("portfolio_id", query.portfolio.map { .text($0) })
        rows.only("severity", query.severity.map { .text($0.rawValue) })
        rows.only("state", query.state.map { .text($0.rawValue) })
        return try await rows.read(records)
    }

    static func find(_ id: String, _ records: any RecordStore) async throws(StoreError) -> ResultSet.Row? {
        try await records.query(Statement("SELECT \(columns) FROM risk_events WHERE id = $1", [.text(id)])).first
    }

    static func change(_ id: String, _ body: RiskEventChange) -> Statement {
        Statement("UPDATE risk_events SET state = $2, note = COALESCE($3, note) WHERE id = $1",
                  [.text(id), .text(body.state.rawValue), body.note.map { .text($0) } ?? .null])
    }

    /// Those of a portfolio that are not resolved and not in a state yet: how many of each limit, and when the last of
    /// them was recorded.
    static func left(
        _ portfolio: String, _ state: RiskEventState, _ records: any RecordStore
    ) async throws(StoreError) -> [(limit: String, count: Int, last: Int64)] {
        try await records.query(Statement(
            "SELECT limit_id, COUNT(*), MAX(recorded) FROM risk_events WHERE \(isLeft) GROUP BY limit_id",
            [.text(portfolio), .text(state.rawValue)])).map { (row) throws(StoreError) in
                (try row.value(0), Int(try row.value(1) as Int64), try row.value(2))
            }
    }

    /// Changes those of `left`, none that was recorded after them.
    static func change(all portfolio: String, _ body: RiskEventChange, until last: Int64) -> Statement {
        Statement("UPDATE risk_events SET state = $2, note = COALESCE($3, note) WHERE \(isLeft) AND recorded <= $4",
                  [.text(portfolio), .text(body.state.rawValue), body.note.map { .text($0) } ?? .null, .integer(last)])
    }

    private static let isLeft = "portfolio_id = $1 AND state <> 'resolved' AND state <> $2"

    /// A row as the API tells it.
    static func write(_ row: ResultSet.Row, to json: inout JSONWriter) throws(StoreError) {
        json.beginObject()
        let names = ["id", "portfolio_id", "order_id", "limit_id", "type", "severity", "state"]
        for (index, name) in names.enumerated() {
            json.key(name)
            json.string(try row.value(index))
        }
        let value: Double? = try row.value(7), threshold: Double = try row.value(8)
        json.key("value")
        json.double(value ?? .nan)
        json.key("threshold")
        json.double(threshold)
        json.key("reason")
        json.string(try row.value(9))
        json.key("note")
        json.string(try row.value(10))
        json.key("ts")
        json.time(Timestamp(nanoseconds: try row.value(11)))
        json.endObject()
    }
}

/// Which events are asked for.
struct RiskEventQuery: RequestParameters {
    let portfolio: String?, severity: RiskSeverity?, state: RiskEventState?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> RiskEventQuery {
        RiskEventQuery(
            portfolio: parameters.optionalText("portfolio_id", "Only of this portfolio."),
            severity: parameters.choice("severity", "Only these.", RiskSeverity.self),
            state: parameters.choice("state", "Only these.", RiskEventState.self), page: .read(parameters))
    }
}

/// What somebody did about an event, or about all that are left of a portfolio.
struct RiskEventChange: RequestBody {
    let target: ChangeTarget, state: RiskEventState, note: String?

    static func read(_ fields: FieldReader) -> RiskEventChange {
        let target = ChangeTarget.read(
            fields, "breach_id", "The breach.", all: "all of this portfolio that are not resolved")
        let state = fields.choice("state", "acknowledged, resolved, or open again.", RiskEventState.self)
        fields.require(!target.isAll || state != .open, "state", "must be acknowledged or resolved for a portfolio")
        return RiskEventChange(
            target: target, state: state, note: fields.optionalString("note", "What was done.", length: 0...4000))
    }
}

extension RiskEngine {
    private static let eventExample = """
        {"id":"o1.gross","portfolio_id":"sample","order_id":"o1","limit_id":"gross","type":"gross_exposure",\
        "severity":"critical","state":"open","value":260000,"threshold":250000,\
        "reason":"gross_exposure of 260000.0 is above 250000.0","note":"","ts":"2013-03-01T00:00:00Z"}
        """

    /// Breaches that were recorded, and what was done about them.
    var eventRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/breaches", "Breaches and warnings of pre-trade checks, newest first.",
                  answer: "{\"items\":[\(Self.eventExample)],\"next_cursor\":null}", errors: [503]) {
                [unowned self] (query: RiskEventQuery, _: NoBody, _) in
                let page = try await RiskEvents.page(query, context.records)
                return try JSONBody.page(page.rows, next: page.next) { try RiskEvents.write($1, to: &$0) }
            },
            .json(.patch, "/api/v1/risk/breaches", "Acknowledges or resolves a breach, or all of a portfolio.",
                  example: #"{"portfolio_id":"sample","state":"acknowledged","note":"known"}"#,
                  answer: #"{"portfolio_id":"sample","state":"acknowledged","changed":2}"#, errors: [404]) {
                [unowned self] (_: NoParameters, body: RiskEventChange, request) in
                try await idempotency.once(request) { record in
                    let answer = switch body.target {
                    case .one(let id): try await self.change(id, body, request)
                    case .all(let portfolio): try await self.changeAll(of: portfolio, body, request)
                    }
                    try await self.context.commit(record.statements(answer, self.context))
                    return answer
                }
            },
        ]
    }

    private func change(_ id: String, _ body: RiskEventChange, _ request: Request) async throws -> JSONBody {
        guard try await RiskEvents.find(id, context.records) != nil else { throw Problem.notFound("no breach \(id)") }
        try await context.commit([RiskEvents.change(id, body)])
        guard let row = try await RiskEvents.find(id, context.records) else {
            throw Problem.notFound("no breach \(id)")
        }
        if body.state != .open { try await acknowledge(try row.value(1), [(try row.value(3), try row.value(12))], request) }
        var json = JSONWriter()
        try RiskEvents.write(row, to: &json)
        return JSONBody { [bytes = json.bytes] in $0.raw(bytes) }
    }

    /// Changes what is left of a portfolio's breaches, in one commit.
    private func changeAll(
        of portfolio: String, _ body: RiskEventChange, _ request: Request
    ) async throws -> JSONBody {
        let left = try await RiskEvents.left(portfolio, body.state, context.records)
        if let last = left.map(\.last).max() {
            try await context.commit([RiskEvents.change(all: portfolio, body, until: last)])
            try await acknowledge(portfolio, left.map { ($0.limit, $0.last) }, request)
        }
        return JSONBody.changed(portfolio, body.state.rawValue, left.reduce(0) { $0 + $1.count })
    }

    /// Whoever deals with a breach knows of its case; one of before the case says nothing of it.
    private func acknowledge(
        _ portfolio: String, _ breaches: [(limit: String, recorded: Int64)], _ request: Request
    ) async throws {
        for breach in breaches {
            guard let open = responder.openCase(portfolio, breach.limit), breach.recorded >= open.opened.nanoseconds
            else { continue }
            _ = try await responder.acknowledge(open.id, by: RequestActor(request, context).text)
        }
    }
}

extension JSONBody {
    /// How many breaches or alerts of a portfolio came into a state.
    static func changed(_ portfolio: String, _ state: String, _ count: Int) -> JSONBody {
        JSONBody { json in
            json.object { json in
                json.field("portfolio_id", portfolio)
                json.field("state", state)
                json.field("changed", count)
            }
        }
    }
}
