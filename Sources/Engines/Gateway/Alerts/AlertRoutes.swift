import EngineKit
import HTTP
import Runtime
import Store
import Wire

extension GatewayEngine {
    private static let alertExample = """
        {"id":"first-start","alert_id":"first-start","name":"first start","severity":"info","message":"The platform's records were made.",\
        "component":"gateway","state":"open","note":"","created":"2024-01-02T00:00:00Z","updated":"2024-01-02T00:00:00Z"}
        """

    var alertRoutes: [Route] {
        [
            .json(.get, "/api/v1/system/alerts", "System alerts, newest first.",
                  answer: "{\"items\":[\(Self.alertExample)],\"next_cursor\":null}", errors: [503]) {
                [unowned self] (query: AlertQuery, _: NoBody, _) in try await list(query)
            },
            .json(.post, "/api/v1/system/alerts", "Raises an alert.",
                  example: """
                    {"name":"disk","severity":"warning","message":"the data disk is nearly full","component":"marketdata"}
                    """, answer: Self.alertExample, status: 201, errors: [409, 503]) {
                [unowned self] (_: NoParameters, body: RaiseBody, request) in
                try await idempotency.once(request) { try await self.raise(body, $0) }
            },
            .json(.patch, "/api/v1/system/alerts", "Acknowledges or resolves an alert.",
                  example: #"{"alert_id":"first-start","state":"acknowledged","note":"seen"}"#, answer: Self.alertExample,
                  errors: [404, 503]) { [unowned self] (_: NoParameters, body: AlertChangeBody, request) in
                try await idempotency.once(request) { try await self.change(body, $0) }
            },
        ]
    }

    private func list(_ query: AlertQuery) async throws -> JSONBody {
        var before = Int64.max
        if let cursor = query.page.cursor {
            guard let position = Int64(cursor) else { throw Problem.invalid("?cursor", "is not a cursor of this list") }
            before = position
        }
        let (alerts, next) = try await answering { () throws(StoreError) in
            try await AlertRecords.page(query, before: before, context.records)
        }
        return JSONBody.page(alerts, next: next.map { "\($0)" }) { $1.write(to: &$0) }
    }

    private func raise(_ body: RaiseBody, _ record: Idempotency.Record) async throws -> JSONBody {
        let now = context.clock.now
        let alert = Alert(id: context.identifiers.nextText(), name: body.name, severity: body.severity,
                          message: body.message, component: body.component, created: now, updated: now)
        return try await store(alert, AlertRecords.insert(alert), status: 201, record)
    }

    private func change(_ body: AlertChangeBody, _ record: Idempotency.Record) async throws -> JSONBody {
        let found = try await answering { () throws(StoreError) in try await AlertRecords.find(body.id, context.records) }
        guard var alert = found else { throw Problem.notFound("no alert \(body.id)") }
        alert.state = body.state
        if let note = body.note { alert.note = note }
        alert.updated = context.clock.now
        return try await store(alert, AlertRecords.update(alert), status: 200, record)
    }

    private func store(
        _ alert: Alert, _ statement: Statement, status: Int, _ record: Idempotency.Record
    ) async throws -> JSONBody {
        let answer = JSONBody(status: status) { alert.write(to: &$0) }
        AuditScope.current?.object = "alert/\(alert.id)"
        let message = context.message(Topics.systemAlert, alert.component, time: alert.updated, data: alert.bytes)
        for attempt in 1... {
            do {
                try await context.commit([statement] + record.statements(answer, context), [message])
                break
            } catch let error as StoreError where error.code == .unavailable || error.code == .closed {
                throw Problem.unavailable("records", error.description)
            } catch let error as StoreError where error.code == .constraint(.unique) && attempt < Self.attempts {
                // Another gateway on the same database took the alert's place in the list.
                continue
            }
        }
        return answer
    }

    /// How often an alert is given a place in the list that other gateways add to at the same time.
    private static let attempts = 20

    /// Runs a query; a store that is away is the caller's 503.
    private func answering<T>(_ query: () async throws(StoreError) -> T) async throws -> T {
        do throws(StoreError) {
            return try await query()
        } catch {
            if error.code == .unavailable || error.code == .closed {
                throw Problem.unavailable("records", error.description)
            }
            throw error
        }
    }
}
